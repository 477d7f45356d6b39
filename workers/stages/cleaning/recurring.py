"""Site memory, as it is learnt: which blocks recur over a host's articles so that they are furniture.

A pure function of the articles: whoever learns from the same ones, in whatever order they came, learns the same.

A block is furniture if at least LEAST articles that have nothing else to do with each other have it, and a fifth of
the host's articles between the first and the last that has it (or of WIDTH of them, where those lie closer). So a
retired appeal stays known, and a sentence of background that an agency repeats for a week does not become furniture.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workers.stages.cleaning.memory import OUT, Trace

LEAST: Final = 4  # articles: for each of them, three others have it
SHARE: Final = 0.2
WIDTH: Final = 50
SAME: Final = 0.3  # of the words that are an article's own: two that share more are versions of one
OWN: Final = 0.3  # an article of which less is its own says nothing: it may be a copy
SAME_TITLE: Final = 2 / 3  # of the words of two titles together
LEAST_TITLE: Final = 3  # words
RARE: Final = 20  # articles; what more have in common does not make versions of them
SILENT: Final = -1  # the group of articles that say nothing of their own


@dataclass(frozen=True, slots=True)
class Seen:
    """An article as memory sees it. `id` gives the order."""

    id: int
    title: str
    blocks: Sequence[Trace]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A block that recurs: in how many distinct articles, in which first and last, and whether it is furniture."""

    hash: int
    words: int
    articles: int
    first_id: int
    last_id: int
    boilerplate: bool


def learn(articles: Iterable[Seen], least: int = LEAST - 1) -> list[Recurrence]:
    """The blocks that at least `least` distinct articles of a host have, in the order of their hashes."""
    seen = sorted(articles, key=lambda one: one.id)
    having = _having(seen)
    common = {block for block, places in having.items() if _is_common(places, len(seen))}
    groups = _groups(seen, having, common)
    words = {block.hash: block.words for one in seen for block in one.blocks if block.hash in having}
    found: list[Recurrence] = []
    for block in sorted(having):
        places = having[block]
        distinct = len({groups[place] for place in places})
        if distinct >= least:
            boilerplate = block in common and distinct >= LEAST
            ends = seen[places[0]].id, seen[places[-1]].id
            found.append(Recurrence(block, words[block], distinct, *ends, boilerplate))
    return found


def _having(seen: Sequence[Seen]) -> dict[int, list[int]]:
    """Places of the articles that have each block, of those that two have."""
    having: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(seen):
        for block in {block.hash for block in one.blocks if block.words}:
            having[block].append(place)
    return {block: places for block, places in having.items() if len(places) > 1}


def _is_common(places: Sequence[int], articles: int) -> bool:
    width = max(places[-1] - places[0] + 1, min(WIDTH, articles))
    return len(places) >= LEAST and len(places) >= SHARE * width


def _groups(seen: Sequence[Seen], having: Mapping[int, Sequence[int]], common: set[int]) -> list[int]:
    """For each article the group it counts in: versions and copies of one article are one."""
    parents = list(range(len(seen)))

    def root(place: int) -> int:
        while parents[place] != place:
            place = parents[place] = parents[parents[place]]
        return place

    silent = {place for place, one in enumerate(seen) if not _says_something(one, common)}
    for first, second in (*_same_titles(seen), *_versions(seen, having, common)):
        if not silent & {first, second}:
            a, b = root(first), root(second)
            parents[max(a, b)] = min(a, b)
    return [SILENT if place in silent else root(place) for place in range(len(seen))]


def _says_something(one: Seen, common: set[int]) -> bool:
    """An article that has next to nothing of its own may be a copy: all such together count as one."""
    own = sum(block.words for block in one.blocks if _is_own(block, common))
    return own > OWN * sum(block.words for block in one.blocks if not block.flags & OUT)


def _same_titles(seen: Sequence[Seen]) -> Iterable[tuple[int, int]]:
    """Articles that are called the same, or nearly, and share a good part of all they say."""
    titles = [frozenset(re.findall(r"\w+", one.title.casefold())) for one in seen]
    for first, second in _near(titles):
        alike = len(titles[first] & titles[second]) >= SAME_TITLE * len(titles[first] | titles[second])
        if alike and _share(seen[first], seen[second]) >= SAME:
            yield first, second


def _near(titles: Sequence[frozenset[str]]) -> set[tuple[int, int]]:
    """Places of titles that have one of their rarer words in common."""
    by_word: dict[str, list[int]] = defaultdict(list)
    for place, words in enumerate(titles):
        for word in words if len(words) >= LEAST_TITLE else ():
            by_word[word].append(place)
    return {
        (first, second)
        for places in by_word.values()
        for index, first in enumerate(places[:RARE])
        for second in places[index + 1 : RARE]
    }


def _share(first: Seen, second: Seen) -> float:
    """The part of the shorter article that is in the other one too."""
    a, b = ({block.hash: block.words for block in one.blocks if not block.flags & OUT} for one in (first, second))
    return sum(a[block] for block in a.keys() & b.keys()) / max(1, min(sum(a.values()), sum(b.values())))


def _versions(seen: Sequence[Seen], having: Mapping[int, Sequence[int]], common: set[int]) -> Iterable[tuple[int, int]]:
    """Articles that share a good part of what is their own."""
    own = [{block.hash: block.words for block in one.blocks if _is_own(block, common)} for one in seen]
    shared: Counter[tuple[int, int]] = Counter()
    for block, places in having.items():
        holders = [place for place in places if block in own[place]] if len(places) <= RARE else []
        for index, first in enumerate(holders):
            for second in holders[index + 1 :]:
                shared[first, second] += own[first][block]
    for (first, second), words in shared.items():
        if words >= SAME * min(sum(own[first].values()), sum(own[second].values())):
            yield first, second


def _is_own(block: Trace, common: set[int]) -> bool:
    return not block.flags & OUT and block.hash not in common
