"""WordPiece: a word as the indices of the model's vocabulary."""

import unicodedata
from functools import cache, lru_cache
from typing import Final

from workers.stages.extracting import lists

UNKNOWN: Final = 100
BEGIN: Final = 101
END: Final = 102
MASK: Final = 103
LONGEST_WORD: Final = 40


@cache
def vocabulary() -> dict[str, int]:
    """Piece to index."""
    return {piece: at for at, piece in enumerate(lists.read("vocab.txt").split("\n")) if piece}


@lru_cache(maxsize=50_000)
def pieces(word: str) -> tuple[int, ...]:
    """The pieces of one word, the longest first; a word that cannot be cut is one unknown piece."""
    word = word.lower()
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")
    if not word or len(word) > LONGEST_WORD:
        return (UNKNOWN,)
    known = vocabulary()
    found = []
    start = 0
    while start < len(word):
        prefix = "##" if start else ""
        end = next((end for end in range(len(word), start, -1) if prefix + word[start:end] in known), None)
        if end is None:
            return (UNKNOWN,)
        found.append(known[prefix + word[start:end]])
        start = end
    return tuple(found)
