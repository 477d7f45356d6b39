"""A body that was fetched: what kind of source it is, and what it holds."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from shared.charset import decode
from shared.kinds import Kind, kind_of
from shared.urls import BadUrl, fetch_url
from workers.stages.discovering.feeds import read_feed, read_json_feed
from workers.stages.discovering.homes import read_home
from workers.stages.discovering.opml import read_opml
from workers.stages.discovering.outcomes import Discovered, Item
from workers.stages.discovering.sitemaps import MAX_ITEMS, gunzipped, read_sitemap, read_sitemap_index

PACKED_SHOWN = 2  # pieces of a packed body that are looked at to recognise it


def recognise(body: bytes, content_type: str = "") -> Kind:
    """The kind of a source; of a packed one the kind of what is inside."""
    kind = kind_of(body, content_type)
    if kind != "gzip":
        return kind
    inside = kind_of(b"".join(islice(gunzipped(body[:65_536]), PACKED_SHOWN)))
    return inside if inside not in {"gzip", "empty"} else "binary"


def discover(body: bytes, url: str, content_type: str = "", sitemaps: Sequence[str] = ()) -> Discovered:
    """The articles and further sources that the source at `url` names. `sitemaps`: those of its robots.txt."""
    kind = recognise(body, content_type)
    if body.startswith(b"\x1f\x8b") and kind not in {"sitemap", "sitemap_index"}:  # those are unpacked as they are read
        body = b"".join(gunzipped(body))
    if kind == "html":
        return read_home(body, url, content_type, sitemaps)
    return READERS.get(kind, _read_nothing)(body, url, content_type)


def _read_nothing(body: bytes, url: str, content_type: str) -> Discovered:
    found = Discovered(kind_of(body, content_type))
    found.note(f"neither a feed nor a sitemap nor a page, but {found.kind}")
    return found


def _read_list(body: bytes, url: str, content_type: str) -> Discovered:
    """A sitemap in plain text: an address a line."""
    found = Discovered("text")
    found.items = _listed(decode(body, content_type).splitlines(), found)
    return found


def _listed(lines: list[str], found: Discovered) -> Iterator[Item]:
    for number, line in enumerate(lines[:MAX_ITEMS], 1):
        address = line.strip()
        if not address or address.startswith("#"):
            continue
        try:
            yield Item(fetch_url(address))
        except BadUrl as error:
            found.note(f"line {number}: {address[:100]}: {error}")
    if len(lines) > MAX_ITEMS:
        found.note(f"more than {MAX_ITEMS} lines: the others are left out")


READERS: Final[dict[Kind, Callable[[bytes, str, str], Discovered]]] = {
    "feed": read_feed,
    "json_feed": read_json_feed,
    "sitemap": read_sitemap,
    "sitemap_index": read_sitemap_index,
    "opml": read_opml,
    "text": _read_list,
}
