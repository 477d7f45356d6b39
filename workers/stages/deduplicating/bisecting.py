"""Whether a group of articles is one story or two: how much its halves share, measured by their own cohesion.

The mean cosine between two halves says little: short articles share less than long ones, whatever they are about.
Divided by the mean cosines inside the halves (an article with itself left out) the noise cancels: 1 for two random
halves of one story, however short its articles, and about .5 or less for two stories that look alike.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Similarities = npt.NDArray[np.float64]
Members = npt.NDArray[np.intp]
Half = npt.NDArray[np.bool_]

STARTS: Final = 12  # pairs of least similar articles from which a division is tried
ROUNDS: Final = 10
UNKNOWN: Final = 9.0  # kinship where there are too few articles to say


def cohesion(similar: Similarities) -> float:
    """Give the mean similarity of different members."""
    size = len(similar)
    return float((similar.sum() - np.trace(similar)) / max(1, size * (size - 1)))


def kinship(similar: Similarities, here: Members, there: Members) -> float:
    """Give the mean similarity between two groups, divided by the geometric mean of their cohesions."""
    inside = cohesion(similar[np.ix_(here, here)]) * cohesion(similar[np.ix_(there, there)])
    return float(similar[np.ix_(here, there)].mean() / np.sqrt(max(1e-9, inside)))


def halve(similar: Similarities, least: int) -> tuple[float, Half]:
    """Divide a group where its parts share least: their kinship, and who leaves (never the first member).

    UNKNOWN if no division leaves `least` members on both sides.
    """
    size = len(similar)
    best, half = UNKNOWN, np.zeros(size, np.bool_)
    if size < 2 * least:
        return best, half
    rows, columns = np.tril_indices(size, -1)
    for pair in np.argsort(similar[rows, columns])[:STARTS]:
        side = _settle(similar, int(rows[pair]), int(columns[pair]))
        if min(side.sum(), size - side.sum()) < least:
            continue
        kin = kinship(similar, np.flatnonzero(~side), np.flatnonzero(side))
        if kin < best:
            best, half = kin, side
    return best, ~half if half[0] else half


def _settle(similar: Similarities, here: int, there: int) -> Half:
    """Divide around two members, then move each to the side that it is nearer to, until nobody moves."""
    others = similar - np.diag(np.diag(similar))
    side = others[:, there] > others[:, here]
    side[here], side[there] = False, True
    for _ in range(ROUNDS):
        nearer = _mean(others, side) > _mean(others, ~side)
        if (nearer == side).all() or nearer.all() or not nearer.any():
            break
        side = nearer
    return side


def _mean(others: Similarities, side: Half) -> npt.NDArray[np.float64]:
    """Mean similarity of each member with one side, itself left out."""
    return np.asarray(others[:, side].sum(axis=1) / np.maximum(1, side.sum() - side))
