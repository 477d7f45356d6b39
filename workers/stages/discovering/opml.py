"""OPML: lists of feeds, as feed readers export them."""

from collections.abc import Mapping
from typing import Any, Final

from lxml import etree

from shared.charset import decode
from shared.urls import BadUrl, linked_url
from workers.stages.discovering.outcomes import MAX_TITLE, Discovered, short_title
from workers.stages.discovering.prologue import without_prologue

MAX_BYTES: Final = 5_000_000
MAX_FEEDS: Final = 10_000


def read_opml(body: bytes, url: str, content_type: str = "") -> Discovered:
    """The feeds that an OPML file names; `url` is its own address."""
    found = Discovered("opml")
    if len(body) > MAX_BYTES:
        found.refuse("xml", f"larger than {MAX_BYTES} bytes")
        return found
    reader = _Reader()
    target: Any = reader  # the stubs ask for methods that lxml does not
    # "internal", since with False an address in an attribute ends at its first `&amp;`; the stubs know bool only
    parser = etree.XMLParser(
        target=target,
        recover=True,
        resolve_entities="internal",  # type: ignore[arg-type]
        no_network=True,
        encoding="utf-8",
    )
    try:
        parser.feed(without_prologue(decode(body, content_type)).encode("utf-8", "replace"))
        parser.close()
    except (etree.XMLSyntaxError, ValueError) as error:
        found.note(f"malformed: {error}"[:200])
    found.title = short_title(reader.title)
    addresses: dict[str, None] = {}
    for number, address in enumerate(reader.feeds, 1):
        try:
            addresses[linked_url(url, address.strip())] = None
        except BadUrl as error:
            found.note(f"feed {number}: {address[:100]}: {error}")
    found.sources = list(addresses)
    if not found.sources:
        found.refuse("xml", "no feed is named")
    return found


class _Reader:
    """What lxml calls for each tag: keeps every outline's feed, and the title."""

    def __init__(self) -> None:
        self.feeds: list[str] = []
        self.title = ""
        self._in_title = False

    def start(self, tag: str | bytes, attrib: Mapping[Any, Any]) -> None:
        name = str(tag).lower()
        self._in_title = name == "title"
        if name == "outline" and len(self.feeds) < MAX_FEEDS:
            values = {str(name).lower(): str(value) for name, value in attrib.items()}
            self.feeds += [values["xmlurl"]] if values.get("xmlurl") else []

    def data(self, data: str | bytes) -> None:
        if self._in_title and len(self.title) < MAX_TITLE:
            self.title += str(data)[:MAX_TITLE]

    def end(self, tag: str | bytes) -> None:
        self._in_title = False

    def close(self) -> None:
        """Nothing is left to do at the end of the document."""
