"""Sitemaps, sitemap indexes and news sitemaps, read as a stream: no tree is built, whatever their size.

Addresses in sitemaps have bare ampersands more often than not, and a tolerant parser would cut `?a=1&b=2` there.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

from lxml import etree

from shared.charset import decode
from shared.urls import BadUrl, host_of, linked_url
from workers.stages.discovering.outcomes import Discovered, Item, parse_iso, short_title

MAX_UNPACKED: Final = 52_428_800
MAX_ITEMS: Final = 50_000  # of one sitemap, by the protocol
MAX_CHILDREN: Final = 500
MAX_DEPTH: Final = 3  # of indexes in indexes: for the caller, who knows where a sitemap was named
MAX_FIELD: Final = 4096
PIECE: Final = 65_536
BARE_AMPERSAND: Final = re.compile(rb"&(?!(?:[A-Za-z][A-Za-z0-9]{0,30}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
# Direct children of <url> or <sitemap>, and of <news:news> inside it; <image:loc> is not <loc>.
FIELDS: Final = frozenset({"loc", "lastmod", "publication_date", "title"})
MEDIA: Final = frozenset({"image", "video", "PageMap"})


Row = dict[str, str]  # the fields of one <url> or <sitemap>, and which of the two it is under ""


def read_sitemap(body: bytes, url: str, content_type: str = "") -> Discovered:
    """The items of a sitemap, or the children of a sitemap index, packed or not."""
    found = Discovered("sitemap")
    found.items = _items(_rows(_pieces(body, content_type, found), found), url, found)
    return found


def read_sitemap_index(body: bytes, url: str, content_type: str = "") -> Discovered:
    """The children of a sitemap index, all at once."""
    found = read_sitemap(body, url, content_type)
    found.kind, found.items = "sitemap_index", list(found.items)
    return found


def gunzipped(body: bytes, found: Discovered | None = None, max_bytes: int = MAX_UNPACKED) -> Iterator[bytes]:
    """The pieces of a packed body, up to `max_bytes`; ends early where the packing is broken, which `found` notes."""
    unpack, made = zlib.decompressobj(31), 0
    for start in range(0, len(body), PIECE):
        data = body[start : start + PIECE]
        while data and made < max_bytes:
            try:
                piece = unpack.decompress(data, PIECE)
            except zlib.error as error:
                if found:
                    found.note(f"the packing is broken: {error}"[:200])
                return
            made += len(piece)
            yield piece
            data = unpack.unconsumed_tail
            if unpack.eof:
                data, unpack = unpack.unused_data, zlib.decompressobj(31)


def _pieces(body: bytes, content_type: str, found: Discovered) -> Iterable[bytes]:
    if body.startswith(b"\x1f\x8b"):
        return gunzipped(body, found)
    if b"\0" in body[:4]:  # UTF-16
        body = decode(body, content_type).encode("utf-8", "replace")
    if len(body) > MAX_UNPACKED:
        found.note(f"larger than {MAX_UNPACKED} bytes: the rest is left out")
    return (body[start : start + PIECE] for start in range(0, min(len(body), MAX_UNPACKED), PIECE))


def _rows(pieces: Iterable[bytes], found: Discovered) -> Iterator[Row]:
    """The rows of a sitemap as it comes in. What is malformed is skipped over, and said once."""
    reader = _Reader()
    target: Any = reader  # the stubs ask for methods that lxml does not
    parser = etree.XMLParser(target=target, recover=True, resolve_entities=False, no_network=True)
    try:
        for piece in _escaped(pieces):
            parser.feed(piece)
            yield from reader.take()
        parser.close()
    except (etree.XMLSyntaxError, ValueError) as error:
        found.note(f"malformed: {error}"[:200])
    yield from reader.take()


def _escaped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes with ampersands escaped, also where an entity is cut in two."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        cut = data.rfind(b"&", max(0, len(data) - 40))
        data, rest = (data[:cut], data[cut:]) if cut >= 0 else (data, b"")
        yield BARE_AMPERSAND.sub(b"&amp;", data)
    yield BARE_AMPERSAND.sub(b"&amp;", rest)


class _Reader:
    """What lxml calls for each tag: keeps the row that is open and those that are ready."""

    def __init__(self) -> None:
        self._ready: list[Row] = []
        self._row: Row | None = None
        self._field = ""
        self._media = 0  # depth inside pictures and videos, which have addresses and titles of their own

    def take(self) -> list[Row]:
        """The rows completed since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, tag: str | bytes, attrib: object) -> None:
        name = str(tag).rpartition("}")[2]
        if name in {"url", "sitemap"}:
            self._row, self._field, self._media = {"": name}, "", 0
        elif name in MEDIA:
            self._media += 1
        else:
            self._field = name if name in FIELDS and self._row is not None and not self._media else ""

    def data(self, data: str | bytes) -> None:
        if self._field and self._row is not None:
            so_far = self._row.get(self._field, "")
            self._row[self._field] = so_far + str(data)[: MAX_FIELD - len(so_far)]

    def end(self, tag: str | bytes) -> None:
        name = str(tag).rpartition("}")[2]
        self._field = ""
        if name in {"url", "sitemap"} and self._row is not None:
            self._ready.append(self._row)
            self._row = None
        elif name in MEDIA:
            self._media = max(0, self._media - 1)

    def close(self) -> None:
        """Nothing is left to do at the end of the document."""


