"""What is to be judged: trafilatura's lines, and the blocks of the page that trafilatura left out.

Lines are found again on the page by their letters, so that each knows its place in the tree.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from workers.stages.cleaning.blocks import Block, key, size

CELLS: Final = frozenset({"td", "th"})
CELL_WORDS: Final = 40  # in one of them at most
ROW_WORDS: Final = 12  # in a cell of a table that is one, on average at most


@dataclass(slots=True)
class Item:
    """A line that trafilatura gave (`voted`), or a block that it left out."""

    text: str
    key: str
    block: Block | None
    position: float  # in blocks of the page
    voted: bool
    words: int = field(init=False)

    def __post_init__(self) -> None:
        block = self.block
        self.words = block.words if block is not None and block.text is self.text else size(self.text)


def align(lines: Sequence[str], blocks: Sequence[Block]) -> list[Item]:
    """Items in the order of the page."""
    starts = [0, *accumulate(len(block.key) for block in blocks)]
    page = "".join(block.key for block in blocks)
    items: list[Item] = []
    cursor = 0
    for text in lines:
        letters = key(text)
        found = _find(page, letters, cursor)
        if found < 0 or not letters:
            items.append(Item(text, letters, None, items[-1].position + 0.001 if items else -1.0, True))
            continue
        cursor = min(found + len(letters), len(page))  # its end may be another than the page's
        first, last = bisect_right(starts, found) - 1, bisect_right(starts, cursor - 1) - 1
        for index in range(first, last + 1):
            blocks[index].voted = True
        parts = _parts(text, letters, blocks[first : last + 1])
        items.extend(Item(part.text, part.key, part, float(part.index), True) for part in parts)
        if not parts:
            items.append(Item(text, letters, blocks[first], float(first), True))
    items.extend(Item(b.text, b.key, b, float(b.index), False) for b in blocks if not b.voted and b.key)
    items.sort(key=lambda item: item.position)
    return items


def _parts(text: str, letters: str, blocks: Sequence[Block]) -> Sequence[Block]:
    """The paragraphs of a line that runs several together, as from a table that only serves the layout."""
    within = [block for block in blocks if block.key and block.key in letters]
    words = sum(block.words for block in within)
    if sum(len(block.key) for block in within) < 0.8 * len(letters):
        return ()
    if text.startswith("|"):
        return within if _is_layout(text) else ()
    few = any(block.place.tag in CELLS for block in within) and words < ROW_WORDS * len(within)
    return () if few or len(within) < 2 else within


def _is_layout(row: str) -> bool:
    """Whether a row as trafilatura writes it, `| one | two |`, is too long for one, or has one cell only."""
    words = [size(cell) for cell in re.split(r"(?<!\\)\|", row) if cell.strip()]
    return len(words) == 1 or max(words, default=0) > CELL_WORDS or sum(words) > ROW_WORDS * len(words)


def _find(page: str, letters: str, cursor: int) -> int:
    """Behind the last find, else from the start; a line whose end differs is found by its first letters."""
    for wanted in (letters, letters[:60]) if len(letters) > 60 else (letters,):
        for start in (cursor, 0):
            found = page.find(wanted, start)
            if found >= 0:
                return found
    return -1
