"""What differs between two texts, word by word."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

PIECE = re.compile(r"\s+|\w+|[^\w\s]")
MOST_PAIRS = 4_000_000  # of words compared at once; beyond it a passage counts as replaced, or a page takes minutes


class Run(NamedTuple):
    """A passage that both have, that only the old one has (del), or only the new one (ins)."""

    kind: Literal["same", "del", "ins"]
    text: str


def paragraphs(old: str, new: str) -> list[list[Run]]:
    """The two texts as one, paragraph by paragraph: equal ones whole, others word by word."""
    before, after = old.split("\n"), new.split("\n")
    found: list[list[Run]] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [[Run("same", text)] for text in before[a:b]]
        else:
            found += _replaced(before[a:b], after[c:d])
    return found


def _replaced(before: Sequence[str], after: Sequence[str]) -> list[list[Run]]:
    runs = words("\n".join(before), "\n".join(after))
    made: list[list[Run]] = [[]]
    for kind, text in runs:
        first, *others = text.split("\n")
        made[-1] += [Run(kind, first)] if first else []
        made += [[Run(kind, part)] if part else [] for part in others]
    return [one for one in made if one]


def words(old: str, new: str) -> list[Run]:
    """The two texts as one run of words."""
    before, after = PIECE.findall(old), PIECE.findall(new)
    if len(before) * len(after) > MOST_PAIRS:
        return [Run("del", old), Run("ins", new)]
    return list(_runs(before, after))


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[Run]:
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Run("same", "".join(before[a:b]))
            continue
        if b > a:
            yield Run("del", "".join(before[a:b]))
        if d > c:
            yield Run("ins", "".join(after[c:d]))