def _items(rows: Iterable[Row], url: str, found: Discovered) -> Iterator[Item]:
    """Items from the rows of a sitemap; the children of an index go to `found.sources`."""
    seen = 0
    for number, row in enumerate(rows, 1):
        address = _address(row, url, number, found)
        if not address:
            continue
        if row[""] == "sitemap":
            _add_child(address, url, found)
            continue
        seen += 1
        if seen > MAX_ITEMS:
            found.note(f"more than {MAX_ITEMS} addresses: the others are left out")
            return
        yield Item(
            address,
            short_title(row.get("title")),
            parse_iso(row.get("publication_date")),
            parse_iso(row.get("lastmod")),
        )
    if not seen and not found.sources and found.problems:
        found.kind = "xml"  # none of it could be used: no sitemap then, so that it does not stay silent


def _address(row: Row, url: str, number: int, found: Discovered) -> str:
    """The address of a row, or '' if it has none that can be fetched."""
    # an address escaped twice, or in CDATA, still has its ampersands escaped
    text = row.get("loc", "").strip().replace("&amp;", "&")
    if not text:
        found.note(f"entry {number}: no address")
        return ""
    try:
        return linked_url(url, text)
    except BadUrl as error:
        found.note(f"entry {number}: {text[:100]}: {error}")
        return ""


def _add_child(address: str, url: str, found: Discovered) -> None:
    if address in found.sources:
        return
    if not url.startswith("file:") and not same_site(address, url):  # a saved index has no site of its own
        found.note(f"a sitemap of another site is not followed: {address[:200]}")
    elif len(found.sources) >= MAX_CHILDREN:
        found.note(f"more than {MAX_CHILDREN} sitemaps in one index: {address[:200]} is left out")
    else:
        found.sources.append(address)


def same_site(one: str, other: str) -> bool:
    """True if one host is the other, or belongs to it: `news.example.org` to `www.example.org`."""
    hosts = [host_of(url).removeprefix("www.") for url in (one, other)]
    shorter, longer = sorted(hosts, key=len)
    return shorter == longer or (longer.endswith(f".{shorter}") and "." in shorter) or _parents(hosts)


def _parents(hosts: list[str]) -> bool:
    """True if both hosts are children of one name of at least two labels, neither of them short as in `co.uk`."""
    one, other = (host.partition(".")[2] for host in hosts)
    return one == other and "." in one and len(one.rpartition(".")[0].rpartition(".")[2]) > 3 and not one[-1].isdigit()
