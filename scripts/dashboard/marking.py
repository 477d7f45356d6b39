"""A text with its entities marked, and a page with what was taken from it."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from workers.stages.cleaning import shown_blocks


class Piece(NamedTuple):
    """A piece of a paragraph; `entity` is the mention's row where it is a name."""

    text: str
    entity: Any = None


class Shown(NamedTuple):
    """A block of a page: in the text (kept), taken out of it (removed, and why), or never part of it (around)."""

    text: str
    kind: str
    reason: str = ""


def paragraphs(text: str, mentions: Sequence[Any]) -> Iterator[list[Piece]]:
    """The paragraphs of a text in pieces; mentions are ordered, and of two that overlap the first counts."""
    start = 0
    for paragraph in text.split("\n"):
        end = start + len(paragraph)
        inside = [one for one in mentions if start <= one.start and one.end <= end]
        yield list(_pieces(text, start, end, inside))
        start = end + 1


def _pieces(text: str, start: int, end: int, mentions: Sequence[Any]) -> Iterator[Piece]:
    for one in mentions:
        if one.start < start:
            continue
        if one.start > start:
            yield Piece(text[start : one.start])
        yield Piece(text[one.start : one.end], one)
        start = one.end
    if start < end:
        yield Piece(text[start:end])


def blocks(page: str, text: str, removed: Sequence[dict[str, str]]) -> list[Shown]:
    """The blocks of a page in its order, each with what became of it."""
    whole = _letters(text)
    reasons = {_letters(one["text"]): one["reason"] for one in removed}
    taken = "\n".join(reasons)
    return [_shown(block, whole, reasons, taken) for block in shown_blocks(page)]


def _shown(block: str, whole: str, reasons: dict[str, str], taken: str) -> Shown:
    letters = _letters(block)
    if letters in reasons:
        return Shown(block, "removed", reasons[letters])
    if letters and letters in whole:
        return Shown(block, "kept")
    if len(letters) > 20 and letters in taken:
        return Shown(block, "removed", next(reason for key, reason in reasons.items() if letters in key))
    return Shown(block, "around")


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
