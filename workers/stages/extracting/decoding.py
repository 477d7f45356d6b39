"""From tag scores to spans: the best tags that make whole names, none of which crosses a line end."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workers.stages.extracting.mentions import KINDS, Span
from workers.stages.extracting.words import Words

Scores = NDArray[np.float32]

TAGS: Final = 1 + 2 * len(KINDS)  # outside, then begin and inside of each type
CERTAIN: Final = -0.02  # log probability of "outside" from which a word parts what is left of it from what is right
NEVER: Final = -1e4


def transitions() -> Scores:
    """What it costs to go from one tag to the next: nothing, or everything."""
    cost = np.zeros((TAGS, TAGS), np.float32)
    for kind in range(len(KINDS)):
        begin, inside = 1 + 2 * kind, 2 + 2 * kind
        cost[:, inside] = NEVER
        cost[begin, inside] = cost[inside, inside] = 0
    return cost


COST: Final = transitions()
FIRST: Final = COST[0]


def spans(words: Words, scores: Scores) -> list[Span]:
    """The names that the scores speak for."""
    found: list[Span] = []
    for start, end in doubtful(words.lines, scores):
        found.extend(read(words, scores, start, best(scores[start:end])))
    return found


def doubtful(lines: list[int], scores: Scores) -> Iterator[tuple[int, int]]:
    """Stretches of words of one line that may hold a name."""
    open_words = np.flatnonzero(scores[:, 0] < CERTAIN).tolist()
    if not open_words:
        return
    start = open_words[0]
    for left, right in pairwise(open_words):
        if right != left + 1 or lines[left] != lines[right]:
            yield start, left + 1
            start = right
    yield start, open_words[-1] + 1


def best(scores: Scores) -> list[int]:
    """The likeliest legal tags (Viterbi)."""
    if len(scores) == 1:
        return [int((scores[0] + FIRST).argmax())]
    total = scores[0] + FIRST
    came = np.zeros(scores.shape, np.int64)
    for at in range(1, len(scores)):
        ways = total[:, None] + COST
        came[at] = ways.argmax(0)
        total = ways.max(0) + scores[at]
    path = [int(total.argmax())]
    for at in range(len(scores) - 1, 0, -1):
        path.append(int(came[at][path[-1]]))
    return path[::-1]


def read(words: Words, scores: Scores, offset: int, tags: list[int]) -> Iterator[Span]:
    """The spans of legal tags."""
    start: int | None = None
    for at, tag in enumerate([*tags, 0]):
        if start is not None and (tag == 0 or tag % 2 == 1):
            yield made(words, scores, offset + start, offset + at, tags[start])
            start = None
        if tag % 2 == 1:
            start = at


def made(words: Words, scores: Scores, first: int, last: int, tag: int) -> Span:
    """One span, with what the network thinks of each type."""
    mass: Any = np.exp(scores[first:last, 1:]).reshape(last - first, len(KINDS), 2).sum(2).mean(0)
    kind = (tag - 1) // 2
    odds = tuple(float(share) for share in mass)
    return Span(words.starts[first], words.ends[last - 1], KINDS[kind], odds[kind], odds)
