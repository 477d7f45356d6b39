"""Lines of the article: paragraphs, headings, items of lists, quotes, rows of tables; and all of them in Markdown."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workers.stages.cleaning.blocks import FLAGS, Container
from workers.stages.cleaning.features import HEADINGS
from workers.stages.cleaning.items import Item

ITEMS: Final = frozenset({"li", "dt", "dd"})
LISTS: Final = frozenset({"ul", "ol"})
QUOTE: Final = FLAGS["blockquote"]
BAR: Final = re.compile(r"(?<!\\)\|")
BULLET: Final = re.compile(r"^(?:[-•*·]|\d{1,3}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of the article; `kind` is paragraph, heading, item, quote or row.

    `level` is that of a heading, or how deep a list lies in others; `number` the place in an ordered list.
    """

    text: str
    kind: str = "paragraph"
    level: int = 0
    number: int = 0

    @property
    def markdown(self) -> str:
        """The line in light Markdown."""
        if self.kind == "item":
            return "  " * min(self.level, 4) + (f"{self.number}. " if self.number else "- ") + self.text
        if self.kind == "row":
            return f"| {self.text} |"
        marks = {"heading": "#" * max(2, self.level) + " ", "quote": "> "}
        return marks.get(self.kind, "") + self.text


def lines_of(items: Sequence[Item]) -> list[Line]:
    """Lines of the items that were kept; what has no letters, as a rule between rows, is none."""
    counts: Counter[int] = Counter()
    return [_line(item, counts) for item in items if item.key]


def _line(item: Item, counts: Counter[int]) -> Line:
    place = item.block.place if item.block is not None else None
    if item.text.startswith("|"):
        cells = [cell.strip() for cell in BAR.split(item.text.removeprefix("|").removesuffix("|"))]
        if len(cells) > 1 and (place is None or place.tag != "caption"):
            return Line(" | ".join(cells).strip(), "row")
        return Line(" ".join(filter(None, cells)).replace("\\|", "|"))
    if place is None:
        return Line(item.text)
    if place.tag in HEADINGS:
        return Line(item.text, "heading", int(place.tag[1]))
    if place.tag in ITEMS:
        over = place.parent
        counts[id(over)] += 1
        number = counts[id(over)] if over is not None and over.tag == "ol" else 0
        return Line(BULLET.sub("", item.text), "item", _lists_around(over), number)
    return Line(item.text, "quote" if place.flags & QUOTE else "paragraph")


def _lists_around(place: Container | None) -> int:
    """How many lists the list `place` lies in."""
    found = 0
    while place is not None and place.parent is not None:
        place = place.parent
        found += place.tag in LISTS
    return found


def markdown(lines: Sequence[Line]) -> str:
    """Paragraphs apart, items and rows of one list or table together; the first row of a table is its head."""
    parts: list[str] = []
    for index, line in enumerate(lines):
        together = index > 0 and line.kind == lines[index - 1].kind and line.kind in {"item", "row"}
        if index:
            parts.append("\n" if together else "\n\n")
        parts.append(line.markdown)
        if line.kind == "row" and not together:
            parts.append("\n|" + " --- |" * (line.text.count("|") + 1))
    return "".join(parts)
