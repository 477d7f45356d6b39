"""What a revision changed, word by word: [-gone-] and {+new+}, as `git diff --word-diff` shows it."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

Piece = tuple[Literal["same", "gone", "new"], str]
SHOWN_AROUND = 12  # words of what stayed, beside what changed


def word_differences(before: str, after: str) -> list[list[Piece]]:
    """The paragraphs that differ, each as pieces; long stretches that stayed are shortened."""
    old, new = before.split("\n"), after.split("\n")
    changed = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            changed.append(list(_pieces(" ".join(old[start:end]).split(), " ".join(new[new_start:new_end]).split())))
    return changed


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", _shortened(old[start:end])
            continue
        if end > start:
            yield "gone", " ".join(old[start:end])
        if new_end > new_start:
            yield "new", " ".join(new[new_start:new_end])


def _shortened(words: list[str]) -> str:
    if len(words) <= 2 * SHOWN_AROUND + 1:
        return " ".join(words)
    return " ".join([*words[:SHOWN_AROUND], "...", *words[-SHOWN_AROUND:]])
