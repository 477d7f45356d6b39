"""From bytes to a tree that every reader of this stage shares: decoded once, parsed once, never too deep."""

import re
from typing import Final

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

MAX_DEPTH: Final = 250  # recursive readers of the tree lose text or die below; real pages reach 60

MAX_DEEP: Final = 3_000  # to lift an element takes time in the number of its neighbours
TOO_DEEP: Final = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
PARAGRAPHS: Final = frozenset("p h1 h2 h3 h4 h5 h6 li td th blockquote pre figcaption a".split())

# Controls that XML cannot hold; tab, line feed and return stay.
CONTROLS: Final = bytes(set(range(32)) - {9, 10, 13})


def parse(text: str) -> HtmlElement | None:
    """Parse a decoded page; None where there is nothing to parse."""
    data = text.encode("utf-8", "replace").translate(None, CONTROLS)
    if not data.strip():
        return None
    # A parser per page: one that is shared keeps the names of all pages it has seen.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, collect_ids=False, remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(_without_closed_html(data), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    if TOO_DEEP(tree):
        flatten(tree)
    return tree


def _without_closed_html(data: bytes) -> bytes:
    """`<html ... />` would close the page before it begins."""
    return re.sub(rb"(?i)<html([^<>]{0,2000})/>", rb"<html\1>", data[:4096]) + data[4096:]


def flatten(tree: HtmlElement, max_depth: int = MAX_DEPTH) -> None:
    """Lift what lies deeper than `max_depth` up to that level, keeping text, order and paragraphs."""
    deep = [(element, depth) for element, depth in _depths(tree) if depth > max_depth and len(element)]
    if len(deep) > MAX_DEEP:
        raise ValueError(f"{len(deep)} elements nested more than {max_depth} deep")
    # Outermost first: every child then moves once, not once per level.
    for element, depth in deep:
        if depth > max_depth + 50 or element.tag not in PARAGRAPHS:
            element.drop_tag()


def _depths(tree: HtmlElement) -> list[tuple[HtmlElement, int]]:
    found, depth = [], 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            depth += 1
            found.append((element, depth))
        else:
            depth -= 1
    return found
