"""What a story knows of an article: its weighted terms, packed, and how rare each of them is."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

from workers.stages.deduplicating.tokens import is_spaceless, tokenize

STORY_SCHEME: Final = 1  # how terms are made: terms of another scheme must be made again
MAX_TERMS: Final = 300
KEYS: Final = 16  # terms under which a report is indexed
MAX_COUNT: Final = 127
FIGURE: Final = 128  # added to the count of a term with a digit in it
FIGURE_WEIGHT: Final = 2.0  # figures tell look-alikes apart: years, victims, sums
STOPWORDS: Final = frozenset(
    """
    the a an and or but of to in on at for with from by as is are was were be been being it its this that these those
    he she they them his her their who whom which what when where why how not no i you we us our your my me do does did
    done has have had having will would can could may might shall should must said says say also after before over
    under into out up down about than then there here more most some any all one two new just so if only other such
    """.split()
)
ENDINGS: Final = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))

# When a page was printed, which says nothing of what happened, and is of one site and day
STAMP: Final = re.compile(r"\b\d{1,4}([./-])\d{1,2}\1\d{1,4}\b(,?\s+\d{1,2}[:.]\d{2}\b)?")

Hashes = npt.NDArray[np.uint32]
Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Terms:
    """The terms of one text as hashes, ascending, with their counts."""

    hashes: Hashes
    counts: npt.NDArray[np.uint8]

    @cached_property
    def weights(self) -> Weights:
        """The more often the heavier, and figures twice."""
        counts = np.maximum(1, self.counts & MAX_COUNT).astype(np.float32)
        return np.asarray((1 + np.log(counts)) * np.where(self.counts & FIGURE, FIGURE_WEIGHT, 1.0), np.float32)

    def pack(self) -> bytes:
        """Five bytes a term, for a row of the database."""
        return self.hashes.astype("<u4").tobytes() + self.counts.tobytes()


def unpack_terms(packed: bytes) -> Terms:
    """The inverse of `Terms.pack`."""
    size = len(packed) // 5
    return Terms(np.frombuffer(packed, "<u4", size), np.frombuffer(packed, np.uint8, size, offset=4 * size))


def story_terms(text: str, names: Iterable[str] = ()) -> Terms:
    """Give the terms of a text; `names` are the names of the entities that it mentions, as all articles call them."""
    counts = Counter(_words(tokenize(STAMP.sub(" ", text))))
    counts.update({f"={name.casefold()}" for name in names})  # each once: its words are counted already
    by_hash = {}
    for term, count in counts.most_common(MAX_TERMS):
        hashed, figure = _coded(term)
        by_hash[hashed] = min(count, MAX_COUNT) + figure
    hashes = sorted(by_hash)
    return Terms(np.array(hashes, np.uint32), np.array([by_hash[one] for one in hashes], np.uint8))


def term_hash(term: str) -> int:
    """32 bits: two of the fifty thousand terms of a month share one, perhaps."""
    return xxhash.xxh3_64_intdigest(term.encode()) & 0xFFFFFFFF


@lru_cache(maxsize=1 << 16)  # the words of news recur
def _coded(term: str) -> tuple[int, int]:
    """Its hash, and FIGURE if there is a digit in it."""
    return term_hash(term), FIGURE if not term.isalpha() and any(char.isdigit() for char in term) else 0


@dataclass(frozen=True, eq=False)
class Frequencies:
    """In how many of so many reports a term occurs; terms as hashes, ascending. The newest 5,000 reports are plenty."""

    reports: int
    hashes: Hashes
    counts: npt.NDArray[np.int64]

    def weights(self, hashes: Hashes) -> Weights:
        """Give the weight of each term: the rarer the heavier."""
        found = np.zeros(len(hashes))
        if len(self.hashes):
            places = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
            found = np.where(self.hashes[places] == hashes, self.counts[places], 0)
        return np.asarray(math.log(self.reports + 1) - np.log(found + 0.5), np.float32)


def count_terms(reports: Sequence[Terms]) -> Frequencies:
    """Count in how many reports each term occurs."""
    every = np.concatenate([one.hashes for one in reports]) if reports else np.array([], np.uint32)
    hashes, counts = np.unique(every, return_counts=True)
    return Frequencies(len(reports), hashes, counts)


def story_keys(terms: Terms, frequencies: Frequencies) -> tuple[int, ...]:
    """Give the 16 heaviest terms: the reports near to one share at least two of them with it."""
    weights = terms.weights * frequencies.weights(terms.hashes)
    heaviest = np.argsort(-weights, kind="stable")[:KEYS]  # of equal weight, the smaller hash
    return tuple(int(one) for one in terms.hashes[heaviest])


def _words(tokens: Sequence[str]) -> Iterable[str]:
    """Give the terms of a token stream; in scripts without spaces each pair of letters is one."""
    yield from filter(None, map(_term, tokens))
    for left, right in pairwise(tokens):
        if len(left) == len(right) == 1 and is_spaceless(ord(left)) and is_spaceless(ord(right)):
            yield left + right


@lru_cache(maxsize=1 << 16)  # the words of news recur
def _term(token: str) -> str | None:
    """The term that a token stands for, if it says anything."""
    return _stem(token) if token not in STOPWORDS and (len(token) > 1 or token.isdigit()) else None


def _stem(token: str) -> str:
    """Cut common English endings, so that 'arrested' and 'arrests' are one term. Other languages lose little by it."""
    if not token.isascii() or token.isdigit():
        return token
    for ending, instead in ENDINGS:
        if token.endswith(ending) and len(token) - len(ending) >= 4 and not token.endswith("ss"):
            return token[: -len(ending)] + instead
    return token
