"""Stories: clusters of copies that report one event in different words, found online.

Look-alikes are the difficulty: two quakes in one region, two directors leaving two sequels. An article alone rarely
shows which event it is about; a dozen do. So an article joins a story on little evidence, and whatever has changed is
looked at a second time: a story that falls into two halves which share less than their own cohesion promises is split,
two stories which share as much as one would are merged, and lone articles near a grown story join it.

Everything is a value. `Frequencies` is a cache that any process can rebuild from stored terms; a `Story` is loaded with
the terms of its newest members; `arrange` says which article belongs to which story afterwards.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from workers.stages.deduplicating.bisecting import Similarities, halve, kinship
from workers.stages.deduplicating.tokens import is_spaceless, tokenize

STORY_SCHEME: Final = 1  # how terms are made: terms of another scheme must be made again
MAX_TERMS: Final = 300
MAX_MEMBERS: Final = 60  # members of a story that are looked at, the newest
KEYS: Final = 16  # terms under which a member is indexed

JOIN: Final = 0.10  # mean cosine with the members of a story
ABSORB: Final = 0.10  # the same for a lone article that a story has grown towards
MERGE: Final = 0.70  # kinship of two stories that are one (see `kinship`)
SPLIT: Final = 0.55  # kinship of two halves that are two stories
MIN_HALF: Final = 3  # articles in each half: fewer prove nothing
ENDS: Final = timedelta(days=10)  # nothing joins a story that has been silent for so long
HALF_LIFE: Final = timedelta(days=7)

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


@dataclass(frozen=True)
class StoryDoc:
    """What counts of one article, the display canonical of its cluster of copies (copies take no part).

    terms         from `story_terms`, stored with the article
    published_at  what the page says, with time zone; None where it says nothing (the time of fetching is no substitute)
    """

    article_id: int
    terms: Mapping[str, float]
    published_at: datetime | None = None


@dataclass(frozen=True)
class Story:
    """A story with its newest members, at most MAX_MEMBERS, oldest first by article id."""

    id: int
    docs: Sequence[StoryDoc]

    @cached_property
    def last_at(self) -> datetime | None:
        """When the newest article with a date was published."""
        return max((doc.published_at for doc in self.docs if doc.published_at), default=None)


@dataclass(frozen=True)
class Frequencies:
    """In how many of the last so many articles a term occurs; the last 5,000 are plenty."""

    articles: int
    terms: Mapping[str, int]

    def weight(self, term: str) -> float:
        """Give the weight of a term: the rarer the heavier."""
        return math.log((self.articles + 1) / (self.terms.get(term, 0) + 0.5))


@dataclass(frozen=True)
class Arrangement:
    """What becomes of the stories when an article arrives.

    story_of  the story of the new article, and of each article that moves; a negative number is a story to be made, the
              same number for all its articles
    merged    story -> the older story that it turned out to be (all its members move, loaded or not)
    """

    story_of: Mapping[int, int]
    merged: Mapping[int, int]


def story_terms(text: str, names: Iterable[str] = ()) -> dict[str, float]:
    """Give the weighted terms of a text; `names` are the canonical names of the entities that it mentions."""
    counts = Counter(_terms(tokenize(text)))
    counts.update({f"={name.casefold()}" for name in names})  # each once: its words are counted already
    return {term: round(_weight(term, count), 3) for term, count in counts.most_common(MAX_TERMS)}


def count_terms(docs: Iterable[Mapping[str, float]]) -> Frequencies:
    """Count in how many articles each term occurs."""
    articles, terms = 0, Counter[str]()
    for doc in docs:
        articles += 1
        terms.update(doc.keys())
    return Frequencies(articles, terms)


def story_keys(terms: Mapping[str, float], frequencies: Frequencies) -> tuple[str, ...]:
    """Give the 16 heaviest terms: an article's candidates are the stories of articles that share two of them."""
    return tuple(sorted(terms, key=lambda term: (-terms[term] * frequencies.weight(term), term))[:KEYS])


def arrange(doc: StoryDoc, stories: Sequence[Story], frequencies: Frequencies) -> Arrangement:
    """Find the story of a new article among its candidates, and look again at what that changes."""
    table = _Table(doc, stories, frequencies)
    changed = [table.join()]
    while changed:
        story = changed.pop()
        if not len(table.members(story)):  # taken into another since
            continue
        if half := table.split(story):
            changed += [story, half]
        else:
            table.merge(table.absorb(story))
    return table.arrangement()


