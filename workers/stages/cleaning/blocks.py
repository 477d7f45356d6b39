"""The page as blocks of text, each with its place in the tree.

A block is text that no block-level element or line break divides. A container is a block-level element; it knows
its parent, what lies around it (`flags`) and the words of its class and id.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from workers.stages.cleaning.tree import parse

INLINE: Final = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q ruby rb rt rp s samp small "
    "span strike strong sub sup time tt u var wbr img input picture source nobr".split()
)
# Their text is nothing that a reader of the page sees as text.
SKIPPED: Final = frozenset(
    "script style noscript template svg head iframe object embed select option button textarea canvas audio video "
    "math map datalist meter progress".split()
)
PARAGRAPH: Final = frozenset("p h1 h2 h3 h4 h5 h6 li dt dd td th figcaption pre caption summary address".split())

# What a container lies in; inherited by all below it.
FLAGS: Final = {
    name: 1 << bit
    for bit, name in enumerate(
        "nav aside footer header form figure article main table ul ol blockquote section details dl hidden".split()
    )
}
SPACELESS: Final = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]")
HIDDEN: Final = FLAGS["hidden"]
CLASS_WORD: Final = re.compile(r"[a-z]{3,}|[A-Z][a-z]{2,}|[A-Z]{3,}")
# What lies behind these limits is cut off before anybody reads the tree: readers take a second for so much.
MAX_BLOCKS: Final = 5_000  # the longest live blogs have 2,000
MAX_ELEMENTS: Final = 20_000  # the largest of 700 real pages has 7,000


# Tag, class words and the tag around: the same for all blocks of one make.
Signature = tuple[str, tuple[str, ...], str]


@dataclass(slots=True)
class Container:
    """A block-level element."""

    tag: str
    parent: "Container | None"
    depth: int
    flags: int
    words: tuple[str, ...]
    signature: Signature
    own: float = 0.0  # what the words of its class say, see features
    below: float = 0.0  # the sum of that over itself and all around it
    mass: int = 0  # words in paragraphs below
    voted: int = 0  # those of them that trafilatura kept


# of ASCII: letters in lower case, numbers, and nothing else
LETTERS: Final = {code: chr(code).lower() if chr(code).isalnum() else None for code in range(128)}


@dataclass(slots=True)
class Block:
    """A piece of text."""

    text: str
    key: str
    place: Container
    index: int
    link_chars: int
    links: int
    words: int
    voted: bool = False


def key(text: str) -> str:
    """What two renderings of one text share."""
    if text.isascii():
        return text.translate(LETTERS)
    return re.sub(r"[\W_]+", "", text).casefold()


def size(text: str) -> int:
    """Words; two signs of a language without spaces are one."""
    signs = 0 if text.isascii() else len(SPACELESS.findall(text))
    return len(text.split()) + signs // 2


def shown_blocks(text: str) -> list[str]:
    """The blocks of text of a decoded page, in its order, those that are hidden left out."""
    tree = parse(text)
    if tree is None:
        return []
    return [block.text for block in Walk().over(tree).blocks if not block.place.flags & HIDDEN]


class Walk:
    """One pass over the tree."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.containers: list[Container] = []
        self._parts: list[str] = []
        self._link_chars = 0
        self._links = 0
        self._in_link = 0
        self._split: dict[str, tuple[str, ...]] = {}

    def over(self, tree: HtmlElement) -> "Walk":
        top = Container("html", None, 0, 0, (), ("", (), ""))
        stack = [top]
        walker = etree.iterwalk(tree, events=("start", "end"))
        skipped = None
        elements = 0
        for event, element in walker:
            tag = element.tag
            if event == "start":
                elements += 1
                if tag in SKIPPED or not isinstance(tag, str):
                    walker.skip_subtree()
                    skipped = element
                    continue
                if tag in INLINE:
                    self._enter_inline(element)
                elif tag == "br":
                    self._flush(stack[-1])
                else:
                    self._flush(stack[-1])
                    stack.append(self._container(element, tag, stack[-1]))
                if element.text:
                    self._text(element.text)
                continue
            if element is skipped:
                skipped = None
            elif tag in INLINE:
                self._in_link -= _is_link(element)
            elif tag != "br":
                self._flush(stack[-1])
                stack.pop()
            if element.tail:
                self._text(element.tail)
            if len(self.blocks) > MAX_BLOCKS or elements > MAX_ELEMENTS:
                cut_behind(element)
                break
        self._flush(stack[-1])
        return self

    def _enter_inline(self, element: HtmlElement) -> None:
        if _is_link(element):
            self._in_link += 1
            self._links += 1

    def _text(self, text: str) -> None:
        self._parts.append(text)
        if self._in_link > 0:
            self._link_chars += len(text)

    def _flush(self, place: Container) -> None:
        if self._parts:
            text = " ".join("".join(self._parts).split())
            if text:
                self.blocks.append(
                    Block(text, key(text), place, len(self.blocks), self._link_chars, self._links, size(text))
                )
            self._parts = []
        self._link_chars = 0
        self._links = 0

    def _container(self, element: HtmlElement, tag: str, parent: Container) -> Container:
        names = f"{element.get('class', '')} {element.get('id', '')}"
        words = self._split.get(names)
        if words is None:
            words = self._split[names] = tuple(_words(names))
        flags = parent.flags | FLAGS.get(tag, 0)
        if element.get("hidden") is not None or "none" in element.get("style", ""):
            flags |= HIDDEN
        made = Container(tag, parent, parent.depth + 1, flags, words, (tag, words, parent.tag))
        self.containers.append(made)
        return made


def _is_link(element: HtmlElement) -> bool:
    """An anchor that leads nowhere only gives a place its name, and is often left open."""
    return element.tag == "a" and element.get("href") is not None


def cut_behind(element: HtmlElement) -> None:
    """Take off the tree what follows the end of `element`."""
    at: HtmlElement | None = element
    while at is not None:
        parent = at.getparent()
        if parent is not None:
            at.tail = None
            del parent[parent.index(at) + 1 :]
        at = parent


def _words(names: str) -> Iterable[str]:
    return dict.fromkeys(word.lower() for word in CLASS_WORD.findall(names[:400]))
