"""HTTP as far as a crawler speaks it: GET and HEAD, validators, gzip, connections that stay open."""

import gzip
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from scripts.newsroom.pages import HTML, Page

NOT_FOUND: Final = b"<!DOCTYPE html><title>Not found</title><p>There is no such page.</p>"
COMPRESSED: Final = ("text/", "image/svg", "application/rss", "application/atom", "application/feed+json")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]

    @property
    def stays(self) -> bool:
        """True if the connection is kept for another request."""
        return self.headers.get("connection", "").lower() != "close"


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes = b""


def parse(head: bytes) -> Request:
    """The request whose lines are `head`."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, *_ = [*first.split(" "), "", ""]
    pairs = (line.partition(":") for line in lines if line)
    return Request(method, target, {name.strip().lower(): value.strip() for name, _, value in pairs})


def respond(request: Request, page: Page | None) -> Response:
    """What to say to `request` for `page`, or for no page at all."""
    if request.method not in {"GET", "HEAD"}:
        return Response(405, {"Allow": "GET, HEAD"})
    if page is None:
        return Response(404, {"Content-Type": HTML}, NOT_FOUND)
    if page.status != 200:
        to = {"Location": page.location} if page.location else {}
        return Response(page.status, to | {"Content-Type": page.type}, page.body)
    return _found(request, page)


def _found(request: Request, page: Page) -> Response:
    """`page`, or that the client has it already."""
    modified = format_datetime(page.modified, usegmt=True)
    headers = {"Content-Type": page.type, "ETag": page.etag, "Last-Modified": modified, "Vary": "Accept-Encoding"}
    if _unchanged(request, page.etag, modified):
        return Response(304, headers)
    if "gzip" in request.headers.get("accept-encoding", "") and page.type.startswith(COMPRESSED):
        return Response(200, headers | {"Content-Encoding": "gzip"}, gzip.compress(page.body, 5, mtime=0))
    return Response(200, headers, page.body)


def written(request: Request, response: Response) -> bytes:
    """`response` as it goes over the wire."""
    length = {} if response.status == 304 else {"Content-Length": str(len(response.body))}
    connection = {"Connection": "keep-alive" if request.stays else "close"}
    lines = [f"{name}: {value}" for name, value in (response.headers | length | connection).items()]
    start = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"
    head = "\r\n".join([start, *lines, "", ""]).encode("latin-1")
    return head if request.method == "HEAD" else head + response.body


def _unchanged(request: Request, etag: str, modified: str) -> bool:
    """If-None-Match decides alone where it is given (RFC 9110, 13.1.3)."""
    known = request.headers.get("if-none-match")
    return etag in known if known is not None else request.headers.get("if-modified-since") == modified
