"""Words as the search index knows them: the same on SQLite and PostgreSQL, since neither is asked.

A word is without case, accents and compatibility forms (NFKC, casefold); Chinese, Japanese and other scripts that are
written without blanks are taken a character at a time, so that a search for a word of two is one for a phrase.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

MARKS: Final = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670"  # accents, Hebrew and Arabic vowels: dropped
# one class, which is quick; with the scripts of India, whose vowel signs Python does not count as letters
WORD: Final = re.compile(rf"[\w{MARKS}\u0900-\u0963\u0966-\u0dff]+")
ASCII_WORD: Final = re.compile("[a-z0-9]+")
ALONE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
PIECE: Final = re.compile(rf"[{ALONE}]|(?:(?![{ALONE}])[^\W_]|[\u0900-\u0963\u0966-\u0dff])+")
LONGEST: Final = 64  # characters of a token: what is longer is no word


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order."""
    if text.isascii():
        return [word[:LONGEST] for word in ASCII_WORD.findall(text.lower())]
    found: list[str] = []
    for word in WORD.findall(text):
        if word.isascii() and word.isalnum() and len(word) <= LONGEST:  # most are, and need no look-up
            found.append(word.lower())
        else:
            found += fold(word)
    return found


@lru_cache(maxsize=50_000)
def fold(word: str) -> Sequence[str]:
    """The tokens of one word: one as a rule."""
    plain = unicodedata.normalize("NFKC", word).casefold()
    plain = re.sub(f"[{MARKS}]", "", unicodedata.normalize("NFKD", plain))
    return tuple(token[:LONGEST] for token in PIECE.findall(unicodedata.normalize("NFKC", plain)))


def placed(text: str) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Every word of a text with its start, end and tokens: to mark it where it stands."""
    for word in WORD.finditer(text):
        yield word.start(), word.end(), fold(word[0])
