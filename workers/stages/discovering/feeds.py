"""RSS and Atom, by feedparser, which knows every dialect; and JSON Feed.

feedparser takes minutes over input made for it, so it gets only what the frame of a feed needs: never a DTD, never the
articles' text, and no more elements and items than a feed has.
"""

import html
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from typing import Any, Final
from xml.parsers import expat

import feedparser
from lxml import etree

from shared.charset import decode
from shared.urls import BadUrl, linked_url
from workers.stages.discovering.outcomes import Discovered, Item, parse_iso, short_title, utc
from workers.stages.discovering.prologue import without_prologue

MAX_BYTES: Final = 5_000_000
MAX_ITEMS: Final = 10_000
MAX_TAGS: Final = 200_000
MAX_LOOSE_TAGS: Final = 20_000  # beyond it, malformed XML is mended by lxml: the tolerant parser is too slow
MAX_RUN: Final = 20_000  # characters between two tags: longer ones are cut, for the sake of patterns run over them
MAX_TTL_S: Final = 86_400.0

BODIES: Final = re.compile(r"<(content:encoded|content|description|summary|itunes:summary|body)(?:\s[^<>]*)?(?<!/)>")
# A tag with a hundred attributes. It stops at the next tag, so the scan stays linear.
ENDLESS_TAG: Final = re.compile(r"""<[A-Za-z](?:[^<>="']*=\s*["'][^"'<>]*["']){100}""")
ITEM: Final = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")
TAG: Final = re.compile(r"<[^<>]*>")
CHARREF: Final = re.compile(r"&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+));?")
PERIODS_S: Final = {"hourly": 3600.0, "daily": 86_400.0, "weekly": 86_400.0, "monthly": 86_400.0, "yearly": 86_400.0}


def read_feed(body: bytes, url: str, content_type: str = "") -> Discovered:
    """The items of an RSS or Atom feed at `url`."""
    found = Discovered("feed")
    text = _frame(decode(body[: MAX_BYTES + 1], content_type), found) if len(body) <= MAX_BYTES else ""
    if len(body) > MAX_BYTES:
        found.refuse("xml", f"larger than {MAX_BYTES} bytes")
    if not text:
        return found
    parsed = feedparser.parse(
        BytesIO(text.encode("utf-8", "replace")),  # never the body itself: feedparser opens a body that is a path
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
    )
    found.title = _plain(parsed.feed.get("title"))
    found.ttl_s = _ttl(parsed.feed)
    found.items = list(_items(parsed.entries, url, found))
    if not parsed.entries and not parsed.version:
        found.refuse("xml", "no feed that can be read")
    return found


def read_json_feed(body: bytes, url: str, content_type: str = "") -> Discovered:
    """The items of a JSON Feed (jsonfeed.org) at `url`."""
    found = Discovered("json_feed")
    if len(body) > MAX_BYTES:
        found.refuse("json", f"larger than {MAX_BYTES} bytes")
        return found
    try:
        feed = json.loads(decode(body, content_type))
    except (ValueError, RecursionError) as error:
        found.refuse("json", f"not JSON: {error}"[:200])
        return found
    rows = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(rows, list):
        found.refuse("json", "no list of items")
        return found
    found.title = short_title(feed["title"]) if isinstance(feed.get("title"), str) else None
    found.items = list(_json_items(rows, url, found))
    return found


def _frame(text: str, found: Discovered) -> str:
    """The feed without DTD and without the text of its articles; '' if it is built to stop a parser."""
    text = _without_bodies(without_prologue(text))
    beyond = next(islice(ITEM.finditer(text), MAX_ITEMS, None), None)
    if beyond:
        found.note(f"more than {MAX_ITEMS} items: the others are left out")
        text = text[: beyond.start()]
    tags = text.count("<")
    if tags > MAX_TAGS or ENDLESS_TAG.search(text):
        found.refuse("xml", f"not read: {tags} tags, or one with a hundred attributes")
        return ""
    text = "<".join(run if len(run) <= MAX_RUN else run[:1000] + run[-1000:] for run in text.split("<"))
    text = CHARREF.sub(_character, text)  # last: where something was cut out, a reference may have come about
    return _mended(text) if tags > MAX_LOOSE_TAGS else text


