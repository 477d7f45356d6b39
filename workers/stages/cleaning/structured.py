"""Structured data of a page: JSON-LD, read with tolerance, for it comes broken on one page in fifty."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from lxml.html import HtmlElement

from shared.texts import storable

MAX_NODES: Final = 2_000
MAX_SCRIPT: Final = 1_000_000
ARTICLE_TYPES: Final = frozenset(
    "article newsarticle reportagenewsarticle analysisnewsarticle opinionnewsarticle reviewnewsarticle "
    "backgroundnewsarticle asknewsarticle liveblogposting blogposting socialmediaposting techarticle "
    "scholarlyarticle advertisercontentarticle satiricalarticle report review medicalscholarlyarticle".split()
)
# Only these lead from a document to its article; an article named elsewhere (isPartOf, hasPart) is another one.
CONTAINERS: Final = ("@graph", "mainEntity", "mainEntityOfPage", "liveBlogUpdate")
JUNK: Final = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$"
)
TRAILING_COMMA: Final = re.compile(r",(\s*[}\]])")
CONTROL: Final = re.compile(r"[\x00-\x1f]+")

Node = dict[str, Any]


def json_ld(tree: HtmlElement) -> list[Node]:
    """Every object of the page's JSON-LD, in order, containers opened."""
    nodes: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text and len(script.text) < MAX_SCRIPT:
            for value in _values(script.text):
                nodes.extend(_objects(value, MAX_NODES - len(nodes)))
    return nodes


def article_nodes(nodes: list[Node]) -> list[Node]:
    """Those that describe an article."""
    return [node for node in nodes if types(node) & ARTICLE_TYPES]


def types(node: Node) -> set[str]:
    """The types of a node, without namespace, in lower case."""
    return {t.rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for t in strings(node.get("@type"))}


def strings(value: Any) -> list[str]:
    """Every plain string that `value` stands for: itself, its name, or those of its items."""
    if isinstance(value, str):
        text = plain(value)
        return [text] if text else []
    if isinstance(value, dict):
        return strings(value.get("name") or _full_name(value) or value.get("@value") or value.get("url"))
    if isinstance(value, list):
        return [text for item in value[:100] if not isinstance(item, list) for text in strings(item)]
    return []


def _full_name(node: Node) -> str:
    parts = [node.get(part) for part in ("givenName", "additionalName", "familyName")]
    return " ".join(part for part in parts if isinstance(part, str))


def plain(value: str) -> str:
    """Text without entities, tags of emphasis and doubled space."""
    if "&" in value:
        value = html.unescape(html.unescape(value))
    if "<" in value:
        value = re.sub(r"</?[a-zA-Z][^<>]{0,300}>", "", value)
    value = " ".join(value.split())
    return storable(value)


def _values(text: str) -> Iterator[Any]:
    """JSON values that stand one behind the other, mended where they are broken."""
    text = JUNK.sub("", JUNK.sub("", text.strip())).strip().rstrip(";")
    for candidate in (text, TRAILING_COMMA.sub(r"\1", CONTROL.sub(" ", text))):
        try:
            yield from _sequence(candidate)
        except (ValueError, RecursionError):
            continue
        return


def _sequence(text: str) -> list[Any]:
    decoder, position = json.JSONDecoder(strict=False), 0
    values: list[Any] = []
    while position < len(text) and len(values) < 50:
        value, position = decoder.raw_decode(text, position)
        values.append(value)
        while position < len(text) and text[position] in " \t\r\n,;":
            position += 1
    return values


def _objects(value: Any, limit: int) -> list[Node]:
    found: list[Node] = []
    waiting = [value]
    while waiting and len(found) < limit:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting[:0] = item[:MAX_NODES]
        elif isinstance(item, dict):
            found.append(item)
            waiting[:0] = [item[name] for name in CONTAINERS if isinstance(item.get(name), dict | list)]
    return found
