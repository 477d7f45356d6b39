"""What is found in a source, and what is read from a file that a person gave."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from shared.kinds import Kind
from shared.urls import Address

MAX_PROBLEMS: Final = 100
MAX_TITLE: Final = 500


@dataclass(frozen=True, slots=True)
class Item:
    """One article that a feed or sitemap names."""

    url: str
    title: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True)
class Discovered:
    """What a source holds. `items` may be read once; `sources` and `problems` are complete when it has been.

    `sources` are feeds and sitemaps that it names, best first; `guesses` are usual places, for a site that names none.
    """

    kind: Kind
    title: str | None = None
    items: Iterable[Item] = ()
    sources: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)
    ttl_s: float | None = None
    problems: list[str] = field(default_factory=list)

    def refuse(self, kind: Kind, problem: str) -> None:
        """Say that the whole of it cannot be read: it is `kind` and no source, so that no source stays silent."""
        self.kind = kind
        self.note(problem)

    def note(self, problem: str) -> None:
        """Record what could not be used; a hostile source does not fill the memory with complaints."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)


@dataclass(frozen=True, slots=True)
class Entry:
    """One article from a local file: an address to fetch, or a page or text that needs no fetching.

    `line` is the line or record it stands in, from 1; `address` is what has been read off the URL, if it has been.
    """

    url: str
    html: bytes | None = None
    text: str | None = None
    title: str | None = None
    published: str | None = None
    label: str | None = None
    line: int | None = None
    content_type: str = ""
    address: Address | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a local file that cannot be used: where, and why in one line."""

    where: str
    what: str


def utc(moment: datetime) -> datetime | None:
    """`moment` in UTC; None for years that no news has."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC) if 1900 <= moment.year <= 2200 else None


def parse_iso(text: str | None) -> datetime | None:
    """A date in W3C or RFC 3339 form, as sitemaps and JSON feeds have it; None if it is none."""
    try:
        return utc(datetime.fromisoformat(text.strip())) if text else None
    except (ValueError, OverflowError):
        return None


def short_title(text: str | None) -> str | None:
    """A title in one line, of a length that any column takes."""
    return " ".join(text.replace("\0", "").split())[:MAX_TITLE] or None if text else None
