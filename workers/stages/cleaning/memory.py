"""Site memory, as one article needs it: which of its blocks of text are furniture of the site, and go.

What is furniture is learnt from all articles of a host (see recurring.py); here it is applied to one of them, with
the guards that keep an article whole: what it repeats by chance or by house style stays.
"""

import re
import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import xxhash

MIN_WORDS: Final = 4  # a shorter block goes only with its neighbours: 'Give now', below an appeal
FIXED_WORDS: Final = 12  # the longest heading, quote or dateline that is one
MOST_OF_TEXT: Final = 0.5  # of the words: a block that is more than this is the article
LEAST_LEFT: Final = 12  # words; where less would be left, it is not the text that is furniture
LEAST_SHARE_LEFT: Final = 0.1
MOST_BLOCKS: Final = 200  # remembered of an article: furniture stands at its head and foot
FOOT: Final = 60  # of these, the last ones

# A place and a source in front of the news; opening quotation marks of the languages that we read.
DATELINE: Final = re.compile(r".{2,60}(?:\([\w /.-]{2,30}\)\s?[-–—:]?|[-–—])$")
QUOTED: Final = re.compile(r"^[\"“„«»‹‘‚「『]")

FIXED, OUT, TAKEN = 1, 2, 4
LAYOUT: Final = struct.Struct("<qHB")


class Trace(NamedTuple):
    """A paragraph without its words.

    `flags`: FIXED is a heading, short quote or dateline, which goes only with what it introduces. OUT is what the
    classifier has removed: it tells of the site, and is not in the text. TAKEN is what memory has removed.
    """

    hash: int
    words: int
    flags: int = 0


@dataclass(frozen=True, slots=True)
class SiteMemory:
    """What is known of a host: the hashes of its furniture.

    `forbidden` blocks always go, `kept` blocks always stay: a person has said so.
    """

    boilerplate: frozenset[int] = frozenset()
    forbidden: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()

    def taken(self, blocks: Sequence[Trace]) -> frozenset[int]:
        """The hashes of what goes from an article that consists of these blocks, in order."""
        shown = [block for block in blocks if not block.flags & OUT]
        forced = {block.hash for block in shown if block.hash in self.forbidden}
        known = {block.hash for block in shown if block.hash in self.boilerplate} - self.kept - forced
        if not known:
            return frozenset(forced)
        going = self._going(shown, known, forced)
        return frozenset(forced | going if _leaves_enough(shown, going) else forced)

    def reason(self, block: int) -> str:
        """Why a block that was taken went."""
        return "forbidden" if block in self.forbidden else "site"

    def _going(self, shown: Sequence[Trace], known: set[int], forced: set[int]) -> set[int]:
        total = sum(block.words for block in shown)
        goes = [
            block.hash in forced
            or (block.hash in known and MIN_WORDS <= block.words <= MOST_OF_TEXT * total and not block.flags & FIXED)
            for block in shown
        ]
        # From the end: what introduces something goes with it, and so does a run of short lines.
        for index in range(len(shown) - 1, -1, -1):
            if not goes[index] and shown[index].hash in known and shown[index].words <= FIXED_WORDS:
                goes[index] = goes[index + 1] if index + 1 < len(shown) else _ends_run(shown, goes, known)
        for index in range(1, len(shown)):
            short = shown[index].hash in known and shown[index].words < MIN_WORDS and not shown[index].flags & FIXED
            goes[index] = goes[index] or (short and goes[index - 1])
        return {block.hash for block, going in zip(shown, goes, strict=True) if going} & known


def _ends_run(shown: Sequence[Trace], goes: Sequence[bool], known: set[int]) -> bool:
    """Whether the last block stands below something that goes, with nothing between but what is known."""
    for index in range(len(shown) - 2, -1, -1):
        if goes[index]:
            return True
        if shown[index].hash not in known:
            return False
    return False


def _leaves_enough(shown: Sequence[Trace], going: set[int]) -> bool:
    total = sum(block.words for block in shown)
    left = sum(block.words for block in shown if block.hash not in going)
    return left >= max(LEAST_LEFT, LEAST_SHARE_LEFT * total)


def remember(texts: Iterable[tuple[str, str]], out: Iterable[str]) -> list[Trace]:
    """The blocks of an article: its lines with their kind (see editing.Line), and those that were removed from it."""
    shown = [_trace(text, FIXED if _is_fixed(text, kind) else 0) for text, kind in texts]
    if len(shown) > MOST_BLOCKS:
        shown = [*shown[: MOST_BLOCKS - FOOT], *shown[-FOOT:]]
    removed = [_trace(text, OUT) for text in out]
    return [*shown, *removed[:FOOT]]


def _trace(text: str, flags: int) -> Trace:
    words = normalise(text)
    return Trace(_hash(words), min(len(words.split()), 0xFFFF), flags)


def _is_fixed(text: str, kind: str) -> bool:
    if text.count(" ") >= FIXED_WORDS:
        return False
    return kind in {"heading", "quote"} or bool(DATELINE.match(text) or QUOTED.match(text))


def mark(blocks: Iterable[Trace], taken: Collection[int]) -> list[Trace]:
    """These blocks, with what memory took marked."""
    return [
        block._replace(flags=block.flags | TAKEN) if block.hash in taken and not block.flags & OUT else block
        for block in blocks
    ]


def marked(blocks: Iterable[Trace]) -> frozenset[int]:
    """The hashes of what memory took."""
    return frozenset(block.hash for block in blocks if block.flags & TAKEN)


def pack(blocks: Iterable[Trace]) -> bytes:
    """Blocks as bytes, the same on every machine."""
    return b"".join(LAYOUT.pack(*block) for block in blocks)


def unpack(packed: bytes) -> list[Trace]:
    """What `pack` was given."""
    return [Trace(*values) for values in LAYOUT.iter_unpack(packed)]


def normalise(text: str) -> str:
    """Words in lower case, every number alike: the same block with another count or date is the same block."""
    return re.sub(r"\d+", "0", re.sub(r"\W+", " ", text).strip().casefold())


def block_hash(text: str) -> int:
    """Signed 64 bits that stand for a block on every machine."""
    return _hash(normalise(text))


def _hash(words: str) -> int:
    return int.from_bytes(xxhash.xxh3_64_digest(words.encode()), "big", signed=True)
