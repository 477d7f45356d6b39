"""From bytes to a tree that every reader of this stage shares: decoded once, parsed once, never too deep."""

import re
from typing import Final

from lxml import etree
from lxml.html import Element, HtmlElement, HTMLParser, document_fromstring

MAX_DEPTH: Final = 250  # recursive readers of the tree lose text or die below; real pages reach 60

MAX_DEEP: Final = 3_000  # to lift an element takes time in the number of its neighbours
TOO_DEEP: Final = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
MOST_NESTING: Final = 500_000  # the depths of all elements of a page, added up; real pages reach 70,000
SHALLOW: Final = 60
PLAIN: Final = etree.XPath(f"count(//*) <= {MOST_NESTING // SHALLOW} and not({'/*' * (SHALLOW + 1)})")
TYPED: Final = frozenset("a b i u em strong font span tt small big hr br".split())  # inside of prose in <pre>
MAX_TYPED: Final = 5_000  # lines
MIN_FOLDED: Final = 40  # characters: a shorter one is a verse or an entry
FOLD: Final = re.compile(r"[^\W\d_][,;–-]?\s*$")  # where a sentence goes on
FOLDED: Final = 100  # characters: a wider line is a paragraph
PROSE: Final = frozenset(".,;:!?'\"()-–—’‘“”„«»…/&%$€£@*_")
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
    unfold(tree)
    return tree


def _without_closed_html(data: bytes) -> bytes:
    """`<html ... />` would close the page before it begins."""
    return re.sub(rb"(?i)<html([^<>]{0,2000})/>", rb"<html\1>", data[:4096]) + data[4096:]


def unfold(tree: HtmlElement) -> None:
    """Undo lines that were folded to the width of a terminal, so that a paragraph is one line."""
    for line_break in tree.findall(".//br"):
        before = line_break.getprevious()
        line = (line_break.getparent().text if before is None else before.tail) or ""
        behind = (line_break.tail or "").lstrip()
        if MIN_FOLDED <= len(line) <= FOLDED and FOLD.search(line) and behind[:1].islower():
            line_break.tag, line_break.tail = "wbr", f" {behind}"
    for pre in tree.findall(".//pre"):
        if _is_typed(pre):
            _divide(pre)


def _is_typed(pre: HtmlElement) -> bool:
    """Whether it holds prose, as from a typewriter, and no code, table or picture of letters."""
    if any(child.tag not in TYPED for child in pre.iterdescendants()):
        return False
    text = pre.text_content()
    lines = [line for line in text.splitlines() if line.strip()]
    signs = sum(not (sign.isalnum() or sign in PROSE) for sign in text if not sign.isspace())
    return 0 < len(lines) <= MAX_TYPED and len(text.split()) >= 6 * len(lines) and signs <= 0.02 * len(text)


def _divide(pre: HtmlElement) -> None:
    """Divide the text of `pre` as its empty lines do; where its lines are not folded, as all its lines do."""
    width = max(len(line) for line in pre.text_content().splitlines())
    gap = re.compile(r"\n[^\S\n]*\n\s*" if width <= FOLDED else r"\n\s*")
    for element in list(pre.iter()):
        if element.tail and element is not pre:
            first, *rest = gap.split(element.tail)
            element.tail = first
            for text in reversed(rest):
                element.addnext(_line_break(text))
        if element.text:
            first, *rest = gap.split(element.text)
            element.text = first
            element[:0] = [_line_break(text) for text in rest]
    pre.tag = "div"


def _line_break(behind: str) -> HtmlElement:
    made: HtmlElement = Element("br")
    made.tail = behind
    return made


def flatten(tree: HtmlElement, max_depth: int = MAX_DEPTH) -> None:
    """Lift what lies deeper than `max_depth` up to that level, keeping text, order and paragraphs."""
    deep = [(element, depth) for element, depth in _depths(tree) if depth > max_depth and len(element)]
    if len(deep) > MAX_DEEP:
        raise ValueError(f"{len(deep)} elements nested more than {max_depth} deep")
    # Outermost first: every child then moves once, not once per level.
    for element, depth in deep:
        if depth > max_depth + 50 or element.tag not in PARAGRAPHS:
            element.drop_tag()


def is_tangled(tree: HtmlElement) -> bool:
    """Whether a reader that asks every element for all that is in it would take most of a minute."""
    return not PLAIN(tree) and sum(depth for _, depth in _depths(tree)) > MOST_NESTING


def _depths(tree: HtmlElement) -> list[tuple[HtmlElement, int]]:
    found, depth = [], 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            depth += 1
            found.append((element, depth))
        else:
            depth -= 1
    return found
