"""Which articles of a group of near ones report one event: from nothing but the articles, in whatever order they came.

1. Articles are joined from the bottom up, the nearest groups first, as long as two are near enough on average.
2. That alone confuses look-alikes (two quakes in one region): a group that falls into two halves which share less than
   their own cohesion promises is divided, and two groups which share as much as one would are joined, in turns.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from workers.stages.deduplicating.bisecting import Similarities, halve

JOIN: Final = 0.14  # mean cosine of two groups that are joined at first
NEAR: Final = 0.07  # the least mean cosine of two groups that are one
ABSORB: Final = 0.10  # the same where one has too few articles for a kinship to say anything
MERGE: Final = 0.70  # kinship of two groups that are one (see bisecting)
SPLIT: Final = 0.55  # kinship of two halves that are two stories
MIN_HALF: Final = 3  # articles in each half: fewer prove nothing
TURNS: Final = 5

Labels = npt.NDArray[np.intp]
Matrix = npt.NDArray[np.float64]


def group(similar: Similarities, fading: Matrix) -> Labels:
    """Give each article the number of its group.

    `similar`: cosines of all pairs. `fading`: 1 for two articles of one day, less the farther apart, 0 where too far.
    """
    labels = _join(similar * fading)
    for _ in range(TURNS):
        before = labels
        labels = _merge(similar, fading, _split(similar, labels))
        if _same(before, labels):
            break
    return labels


def _join(near: Similarities) -> Labels:
    """Average linkage: the two nearest groups become one, until none are nearer than JOIN."""
    near = near.copy()
    np.fill_diagonal(near, -1)
    sizes, labels = np.ones(len(near)), np.arange(len(near))
    while len(near) > 1:
        one, other = divmod(int(near.argmax()), len(near))
        if near[one, other] < JOIN:
            break
        total = sizes[one] + sizes[other]
        near[one] = (near[one] * sizes[one] + near[other] * sizes[other]) / total
        near[:, one] = near[one]
        near[one, one] = -1
        near[other] = near[:, other] = -1
        sizes[one] = total
        labels[labels == other] = one
    return labels


def _split(similar: Similarities, labels: Labels) -> Labels:
    labels, waiting = labels.copy(), [int(one) for one in np.unique(labels)]
    while waiting:
        members = np.flatnonzero(labels == waiting[-1])
        kin, leaves = halve(similar[np.ix_(members, members)], MIN_HALF)
        if kin >= SPLIT:
            waiting.pop()
            continue
        waiting.append(int(labels.max()) + 1)
        labels[members[leaves]] = waiting[-1]
    return labels


def _merge(similar: Similarities, fading: Matrix, labels: Labels) -> Labels:
    """Join the two groups that are most akin, until none are akin enough."""
    while True:
        names, places = np.unique(labels, return_inverse=True)
        akin = _kinships(similar, fading, places, len(names))
        one, other = divmod(int(akin.argmax()), len(names))
        if akin[one, other] < MERGE:
            return labels
        labels = np.where(labels == names[other], names[one], labels)


def _kinships(similar: Similarities, fading: Matrix, places: Labels, size: int) -> Matrix:
    """How akin any two groups are; for a small one, how near it is, on the same scale."""
    belongs = np.zeros((len(places), size))
    belongs[np.arange(len(places)), places] = 1
    sizes = belongs.sum(axis=0)
    mean = belongs.T @ similar @ belongs / np.outer(sizes, sizes)
    own = belongs.T @ np.diag(similar)  # no article is compared with itself
    cohesion = (np.diag(mean) * sizes**2 - own) / np.maximum(1, sizes * (sizes - 1))
    kinship = mean / np.sqrt(np.maximum(1e-9, np.outer(cohesion, cohesion)))
    closest = _closest(fading, places, size)
    near = mean * closest
    lesser = np.minimum.outer(sizes, sizes)
    kinship = np.where(near >= NEAR, kinship, 0.0)
    absorbed = np.where(near >= ABSORB, near / ABSORB * MERGE, 0.0)
    akin = np.where(lesser >= MIN_HALF, kinship, np.where(lesser >= 2, np.maximum(kinship, absorbed), absorbed))
    akin = np.where(near >= ABSORB, akin, np.where(lesser >= MIN_HALF, akin, 0.0))
    np.fill_diagonal(akin, 0.0)
    return akin


def _closest(fading: Matrix, places: Labels, size: int) -> Matrix:
    """How little two groups have faded from each other, where they are nearest in time."""
    if (fading == 1).all():
        return np.ones((size, size))
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(size))
    rows = np.maximum.reduceat(fading[order], starts, axis=0)
    return np.maximum.reduceat(rows[:, order], starts, axis=1)


def _same(before: Labels, after: Labels) -> bool:
    pairs = len(set(zip(before.tolist(), after.tolist(), strict=True)))
    return pairs == len(np.unique(before)) == len(np.unique(after))