def _without_bodies(text: str) -> str:
    """`text` with nothing between the tags that hold articles: they are most of a feed and are not used."""
    kept: list[str] = []
    at = 0
    unclosed: set[str] = set()  # names that close nowhere below, so that no second search is made for them
    while match := BODIES.search(text, at):
        name = match[1]
        end = -1 if name in unclosed else text.find(f"</{name}", match.end())
        if end < 0:
            unclosed.add(name)
        kept.append(text[at : match.end()])
        at = max(end, match.end())
    kept.append(text[at:])
    return "".join(kept)


def _character(reference: "re.Match[str]") -> str:
    """A reference to a character as it stands, or what stands for one that does not exist: feedparser dies of it."""
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    code = int(digits, base) if len(digits) <= 8 else 0
    return reference[0] if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"


def _mended(text: str) -> str:
    """`text` as well-formed XML."""
    data = text.encode("utf-8", "replace")
    try:
        expat.ParserCreate("utf-8").Parse(data, True)
    except expat.ExpatError:
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, encoding="utf-8")
        root = etree.fromstring(data, parser)
        return etree.tostring(root, encoding="unicode") if root is not None else ""
    return text


def _items(entries: list[Any], url: str, found: Discovered) -> Iterator[Item]:
    for number, entry in enumerate(entries, 1):
        link = _link(entry)
        try:
            address = linked_url(url, link) if link else ""
        except BadUrl as error:
            found.note(f"item {number}: {link[:100]}: {error}")
            continue
        if not address:
            found.note(f"item {number}: no link")
            continue
        published, updated = _moment(entry, "published_parsed"), _moment(entry, "updated_parsed")
        yield Item(address, _plain(entry.get("title")), published or updated, updated)


def _link(entry: Any) -> str:
    """The address of an entry's page: what a redirector stands for, its link, or an identifier that is an address."""
    named = entry.get("feedburner_origlink") or entry.get("link")
    if named:
        return str(named).strip()
    return _as_address(str(entry.get("id") or "").strip())


def _as_address(identifier: str) -> str:
    return identifier if identifier.startswith(("http://", "https://")) else ""


def _moment(entry: Any, name: str) -> datetime | None:
    parsed = dict.get(entry, name)  # its own `get` answers `updated` with `published`, and warns
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return utc(datetime(*parsed[:6], tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _plain(title: Any) -> str | None:
    """A title without the markup that some feeds put into it."""
    if not isinstance(title, str):
        return None
    return short_title(html.unescape(TAG.sub(" ", title[:5000])) if "<" in title or "&" in title else title)


def _ttl(feed: Any) -> float | None:
    """How long the feed asks to be left alone."""
    minutes = str(feed.get("ttl") or "").strip()
    if minutes.isascii() and minutes.isdigit():
        return min(60.0 * int(minutes[:6]), MAX_TTL_S)
    period = PERIODS_S.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    frequency = str(feed.get("sy_updatefrequency") or "1").strip()
    if period and frequency.isascii() and frequency.isdigit() and int(frequency[:6]):
        return min(period / int(frequency[:6]), MAX_TTL_S)
    return None


def _json_items(rows: list[Any], url: str, found: Discovered) -> Iterator[Item]:
    if len(rows) > MAX_ITEMS:
        found.note(f"more than {MAX_ITEMS} items: the others are left out")
    for number, row in enumerate(rows[:MAX_ITEMS], 1):
        values = row if isinstance(row, dict) else {}
        text = {name: value for name, value in values.items() if isinstance(value, str)}
        link = text.get("url") or text.get("external_url") or _as_address(text.get("id", ""))
        try:
            address = linked_url(url, link) if link else ""
        except BadUrl as error:
            found.note(f"item {number}: {link[:100]}: {error}")
            continue
        if not address:
            found.note(f"item {number}: no url")
            continue
        published, updated = parse_iso(text.get("date_published")), parse_iso(text.get("date_modified"))
        yield Item(address, short_title(text.get("title")), published or updated, updated)
