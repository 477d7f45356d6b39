"""Whether two texts are copies: how much they share, in what pieces, and whether figures and names agree there.

Overlap alone cannot tell a copy from a report cut from the same template. Three things can, all read off the shared
passages: copies share long runs of words, templates short ones between the slots; and where both texts read the same
on both sides of a gap, copies have the same figures and names in it, templates others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import compress
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from workers.stages.deduplicating.documents import Document
from workers.stages.deduplicating.fingerprints import MIN_WORDS, SHINGLE, Hashes

Relation = Literal["copy", "update", "excerpt", "template"]

ENOUGH: Final = 0.24  # Jaccard from which overlap alone makes two texts worth a closer look
FAINT: Final = 0.18  # Jaccard that is enough if leads and facts are shared: copies that are cut and reworded at once
HELD: Final = 0.60  # containment that is enough under the same conditions: excerpts
STRONG: Final = 0.60  # Jaccard that excuses shorter runs and more changes
SAME_SITE: Final = 0.35  # Jaccard that two articles of one site need: they share its furniture
LEAD: Final = 40  # the first words of a text; a shared quote or footer stands under leads of their own
MIN_LEAD: Final = 0.30  # share of the lead that is common
MIN_FACTS: Final = 0.50  # share of the figures and names of the text with fewer that stand anywhere in the other
EXCERPT_OVERLAP: Final = 0.30  # Jaccard under which the whole must begin like its excerpt, or it merely quotes it
MIN_AGREEMENT: Final = 0.85  # of figures and names in common passages and in the gaps between them
MIN_AGREEMENT_STRONG: Final = 0.70
MIN_AGREEMENT_LATE: Final = 0.95  # the same if they are far apart: new figures then mean the next edition
LATE: Final = timedelta(days=2)
MIN_LONG_RUNS: Final = 0.75  # share of the common words that stand in runs of LONG_RUN words or more
MIN_LONG_RUNS_STRONG: Final = 0.60
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
class _Overlap:
    """How much two texts share; `ratio`: the longer one's shingles / the shorter one's."""

    jaccard: float
    containment: float
    ratio: float


@dataclass(frozen=True, slots=True)
class _Passages:
    """What they share. `leads`: common share of the first words, the lesser text first; `facts`: see MIN_FACTS."""

    similarity: float
    leads: tuple[float, float]
    facts: float
    long_runs: float
    agreement: float
    changed_figures: int


UNRELATED: Final = Comparison(None, 0.0, 0.0, 0.0, linked=False)
IDENTICAL: Final = Comparison("copy", 1.0, 1.0, 1.0, linked=True)


def compare(a: Document, b: Document, *, same_site: bool = False, apart: timedelta | None = None) -> Comparison:
    """Compare two prepared texts, in whatever order.

    `same_site`: both were published on one host; `apart`: the time between them, None where a page does not say.
    """
    if a.exact == b.exact:
        return IDENTICAL
    if min(a.words, b.words) < MIN_WORDS:
        return UNRELATED
    if a.exact > b.exact:  # gaps are looked at from one of the two texts: the same one in either order
        a, b = b, a
    common = np.intersect1d(a.shingles, b.shingles, assume_unique=True)
    overlap = _overlap(common.size, a.shingles.size, b.shingles.size)
    least = SAME_SITE if same_site else FAINT
    if overlap.jaccard < least and (same_site or overlap.containment < HELD):
        return Comparison(None, overlap.jaccard, overlap.containment, 0.0, linked=False)
    passages = _passages(a, b, common)
    relation = _relation(overlap, passages, is_late=apart is not None and abs(apart) > LATE)
    linked = relation not in (None, "template")
    return Comparison(relation, overlap.jaccard, overlap.containment, passages.similarity, linked)


def _overlap(common: int, size: int, other: int) -> _Overlap:
    return _Overlap(common / (size + other - common), common / min(size, other), max(size, other) / min(size, other))


def _relation(overlap: _Overlap, passages: _Passages, *, is_late: bool) -> Relation | None:
    is_excerpt = overlap.containment >= HELD and overlap.ratio >= EXCERPT_RATIO
    if not _is_one_text(overlap, passages, is_excerpt):
        return None
    if not _agrees(overlap, passages) or (is_late and passages.agreement < MIN_AGREEMENT_LATE):
        return "template"
    if is_excerpt:
        return "excerpt"
    return "update" if passages.changed_figures else "copy"


def _is_one_text(overlap: _Overlap, passages: _Passages, is_excerpt: bool) -> bool:
    """Whether what is common makes up the texts, and is not a quote or a footer that both have."""
    fewer, more = passages.leads
    if overlap.jaccard < ENOUGH:
        return fewer >= MIN_LEAD and passages.facts >= MIN_FACTS
    if is_excerpt and overlap.jaccard < EXCERPT_OVERLAP:
        return fewer >= MIN_LEAD
    return overlap.jaccard >= STRONG or more >= MIN_LEAD


def _agrees(overlap: _Overlap, passages: _Passages) -> bool:
    if overlap.jaccard >= STRONG:
        return passages.long_runs >= MIN_LONG_RUNS_STRONG and passages.agreement >= MIN_AGREEMENT_STRONG
    return passages.long_runs >= MIN_LONG_RUNS and passages.agreement >= MIN_AGREEMENT


def _passages(a: Document, b: Document, common: Hashes) -> _Passages:
    in_a, in_b = _covered(a, common), _covered(b, common)
    figures, names = a.figures | b.figures, a.names | b.names
    facts_a, facts_b = ((figures | names).intersection(document.tokens) for document in (a, b))
    slots = list(_slots(a, b, in_a))
    changed_figures, changed_names = _changed(slots, figures), _changed(slots, names)
    agreeing = len(facts_a.intersection(compress(a.tokens, in_a.tolist())))
    runs = _run_lengths(in_a)
    fewer, more = sorted((float(in_a[:LEAD].mean()), float(in_b[:LEAD].mean())))
    return _Passages(
        similarity=float(in_a.sum() + in_b.sum()) / (len(a.tokens) + len(b.tokens)),
        leads=(fewer, more),
        facts=(len(facts_a & facts_b) + 0.5) / (min(len(facts_a), len(facts_b)) + 0.5),
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
