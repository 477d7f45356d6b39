"""What the database stores of a text so that its copies find it: one exact key and up to 24 near-duplicate keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

from workers.stages.deduplicating.tokens import count_words, tokenize

SCHEME: Final = 1  # how keys are made; keys of another scheme are not comparable and must be rebuilt
SHINGLE: Final = 5  # tokens per shingle
KEYS: Final = 24
MIN_WORDS: Final = 30  # shorter texts are copies only if they are equal

Hashes = npt.NDArray[np.uint64]

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, so that it has an inverse and no token is lost


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The index keys of one text.

    scheme  the version of the key scheme: look for candidates among keys of the same scheme only
    exact   signed 64-bit hash of all tokens; equal for texts that differ in case, punctuation and layout only
    keys    the 24 smallest hashes of its word 5-grams, signed 64-bit, ascending; () for texts under 30 words,
            which have copies by the exact key only
    words   words of the text (two letters count as a word where a script has no spaces)
    """

    scheme: int
    exact: int
    keys: tuple[int, ...]
    words: int


def fingerprint(text: str) -> Fingerprint:
    """Give the keys under which a text is stored and looked up."""
    tokens = tokenize(text)
    words = count_words(tokens)
    keys = smallest(np.unique(shingle_hashes(tokens))) if words >= MIN_WORDS else ()
    return Fingerprint(SCHEME, exact_key(tokens), keys, words)


def exact_key(tokens: Sequence[str]) -> int:
    """Hash the whole token stream into a signed 64-bit number."""
    return signed(xxhash.xxh3_64_intdigest(" ".join(tokens).encode()))


def signed(number: int) -> int:
    """Read an unsigned 64-bit number as the signed one that a BIGINT column holds."""
    return number - (1 << 64) if number >= 1 << 63 else number


def smallest(hashes: Hashes) -> tuple[int, ...]:
    """Give the 24 smallest of sorted hashes as signed numbers."""
    return tuple(hashes[:KEYS].view(np.int64).tolist())


def shingle_hashes(tokens: Sequence[str]) -> Hashes:
    """Hash each run of five tokens, in order of the text (a shorter text is one shingle)."""
    encoded = " ".join(tokens).encode().split()  # one encoding for all
    words = np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), np.uint64, len(encoded))
    size = min(SHINGLE, len(words))
    count = len(words) - size + 1 if size else 0
    total = np.zeros(count, np.uint64)
    for offset in range(size):
        total = total * _MULTIPLIER + words[offset : offset + count]
    return _mix(total)


def _mix(hashes: Hashes) -> Hashes:
    """Splitmix64's finaliser: the smallest hashes of a text become a fair sample of its shingles."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))
