"""Stories: clusters of copies that report one event in different words.

What belongs together is a matter of the set of reports, not of the order in which they came: whenever some of them are
new, they and all that is near to them are arranged from nothing (`arrange`), and what comes out takes over the names
of the stories that were there (`Arrangement`). Nothing here reads a database or holds a lock.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import combinations
from typing import Final

import numpy as np

from workers.stages.deduplicating.bisecting import Similarities
from workers.stages.deduplicating.grouping import Matrix, group
from workers.stages.deduplicating.terms import Frequencies, Terms, story_keys

MAX_TOGETHER: Final = 600  # reports that are compared all with all
LEAST_SHARED: Final = 2  # keys of two reports that are looked at together
COMMON: Final = 50  # a key that more reports have says nothing about any two of them
ENDS: Final = timedelta(days=10)  # nothing joins a story that has been silent for so long
HALF_LIFE: Final = timedelta(days=7)


@dataclass(frozen=True, eq=False)
class Report:
    """A cluster of copies, as its display canonical tells it.

    story         the story that it is in, None where it is new
    language      of its text: what is rare depends on it, and stories are told in one
    published_at  what the page says, with time zone; None where it says nothing (the time of fetching is no substitute)
    """

    id: int
    terms: Terms
    published_at: datetime | None = None
    story: int | None = None
    language: str | None = None


@dataclass(frozen=True)
class Arrangement:
    """What becomes of the stories.

    story_of  reports that are to be in another story than they were; a negative number is a story to be made, the same
              number for all its reports
    merged    story -> the older story that it turned out to be (all its reports move, loaded or not)
    """

    story_of: Mapping[int, int]
    merged: Mapping[int, int]


def arrange(reports: Sequence[Report], frequencies: Mapping[str | None, Frequencies]) -> Arrangement:
    """Arrange reports anew, stories and all, and keep the names of the stories as far as they are still there.

    `frequencies` are counted by language: among reports in English, every word of a few in German is rare.
    """
    languages: dict[str | None, list[Report]] = defaultdict(list)
    for one in reports:
        languages[one.language].append(one)
    groups = [
        part
        for language, some in languages.items()
        for near in _near(some, frequencies[language])
        for part in _stories(near, frequencies[language])
    ]
    return _named(sorted(groups, key=lambda part: min(one.id for one in part)))


def _near(reports: Sequence[Report], frequencies: Frequencies) -> list[list[Report]]:
    """Reports that share keys stand together, at most MAX_TOGETHER of them: who shares more, where they are more."""
    waiting = [(_in_fixed_order(reports), LEAST_SHARED)]
    keys = {one.id: story_keys(one.terms, frequencies) for one in reports}
    small: list[list[Report]] = []
    while waiting:
        some, least = waiting.pop()
        for part in _connected(some, keys, least):
            if len(part) <= MAX_TOGETHER:
                small.append(part)
            else:
                waiting.append((part, least + 1))
    return small


def _in_fixed_order(reports: Iterable[Report]) -> list[Report]:
    """By what they say, so that nothing depends on who came first."""
    return sorted(reports, key=lambda one: (blake2b(one.terms.pack()).digest(), one.id))


def _connected(reports: Sequence[Report], keys: Mapping[int, Sequence[int]], least: int) -> list[list[Report]]:
    having: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(reports):
        for key in keys[one.id]:
            having[key].append(place)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for places in having.values():
        if len(places) <= COMMON:
            for pair in combinations(places, 2):
                shared[pair] += 1
    roots = list(range(len(reports)))
    for (low, high), count in shared.items():
        if count >= least:
            first, second = sorted((_root(roots, low), _root(roots, high)))
            roots[second] = first
    parts: dict[int, list[Report]] = defaultdict(list)
    for place, one in enumerate(reports):
        parts[_root(roots, place)].append(one)
    return list(parts.values())


def _root(roots: list[int], place: int) -> int:
    while roots[place] != place:
        roots[place] = roots[roots[place]]
        place = roots[place]
    return place


def _stories(reports: Sequence[Report], frequencies: Frequencies) -> list[list[Report]]:
    if len(reports) == 1:
        return [list(reports)]
    labels = group(similarities([one.terms for one in reports], frequencies), _fading(reports))
    parts: dict[int, list[Report]] = defaultdict(list)
    for label, one in zip(labels.tolist(), reports, strict=True):
        parts[label].append(one)
    return list(parts.values())


def _fading(reports: Sequence[Report]) -> Matrix:
    """1 for two reports of one moment, half of it for every week between them, 0 for more than ENDS."""
    days = np.array([one.published_at.timestamp() / 86_400 if one.published_at else np.nan for one in reports])
    apart = np.nan_to_num(np.abs(days[:, None] - days[None, :]))
    return np.asarray(np.where(apart > ENDS.days, 0.0, 0.5 ** (apart / HALF_LIFE.days)))


def similarities(reports: Sequence[Terms], frequencies: Frequencies) -> Similarities:
    """Give the cosines of all pairs of articles."""
    columns = np.unique(np.concatenate([one.hashes for one in reports]))
    weights = frequencies.weights(columns)
    table = np.zeros((len(reports), len(columns)), np.float32)
    for row, one in enumerate(reports):
        places = np.searchsorted(columns, one.hashes)
        table[row, places] = one.weights * weights[places]
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    return np.asarray(table @ table.T, np.float64)


def _named(groups: Sequence[Sequence[Report]]) -> Arrangement:
    """A story goes where its oldest report goes; where two go into one, the older one stays, with its name."""
    oldest: dict[int, tuple[int, int]] = {}
    for number, reports in enumerate(groups):
        for one in reports:
            if one.story is not None:
                oldest[one.story] = min(oldest.get(one.story, (one.id, number)), (one.id, number))
    names: dict[int, int] = {}
    merged: dict[int, int] = {}
    for story in sorted(oldest):
        number = oldest[story][1]
        if number in names:
            merged[story] = names[number]
        else:
            names[number] = story
    final = {number: names.get(number, -1 - number) for number in range(len(groups))}
    story_of = {
        one.id: final[number]
        for number, reports in enumerate(groups)
        for one in reports
        if one.story is None or merged.get(one.story, one.story) != final[number]
    }
    return Arrangement(story_of, merged)
