"""What is to be judged: trafilatura's lines, and the blocks of the page that trafilatura left out.

Lines are found again on the page by their letters, so that each knows its place in the tree.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from workers.stages.cleaning.blocks import Block, key


@dataclass(slots=True)
class Item:
    """A line that trafilatura gave (`voted`), or a block that it left out."""

    text: str
    key: str
    block: Block | None
    position: float  # in blocks of the page
    voted: bool
    last: int = -1  # the last block that the line covers


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
        cursor = found + len(letters)
        first, last = bisect_right(starts, found) - 1, bisect_right(starts, cursor - 1) - 1
        for index in range(first, last + 1):
            blocks[index].voted = True
        items.append(Item(text, letters, blocks[first], float(first), True, last))
    items.extend(Item(b.text, b.key, b, float(b.index), False, b.index) for b in blocks if not b.voted and b.key)
    items.sort(key=lambda item: item.position)
    return items


def _find(page: str, letters: str, cursor: int) -> int:
    """Behind the last find, else from the start; a line whose end differs is found by its first letters."""
    for wanted in (letters, letters[:60]) if len(letters) > 60 else (letters,):
        for start in (cursor, 0):
            found = page.find(wanted, start)
            if found >= 0:
                return found
    return -1
