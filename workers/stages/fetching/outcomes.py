"""What goes into a fetch and what comes out of it, besides shared.reasons.Failed."""

from dataclasses import dataclass, field
from typing import Literal

from shared.kinds import Kind


@dataclass(frozen=True, slots=True)
class Request:
    """One request to make: `kind` decides which bodies are welcome and how large they may be.

    `etag` and `last_modified` are those of the copy we hold: with them the server may say that nothing changed.
    """

    url: str
    kind: Literal["page", "robots", "source"] = "page"
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A body of a welcome kind, decoded from its content encoding but not from its charset."""

    url: str
    status: int
    body: bytes
    kind: Kind
    headers: dict[str, str] = field(default_factory=dict)  # lower-case names, the few worth keeping, cut to size
    etag: str | None = None
    last_modified: str | None = None
    max_age_s: float | None = None  # how long the server calls it fresh
    retry_after_s: float | None = None
    seconds: float = 0.0
    wire_bytes: int = 0
    cut: bool = False  # a robots.txt longer than the limit: what fits is used

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True)
class NotModified:
    """The copy we hold is current."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    max_age_s: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Redirected:
    """The server sent us on to `to`: another claim of that host, with its own delay and its own robots.txt."""

    url: str
    to: str
    permanent: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long a request may take and how large a body may be, after decoding."""

    deadline_s: float = 30.0  # the whole request; shorter than the host's lease
    connect_s: float = 10.0  # TCP and TLS
    read_s: float = 15.0  # between two pieces of the response
    max_body_bytes: int = 5_000_000
    max_robots_bytes: int = 512_000  # RFC 9309 asks for 500 KiB at least
    max_source_bytes: int = 52_428_800  # what sitemaps.org allows a sitemap
    dns_threads: int = 16
    keepalive_s: float = 15.0
    kept_connections: int = 300  # beyond it a connection is closed after its request: files are limited, hosts are not