class _Table:
    """The articles of one call: who is in which story, and how similar they are."""

    def __init__(self, doc: StoryDoc, stories: Sequence[Story], frequencies: Frequencies) -> None:
        fading = {story.id: _fading(doc, story) for story in stories}
        self.fading = fading | {0: 1.0}
        docs = [(member, story.id) for story in stories for member in story.docs[-MAX_MEMBERS:] if fading[story.id] > 0]
        docs = sorted(docs, key=lambda pair: pair[0].article_id)
        self.docs = [member for member, _ in docs] + [doc]
        self.before = [story for _, story in docs] + [0]
        self.now = np.array(self.before)
        self.merged: dict[int, int] = {}
        self.similar = _similarities([member.terms for member in self.docs], frequencies)

    def members(self, story: int) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
        return np.flatnonzero(self.now == story)

    def stories(self, *without: int) -> list[int]:
        return [int(story) for story in np.unique(self.now) if story not in (0, *without)]

    def new(self) -> int:
        return min(0, int(self.now.min())) - 1

    def closeness(self, story: int, other: int) -> float:
        """Mean cosine between the members of two stories (0: the new article)."""
        return float(self.similar[np.ix_(self.members(story), self.members(other))].mean())

    def join(self) -> int:
        """Put the new article into the nearest story, or into one of its own."""
        near = [(self.closeness(0, story) * self.fading[story], -story) for story in self.stories()]
        closeness, story = max(near, default=(0.0, 0))
        self.now[-1] = -story if closeness >= JOIN else self.new()
        return int(self.now[-1])

    def split(self, story: int) -> int | None:
        """Divide a story that is two. The half with its oldest article keeps its name."""
        members = self.members(story)
        kin, leaves = halve(self.similar[np.ix_(members, members)], MIN_HALF)
        if kin >= SPLIT:
            return None
        new = self.new()
        self.now[members[leaves]] = new
        return new

    def absorb(self, story: int) -> int:
        """Take in lone articles and pairs that the story has grown towards; give the name it has then."""
        size = len(self.members(story))
        for other in self.stories(story):
            few = self.members(other)
            if len(few) < min(MIN_HALF, size) and self.closeness(other, story) >= ABSORB:
                story = self._rename(other, story)
        return story

    def merge(self, story: int) -> None:
        """Join the story with the one that is most akin to it, if any is akin enough."""
        size = len(self.members(story))
        kin = [
            (kinship(self.similar, self.members(story), self.members(other)), other)
            for other in self.stories(story)
            if min(size, len(self.members(other))) >= 2 and self.closeness(story, other) >= JOIN * 0.7
        ]
        best, other = max(kin, default=(0.0, 0))
        if best >= MERGE:
            self._rename(other, story)

    def _rename(self, story: int, other: int) -> int:
        """Make one story of two and give its name: the older, which has the smaller id; one to be made never wins."""
        old, new = sorted((story, other), key=lambda number: (number < 0, abs(number)))
        self.now[self.members(new)] = old
        if new > 0:
            self.merged[new] = old
        return old

    def arrangement(self) -> Arrangement:
        merged = {story: self._final(story) for story in self.merged}
        moved = {
            doc.article_id: int(now)
            for doc, before, now in zip(self.docs, self.before, self.now, strict=True)
            if now != before and merged.get(before) != now
        }
        return Arrangement(moved, merged)

    def _final(self, story: int) -> int:
        while story in self.merged:
            story = self.merged[story]
        return story


def _terms(tokens: Sequence[str]) -> Iterable[str]:
    """Give the terms of a token stream; in scripts without spaces each pair of letters is one."""
    for token in tokens:
        if token not in STOPWORDS and (len(token) > 1 or token.isdigit()):
            yield _stem(token)
    for left, right in pairwise(tokens):
        if len(left) == len(right) == 1 and is_spaceless(ord(left)) and is_spaceless(ord(right)):
            yield left + right


def _stem(token: str) -> str:
    """Cut common English endings, so that 'arrested' and 'arrests' are one term. Other languages lose little by it."""
    if not token.isascii() or token.isdigit():
        return token
    for ending, instead in ENDINGS:
        if token.endswith(ending) and len(token) - len(ending) >= 4 and not token.endswith("ss"):
            return token[: -len(ending)] + instead
    return token


def _weight(term: str, count: int) -> float:
    return (1 + math.log(count)) * (FIGURE_WEIGHT if any(char.isdigit() for char in term) else 1.0)


def _fading(doc: StoryDoc, story: Story) -> float:
    """Give 1 for a story of the day, less for an older one, 0 for one that has ended."""
    if doc.published_at is None or story.last_at is None:
        return 1.0
    gap = abs(doc.published_at - story.last_at)
    return 0.0 if gap > ENDS else 0.5 ** (gap / HALF_LIFE)


def _similarities(docs: Sequence[Mapping[str, float]], frequencies: Frequencies) -> Similarities:
    """Give the cosines of all pairs of articles."""
    columns = {term: column for column, term in enumerate(dict.fromkeys(term for doc in docs for term in doc))}
    weights = np.array([frequencies.weight(term) for term in columns])
    table = np.zeros((len(docs), len(columns)))
    for row, doc in enumerate(docs):
        table[row, [columns[term] for term in doc]] = list(doc.values())
    table *= weights
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    return table @ table.T
