"""Whether two texts are copies: how much they share, in what pieces, and whether figures and names agree there.

Overlap alone cannot tell a copy from a report cut from the same template. Three things can, all read off the shared
passages: copies share long runs of words, templates short ones between the slots; and where both texts read the same
on both sides of a gap, copies have the same figures and names in it, templates others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from workers.stages.deduplicating.documents import Document
from workers.stages.deduplicating.fingerprints import MIN_WORDS, SHINGLE, Hashes

Relation = Literal["copy", "update", "excerpt", "template"]

MIN_JACCARD: Final = 0.20
MIN_CONTAINMENT: Final = 0.60
MIN_AGREEMENT: Final = 0.80  # of figures and names in shared passages and in the gaps between them
MIN_LONG_RUNS: Final = 0.75  # share of the common words that stand in runs of LONG_RUN words or more
LONG_RUN: Final = 12
MAX_GAP: Final = 8  # words; a longer gap is another passage, not a slot
EXCERPT_RATIO: Final = 1.6  # how much longer the whole is than its excerpt


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two texts are related.

    relation     copy      the same report, perhaps reworded, cut a little or with paragraphs added
                 update    the same report with other figures
                 excerpt   nearly all of the shorter text stands in one that is much longer
                 template  they overlap, but figures, names or the pieces differ: the same form, another event
                 None      they share too little to say anything
    jaccard      common five-word runs / all five-word runs of both
    containment  common five-word runs / those of the text that has fewer
    similarity   share of the words of both texts that stand in a common run: what a person is shown
    linked       they belong in one cluster (a template never does)
    """

    relation: Relation | None
    jaccard: float
    containment: float
    similarity: float
    linked: bool


@dataclass(frozen=True, slots=True)
class _Passages:
    """What the texts have in common, seen from both."""

    similarity: float
    long_runs: float
    agreement: float
    changed_figures: int


UNRELATED: Final = Comparison(None, 0.0, 0.0, 0.0, linked=False)
IDENTICAL: Final = Comparison("copy", 1.0, 1.0, 1.0, linked=True)


def compare(a: Document, b: Document) -> Comparison:
    """Compare two prepared texts; symmetric but for rounding."""
    if a.exact == b.exact:
        return IDENTICAL
    if min(a.words, b.words) < MIN_WORDS:
        return UNRELATED
    common = np.intersect1d(a.shingles, b.shingles, assume_unique=True)
    sizes = a.shingles.size, b.shingles.size
    jaccard, containment = common.size / (sum(sizes) - common.size), common.size / min(sizes)
    if jaccard < MIN_JACCARD and containment < MIN_CONTAINMENT:
        return Comparison(None, jaccard, containment, 0.0, linked=False)
    passages = _passages(a, b, common)
    linked = passages.long_runs >= MIN_LONG_RUNS and passages.agreement >= MIN_AGREEMENT
    relation = _relation(containment, max(sizes) / min(sizes), passages) if linked else "template"
    return Comparison(relation, jaccard, containment, passages.similarity, linked)


def _relation(containment: float, ratio: float, passages: _Passages) -> Relation:
    if containment >= MIN_CONTAINMENT and ratio >= EXCERPT_RATIO:
        return "excerpt"
    return "update" if passages.changed_figures else "copy"


def _passages(a: Document, b: Document, common: Hashes) -> _Passages:
    in_a, in_b = _covered(a, common), _covered(b, common)
    figures, names = a.figures | b.figures, a.names | b.names
    shared = {token for token, inside in zip(a.tokens, in_a.tolist(), strict=True) if inside}
    slots = list(_slots(a, b, in_a))
    changed_figures, changed_names = _changed(slots, figures), _changed(slots, names)
    agreeing = len(shared & (figures | names))
    runs = _run_lengths(in_a)
    return _Passages(
        similarity=float(in_a.sum() + in_b.sum()) / (len(a.tokens) + len(b.tokens)),
        long_runs=float(runs[runs >= LONG_RUN].sum() / runs.sum()),
        agreement=(agreeing + 0.5) / (agreeing + changed_figures + changed_names + 0.5),
        changed_figures=changed_figures,
    )


def _covered(document: Document, common: Hashes) -> npt.NDArray[np.bool_]:
    """Mark the tokens that stand in a common shingle."""
    hits = np.isin(document.sequence, common)
    covered = np.zeros(len(document.tokens), np.bool_)
    for offset in range(SHINGLE):
        covered[offset : offset + len(hits)] |= hits
    return covered


def _run_lengths(covered: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Give the lengths of the runs of marked tokens."""
    edges = np.flatnonzero(np.diff(covered, prepend=False, append=False))
    return edges[1::2] - edges[::2]


Slot = tuple[Sequence[str], Sequence[str]]


def _slots(a: Document, b: Document, covered: npt.NDArray[np.bool_]) -> Iterator[Slot]:
    """Give the short gaps between common passages that stand between the same words in both texts."""
    edges = np.flatnonzero(np.diff(covered, prepend=False, append=False)).tolist()
    for start, end in zip(edges[1:-1:2], edges[2::2], strict=True):
        if end - start > MAX_GAP:
            continue
        left, right = (b.places.get(int(a.sequence[place])) for place in (start - SHINGLE, end))
        if left is not None and right is not None and 0 <= right - left - SHINGLE <= MAX_GAP:
            yield a.tokens[start:end], b.tokens[left + SHINGLE : right]


def _changed(slots: Sequence[Slot], kind: frozenset[str]) -> int:
    """Count the different replacements of a figure by another, or a name by another; a repeated one counts once."""
    pairs = ((kind.intersection(here), kind.intersection(there)) for here, there in slots)
    return len({(here, there) for here, there in pairs if here and there and not here & there})
