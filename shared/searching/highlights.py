"""Where the words of a query stand in a text: pieces of the original, each with whether it was looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.searching.query import Needle
from shared.searching.tokens import placed

AROUND: Final = 12  # words on each side of the first place
SNIPPET: Final = 36  # words in all
LONGEST_TEXT: Final = 60_000  # characters that are looked through


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. Whoever shows it escapes it: it is as hostile as the page that it came from."""

    text: str
    is_hit: bool


def mark(text: str, needles: Sequence[Needle]) -> list[Piece]:
    """The whole text in pieces."""
    words = list(placed(text))
    return _pieces(text, words, _hits(words, needles), 0, len(text))


def snippet(text: str, needles: Sequence[Needle]) -> list[Piece]:
    """The part of a text where the words stand closest together, in pieces, without line breaks."""
    text = text[:LONGEST_TEXT]
    words = list(placed(text))
    if not words:
        return []
    hits = _hits(words, needles)
    first = max(0, _densest(sorted(hits)) - AROUND // 2)
    last = min(len(words), first + SNIPPET) - 1
    pieces = _pieces(text, words, hits, words[first][0], words[last][1])
    start = [Piece("… ", False)] if first else []
    end = [Piece(" …", False)] if last < len(words) - 1 else []
    return [*start, *(Piece(" ".join(one.text.split("\n")), one.is_hit) for one in pieces), *end]


Words = Sequence[tuple[int, int, Sequence[str]]]


def _hits(words: Words, needles: Sequence[Needle]) -> set[int]:
    """The places of words that belong to a needle."""
    flat = [(place, token) for place, (_, _, tokens) in enumerate(words) for token in tokens]
    found: set[int] = set()
    for needle in needles:
        length = len(needle.tokens)
        for start in range(len(flat) - length + 1):
            if _is_at(flat, start, needle):
                found.update(place for place, _ in flat[start : start + length])
    return found


def _is_at(flat: Sequence[tuple[int, str]], start: int, needle: Needle) -> bool:
    *others, last = needle.tokens
    token = flat[start + len(others)][1]
    if not (token.startswith(last) if needle.is_prefix else token == last):
        return False
    return all(flat[start + ahead][1] == wanted for ahead, wanted in enumerate(others))


def _densest(hits: Sequence[int]) -> int:
    """The place from which on the most hits lie in a snippet's length; the first of these."""
    best = max(
        range(len(hits)),
        key=lambda n: (sum(hits[n] <= one < hits[n] + SNIPPET - AROUND for one in hits), -n),
        default=None,
    )
    return 0 if best is None else hits[best]


def _pieces(text: str, words: Words, hits: set[int], start: int, end: int) -> list[Piece]:
    pieces: list[Piece] = []
    at = start
    for place in sorted(hits):
        left, right, _ = words[place]
        if left < start or right > end:
            continue
        if left > at:
            pieces.append(Piece(text[at:left], False))
        pieces.append(Piece(text[left:right], True))
        at = right
    if at < end:
        pieces.append(Piece(text[at:end], False))
    return pieces
