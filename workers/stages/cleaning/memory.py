"""Site memory: which blocks of text a host puts into article after article."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import xxhash


@dataclass(frozen=True, slots=True)
class SiteMemory:
    """What is known of a host: for each block the number of distinct earlier articles that had it.

    `forbidden` blocks always go, `kept` blocks always stay: a person has said so.
    """

    articles: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)
    forbidden: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()


def normalise(text: str) -> str:
    """Words in lower case, every number alike: the same block with another count or date is the same block."""
    return re.sub(r"\d+", "0", re.sub(r"\W+", " ", text).strip().casefold())


def block_hash(text: str) -> int:
    """Signed 64 bits that stand for a block on every machine."""
    return int.from_bytes(xxhash.xxh3_64_digest(normalise(text).encode()), "big", signed=True)
