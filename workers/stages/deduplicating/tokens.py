"""Words of a text as copies share them: no case, no punctuation, no layout, any script.

Scripts written without spaces give one token per letter, so that a line break or a missing space changes nothing.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

SPACELESS: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # iteration mark, closing mark, zero of Han
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
# Typographic variants of what ASCII has; without them many English texts are on the fast path of `translate`.
PLAIN: Final = (("\u2019", "'"), ("\u2018", "'"), ("\u201c", " "), ("\u201d", " "), ("\u2013", " "), ("\u2014", " "))
APOSTROPHES: Final = "'`\u00b4\u02bc\u2018\u2019\u201b"


def is_spaceless(code: int) -> bool:
    """Whether a code point belongs to a script that does not put spaces between words."""
    return code >= SPACELESS[0][0] and any(low <= code <= high for low, high in SPACELESS)


class _Letters(dict[int, str | None]):
    """What becomes of each code point; worked out when first seen, at most one entry per code point of Unicode."""

    def __missing__(self, code: int) -> str | None:
        letter = _letter(chr(code))
        self[code] = letter
        return letter


def _letter(char: str) -> str | None:
    """The letter itself, a letter between spaces, a space, or None for what vanishes inside a word."""
    category = unicodedata.category(char)
    if char in APOSTROPHES or category == "Cf":  # soft hyphen, joiners, direction marks
        return None
    if is_spaceless(ord(char)):
        return None if category.startswith("M") else f" {char} " if category[0] in "LN" else " "
    return char if category[0] in "LMN" else " "


_LETTERS: Final = _Letters()


def tokenize(text: str) -> list[str]:
    """Give the tokens of a text in order."""
    if not text.isascii():
        text = _plain(text)
    return text.casefold().translate(_LETTERS).split()


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    for fancy, ascii_ in PLAIN:
        text = text.replace(fancy, ascii_)
    return text


def count_words(tokens: Sequence[str]) -> int:
    """Count words; in scripts without spaces two letters are taken for one word."""
    if "".join(tokens).isascii():
        return len(tokens)
    letters = sum(is_spaceless(ord(token)) for token in tokens if len(token) == 1)
    return len(tokens) - letters + letters // 2
