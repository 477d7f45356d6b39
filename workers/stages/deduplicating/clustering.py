"""Which articles form one cluster of copies: the rule for a new article, and for what is left when one goes.

A cluster is known by its root, the smallest article id that is or was in it; every article starts as a cluster of its
own. Nothing here reads a database or holds a lock: `decide` proposes, the caller locks the roots it names in ascending
order, checks that they are still roots, and applies; if one has moved on meanwhile, it loads and decides again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final

import numpy as np

from workers.stages.deduplicating.comparing import HELD, LEAD, MIN_LEAD, Comparison, compare
from workers.stages.deduplicating.documents import Document
from workers.stages.deduplicating.fingerprints import MIN_WORDS

CERTAIN: Final = 0.85  # Jaccard of a copy that no vote overrules
SHORTER: Final = 0.80  # a text is part of a round-up if HELD of it is in there, and it is so much shorter
STRANGERS: Final = 0.10  # two texts that share less (of the shorter one) have nothing to do with each other


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article with its prepared text and the root of the cluster that it is in at the moment.

    host          where it was published: two articles of one site share its furniture
    published_at  what the page says, with time zone; None where it says nothing (the time of fetching is no substitute)
    """

    article_id: int
    cluster: int
    document: Document
    host: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that the article or a candidate is in.

    root     its id
    members  its display canonical first, then those with the smallest ids, at most 8 in all
    size     how many articles it has, loaded or not
    """

    root: int
    members: Sequence[Candidate]
    size: int


@dataclass(frozen=True, slots=True)
class Link:
    """The evidence between two articles, `a` < `b`. `comparison.linked` false (template): kept, joins nothing."""

    a: int
    b: int
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be stored for one article.

    roots     clusters that become one, ascending, the article's own among them: the first stays, the others point to
              it (`merged_into`); () if the article joins nothing
    links     evidence to keep, each pair once
    roundups  articles found to be round-ups, the article itself or candidates: such a one leaves its cluster (which is
              put together again by `regroup`), is a cluster of its own, has no near-duplicate keys and no links
    witnesses the articles on whose word `roots` rests: if one of them has meanwhile changed its cluster, become a
              round-up or lost its text, load and decide again
    """

    roots: tuple[int, ...]
    links: tuple[Link, ...]
    roundups: tuple[int, ...]
    witnesses: tuple[int, ...] = ()


def decide(article: Candidate, candidates: Sequence[Candidate], clusters: Mapping[int, Cluster]) -> Decision:
    """Decide what a new article joins.

    `candidates` are the articles that share keys with it, in any order, without itself; `clusters` has the cluster of
    each of them and the article's own, by root.
    """
    if _is_roundup(article, candidates):
        return Decision((), (), (article.article_id,))
    roundups = {candidate.article_id for candidate in candidates if _was_roundup(candidate, article, clusters)}
    found = [
        (candidate, _compare(article, candidate)) for candidate in candidates if candidate.article_id not in roundups
    ]
    links = tuple(_link(article, candidate, comparison) for candidate, comparison in found if comparison.relation)
    matches = _trusted(found)
    roots = _join(article, matches, clusters)
    witnesses = tuple(sorted(candidate.article_id for candidate, _ in matches if candidate.cluster in roots))
    return Decision(roots, links, tuple(sorted(roundups)), witnesses)


def regroup(members: Iterable[int], links: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Give each member of a cluster its root, after an article left it: who is still connected stays together.

    `links` are the linked pairs among the members (other pairs are passed over).
    """
    roots = {member: member for member in members}
    for a, b in links:
        if a in roots and b in roots:
            low, high = sorted((_root(roots, a), _root(roots, b)))
            roots[high] = low
    return {member: _root(roots, member) for member in roots}


def _root(roots: Mapping[int, int], member: int) -> int:
    while roots[member] != member:
        member = roots[member]
    return member


def _link(article: Candidate, other: Candidate, comparison: Comparison) -> Link:
    a, b = sorted((article.article_id, other.article_id))
    return Link(a, b, comparison)


def _compare(a: Candidate, b: Candidate) -> Comparison:
    apart = a.published_at - b.published_at if a.published_at and b.published_at else None
    return compare(a.document, b.document, same_site=bool(a.host) and a.host == b.host, apart=apart)


Match = tuple[Candidate, Comparison]


def _trusted(found: Sequence[Match]) -> list[Match]:
    """Give the matches, without those in clusters of which more members are the same form about another event."""
    votes: Counter[int] = Counter()
    for candidate, comparison in found:
        votes[candidate.cluster] += comparison.linked - (comparison.relation == "template")
    return [
        (candidate, comparison)
        for candidate, comparison in found
        if comparison.linked and (votes[candidate.cluster] > 0 or comparison.jaccard >= CERTAIN)
    ]


def _join(article: Candidate, matches: Sequence[Match], clusters: Mapping[int, Cluster]) -> tuple[int, ...]:
    """Join the cluster of the best match, and merge others with it only on more than one article's word."""
    if not matches:
        return ()
    best = max(matches, key=lambda match: (match[1].jaccard, match[1].containment, -match[0].article_id))[0].cluster
    hits = Counter(candidate.cluster for candidate, _ in matches)
    joined = {best} | {
        root
        for root in {article.cluster, *hits} - {best}
        if _may_merge(clusters[root], clusters[best], hits[root] + (root == article.cluster))
    }
    return tuple(sorted(joined)) if len(joined) > 1 and article.cluster in joined else ()


def _may_merge(cluster: Cluster, best: Cluster, hits: int) -> bool:
    """One article that matches both may be a chain; half of the cluster or both canonicals are not."""
    return 2 * hits >= cluster.size or _compare(cluster.members[0], best.members[0]).linked


def _is_roundup(article: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether it holds most of two texts that have nothing to do with each other."""
    held = defaultdict(list)
    for other in others:
        if _holds(article.document, other.document):
            held[other.cluster].append(other.document)
    return any(
        _share(a, b) < STRANGERS for here, there in combinations(held.values(), 2) for a in here[:2] for b in there[:2]
    )


def _was_roundup(candidate: Candidate, article: Candidate, clusters: Mapping[int, Cluster]) -> bool:
    """Whether a candidate holds the article and also a stranger to it that joined the candidate earlier."""
    if not _holds(candidate.document, article.document):
        return False
    return any(
        _holds(candidate.document, member.document) and _share(member.document, article.document) < STRANGERS
        for member in clusters[candidate.cluster].members
        if member.article_id not in (candidate.article_id, article.article_id)
    )


def _holds(whole: Document, part: Document) -> bool:
    """Whether a text has most of a shorter one, its beginning included (a footer that both have is no text)."""
    if part.words < MIN_WORDS or part.shingles.size > SHORTER * whole.shingles.size:
        return False
    return _share(whole, part) >= HELD and bool(np.isin(part.sequence[:LEAD], whole.shingles).mean() >= MIN_LEAD)


def _share(a: Document, b: Document) -> float:
    """Containment: common shingles / shingles of the smaller text."""
    common = np.intersect1d(a.shingles, b.shingles, assume_unique=True).size
    return float(common / max(1, min(a.shingles.size, b.shingles.size)))
