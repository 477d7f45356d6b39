"""The training texts: one Document each, from JSON lines with `text`, `spans` [[start, end, label]] and `misc`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.stages.extracting import pieces, words

Label = tuple[int, int, str]
TAGS: Final = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
TAG: Final = {tag: at for at, tag in enumerate(TAGS)}
UNSURE: Final = -1  # a word that tells the loss nothing

# How often a set's texts are seen, and how much a word of it counts. Tweets are many, short and noisy; the small
# sets are the ones annotated most like news.
SHARE: Final = {"btc": (0.5, 0.3), "wnut17": (0.5, 0.3), "wikigold": (2.0, 1.0), "uner": (2.0, 1.0), "re3d": (1.0, 0.7)}


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its names. `misc`: whether MISC is annotated; `unsure`: stretches that must teach nothing."""

    text: str
    spans: tuple[Label, ...]
    misc: bool
    share: float = 1.0
    weight: float = 1.0
    unsure: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A document as parallel lists over its words: pieces, line, case class, flags and tag."""

    pieces: list[tuple[int, ...]]
    lines: list[int]
    cases: list[int]
    flags: list[int]
    tags: list[int]
    misc: bool
    weight: float


def read(folder: Path) -> list[Document]:
    """Every document of the sets in a folder."""
    found: list[Document] = []
    for path in sorted(folder.glob("*.jsonl")):
        share, weight = SHARE.get(path.stem.split("_")[0], (1.0, 1.0))
        found.extend(documents(path, share, weight))
    return found


def documents(path: Path, share: float = 1.0, weight: float = 1.0) -> Iterator[Document]:
    """The documents of one file."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            row = json.loads(line)
            spans = tuple(
                (a, b, label) for a, b, label in row.get("spans", ()) if label in ("PER", "ORG", "LOC", "MISC")
            )
            unsure = tuple((a, b) for a, b in row.get("unsure", ()))
            yield Document(row["text"], spans, row.get("misc", False), share, row.get("weight", weight), unsure)


def example(document: Document) -> Example:
    """The document as the network sees it."""
    found = words.read(document.text)
    return Example(
        [pieces.pieces(word) for word in found.texts],
        found.lines,
        found.cases,
        found.flags,
        tags(found, document),
        document.misc,
        document.weight,
    )


def tags(found: words.Words, document: Document) -> list[int]:
    """The BIO tag of every word."""
    marked = [0] * len(found.texts)
    for at in inside(found, document.unsure):
        marked[at] = UNSURE
    for start, end, label in sorted(document.spans):
        first = True
        for at in inside(found, [(start, end)]):
            marked[at] = TAG[("B-" if first else "I-") + label]
            first = False
    return marked


def inside(found: words.Words, stretches: Iterable[tuple[int, int]]) -> Iterator[int]:
    """The words that overlap one of the stretches."""
    from bisect import bisect_right

    for start, end in stretches:
        at = bisect_right(found.ends, start)
        while at < len(found.starts) and found.starts[at] < end:
            yield at
            at += 1
