"""Copies: the index of near-duplicate keys, the clusters, and the evidence.

Two commits keep two copies that are processed at once from missing each other: `store_keys` is part of the clean
stage's commit, `load` looks for candidates in a later transaction. Both have committed before either looks, so
whoever looks second sees the other. Clusters are changed only under a lock of their roots, taken in order of ids.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, or_, select, text, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from shared import stories
from shared.database import insert_given, is_sqlite, now, select_given
from shared.models import article, cluster, duplicate_key, duplicate_link, host

LEAST_SHARED = 2  # keys, of 24
NEWEST_PER_KEY = 8  # articles read per key: boilerplate cannot make a look-up slow
MOST_CANDIDATES = 20
MOST_MEMBERS = 8  # of a cluster, compared with

# For each article the others that share keys with it. Both read at most NEWEST_PER_KEY + 1 rows per key.
CANDIDATES_POSTGRESQL = """
    select mine.article_id, near.article_id as other_id, min(mine.key) as key
    from unnest(cast(:ids as bigint[]), cast(:keys as bigint[])) as mine (article_id, key)
    cross join lateral (
        select theirs.article_id from duplicate_key theirs
        where theirs.key = mine.key and theirs.scheme = :scheme
        order by theirs.article_id desc limit :newest
    ) near
    where near.article_id <> mine.article_id
    group by 1, 2 having count(*) >= :least
    order by 1, count(*) desc, 2
"""
CANDIDATES_SQLITE = """
    with mine as (select value ->> 0 as article_id, value ->> 1 as key from json_each(:given))
    select mine.article_id, theirs.article_id as other_id, min(mine.key) as key
    from mine
    join duplicate_key theirs on theirs.key = mine.key and theirs.scheme = :scheme
        and theirs.article_id in (
            select newest.article_id from duplicate_key newest
            where newest.key = mine.key order by newest.article_id desc limit :newest
        )
    where theirs.article_id <> mine.article_id
    group by 1, 2 having count(*) >= :least
    order by 1, count(*) desc, 2
"""


Entry = tuple[int, int]  # of the index: key, article
START: Final[Entry] = (-(2**63), 0)


class Moved(Exception):
    """Another worker has changed a cluster that was to be changed: load, decide and store again."""


@dataclass(frozen=True, slots=True)
class Material:
    """What deciding about one article needs.

    `articles`: rows with id, text, published_at and host of everyone who is named elsewhere.
    `roots`: cluster root by article id. `clusters`: (root, ids of up to MOST_MEMBERS members, canonical first, size).
    `candidates`: by id, each with a key of the index by which it was found; null where the whole text is the same.
    """

    article_id: int
    candidates: Mapping[int, int | None]
    articles: Sequence[Any]
    roots: Mapping[int, int]
    clusters: Sequence[tuple[int, Sequence[int], int]]


def store_keys(connection: Connection, fingerprints: Mapping[int, Any]) -> None:
    """Store the keys of articles (by id), in place of earlier ones, and give each that has none its own cluster."""
    ids = list(fingerprints)
    rows = [
        {"key": key, "article_id": article_id, "scheme": prints.scheme}
        for article_id, prints in fingerprints.items()
        for key in set(prints.keys)
    ]
    # neighbours in the index; none that was there before, unless an article has no cluster to be withdrawn from
    insert_given(connection, sorted(rows, key=itemgetter("key")), duplicate_key, if_new=True)
    new = [{"id": article_id, "canonical_id": article_id, "size": 1} for article_id in ids]
    insert_given(connection, new, cluster, if_new=True)


def load(connection: Connection, article_ids: Sequence[int], fingerprint: Callable[[str], Any]) -> dict[int, Material]:
    """What deciding needs, for each of these articles that has a text.

    `fingerprint` makes the keys to look for once more: an index of them by article would be as large as that by key.
    """
    mine = select(article.c.id, article.c.text).where(article.c.id.in_(article_ids), article.c.text.is_not(None))
    prints = {row.id: fingerprint(row.text) for row in connection.execute(mine)}
    candidates = _candidates(connection, prints)
    near = {*article_ids, *(other for others in candidates.values() for other in others)}
    roots = _roots(connection, near)
    members = _members(connection, set(roots.values()))
    everyone = near | {member for ids, _ in members.values() for member in ids}
    query = select(article.c.id, article.c.text, article.c.published_at, host.c.name.label("host")).where(
        article.c.id.in_(everyone), article.c.text.is_not(None)
    )
    texts = {row.id: row for row in connection.execute(query.join_from(article, host, isouter=True))}
    return {
        article_id: _material(article_id, candidates.get(article_id, {}), roots, members, texts)
        for article_id in article_ids
        if article_id in texts and article_id in roots
    }


def _material(
    article_id: int,
    candidates: Mapping[int, int | None],
    roots: Mapping[int, int],
    members: Mapping[int, tuple[Sequence[int], int]],
    texts: Mapping[int, Any],
) -> Material:
    usable = {other: key for other, key in candidates.items() if other in texts and other in roots}
    named = {roots[one] for one in (article_id, *usable)}
    clusters = [(root, [one for one in members[root][0] if one in texts], members[root][1]) for root in sorted(named)]
    everyone = {article_id, *usable, *(member for _, ids, _ in clusters for member in ids)}
    known = {one: roots[one] for one in (article_id, *usable)}
    known |= {member: root for root, ids, _ in clusters for member in ids}
    return Material(article_id, usable, [texts[one] for one in sorted(everyone)], known, clusters)


def _candidates(connection: Connection, prints: Mapping[int, Any]) -> dict[int, dict[int, int | None]]:
    found: dict[int, dict[int, int | None]] = defaultdict(dict)
    same = [(article_id, other_id, None) for article_id, other_id in _exact(connection, list(prints))]
    for article_id, other_id, key in (*same, *_near(connection, prints)):
        if other_id not in found[article_id] and len(found[article_id]) < MOST_CANDIDATES:
            found[article_id][other_id] = key
    return found


def _near(connection: Connection, prints: Mapping[int, Any]) -> list[tuple[int, int, int]]:
    pairs = [(article_id, key) for article_id, one in prints.items() for key in sorted(set(one.keys))]
    if not pairs:
        return []
    scheme = next(iter(prints.values())).scheme
    limits = {"newest": NEWEST_PER_KEY + 1, "least": LEAST_SHARED, "scheme": scheme}
    if is_sqlite(connection):
        rows = connection.execute(text(CANDIDATES_SQLITE), limits | {"given": json.dumps(pairs)})
    else:
        ids, keys = zip(*pairs, strict=True)
        rows = connection.execute(text(CANDIDATES_POSTGRESQL), limits | {"ids": list(ids), "keys": list(keys)})
    return [(row.article_id, row.other_id, row.key) for row in rows]


def _exact(connection: Connection, article_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Articles with the same text: short ones, which have no near-duplicate keys, are found only here."""
    mine, theirs = article.alias("mine"), article.alias("theirs")
    rank = func.row_number().over(partition_by=mine.c.id, order_by=theirs.c.id.desc())
    query = (
        select(mine.c.id.label("article_id"), theirs.c.id.label("other_id"), rank.label("rank"))
        .join_from(mine, theirs, (theirs.c.exact_key == mine.c.exact_key) & (theirs.c.id != mine.c.id))
        .where(mine.c.id.in_(article_ids))
        .subquery()
    )
    rows = connection.execute(select(query).where(query.c.rank <= NEWEST_PER_KEY))
    return [(row.article_id, row.other_id) for row in rows]


def _roots(connection: Connection, article_ids: set[int]) -> dict[int, int]:
    """The root of the cluster of each article that has one."""
    rows = connection.execute(
        select(article.c.id, article.c.cluster_id).where(
            article.c.id.in_(article_ids), article.c.cluster_id.is_not(None)
        )
    ).all()
    winners = follow(connection, {row.cluster_id for row in rows})
    return {row.id: winners[row.cluster_id] for row in rows}


def follow(connection: Connection, cluster_ids: set[int]) -> dict[int, int]:
    """The root that each of these clusters has been merged into in the end."""
    roots = {cluster_id: cluster_id for cluster_id in cluster_ids}
    while True:
        query = select(cluster.c.id, cluster.c.merged_into)
        rows = connection.execute(
            query.where(cluster.c.id.in_(set(roots.values())), cluster.c.merged_into.is_not(None))
        )
        onward = {row.id: row.merged_into for row in rows}
        if not onward:
            return roots
        roots = {start: onward.get(root, root) for start, root in roots.items()}


def _members(connection: Connection, roots: set[int]) -> dict[int, tuple[Sequence[int], int]]:
    """For each root: its first members, the canonical one in front, and its size."""
    query = select(cluster.c.id, cluster.c.canonical_id, cluster.c.size).where(cluster.c.id.in_(roots))
    heads = connection.execute(query).all()
    rank = func.row_number().over(partition_by=article.c.cluster_id, order_by=article.c.id)
    ranked = select(article.c.id, article.c.cluster_id, rank.label("rank")).where(article.c.cluster_id.in_(roots))
    numbered = ranked.subquery()
    by_root: dict[int, list[int]] = defaultdict(list)
    first = select(numbered).where(numbered.c.rank <= MOST_MEMBERS).order_by(numbered.c.rank)
    for row in connection.execute(first):
        by_root[row.cluster_id].append(row.id)
    return {
        row.id: (list(dict.fromkeys([row.canonical_id, *by_root[row.id]]))[:MOST_MEMBERS], row.size) for row in heads
    }


def lock(connection: Connection, roots: Sequence[int]) -> None:
    """Lock these clusters in the order of ids. Raises Moved where one is no root any more."""
    wanted = set(roots)
    query = select(cluster.c.id, cluster.c.merged_into).where(cluster.c.id.in_(wanted))
    rows = connection.execute(query.order_by(cluster.c.id).with_for_update(key_share=True)).all()
    if any(row.merged_into is not None for row in rows):
        raise Moved


def check_witnesses(connection: Connection, roots: Mapping[int, int], entries: Sequence[Entry]) -> None:
    """Raise Moved where one of these articles is not what it was when it was loaded.

    It is in another cluster (`roots`: by article id), or has lost its place in the index (`entries`), as what turns
    out to be a round-up does, which may have been alone before.
    """
    if _roots(connection, set(roots)) != dict(roots):
        raise Moved
    if entries:
        wanted = _among(connection, set(entries))
        if connection.scalar(select(func.count()).select_from(duplicate_key).where(wanted)) != len(set(entries)):
            raise Moved


def store_links(connection: Connection, links: Sequence[tuple[int, int, Any]]) -> None:
    """Keep the evidence of comparisons: (one article, another, the comparison)."""
    if not links:
        return
    dialect = sqlite if is_sqlite(connection) else postgresql
    statement = dialect.insert(duplicate_link)
    names = ("relation", "similarity", "jaccard", "containment")
    new = {name: statement.excluded[name] for name in names}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["article_id", "other_id"], set_=new),
        [
            {"article_id": max(a, b), "other_id": min(a, b)} | {name: getattr(found, name) for name in names}
            for a, b, found in links
        ],
    )


def merge(connection: Connection, roots: Sequence[int], choose: Callable[[Sequence[Any]], int]) -> None:
    """Make one cluster of several locked ones: the smallest root stays. `choose` picks the canonical member."""
    live = sorted(set(follow(connection, set(roots)).values()))
    if len(live) < 2:
        return
    winner, losers = live[0], live[1:]
    connection.execute(update(article).where(article.c.cluster_id.in_(losers)).values(cluster_id=winner, change=None))
    connection.execute(update(cluster).where(cluster.c.id.in_(losers)).values(merged_into=winner, size=0))
    stories.mark(connection, losers)
    elect(connection, winner, choose)


def elect(connection: Connection, root: int, choose: Callable[[Sequence[Any]], int]) -> None:
    """Count a locked cluster's members, choose its canonical one, and point the others to that."""
    rows = connection.execute(
        select(
            article.c.id,
            article.c.canonical_url,
            article.c.published_as,
            article.c.published_at,
            article.c.agency,
            article.c.site_name,
            article.c.word_count,
            article.c.duplicate_of,
            article.c.relation,
            article.c.similarity,
            host.c.name.label("host"),
        )
        .join_from(article, host, isouter=True)
        .where(article.c.cluster_id == root)
    ).all()
    canonical = choose(rows)
    connection.execute(update(cluster).where(cluster.c.id == root).values(canonical_id=canonical, size=len(rows)))
    _point_to(connection, rows, canonical)
    stories.mark(connection, [root])


def _point_to(connection: Connection, rows: Sequence[Any], canonical: int) -> None:
    """Every member but the canonical one is a duplicate of it, related as their own comparison says, if any."""
    members = [row.id for row in rows]
    query = select(duplicate_link).where(
        or_(
            (duplicate_link.c.other_id == canonical) & duplicate_link.c.article_id.in_(members),
            (duplicate_link.c.article_id == canonical) & duplicate_link.c.other_id.in_(members),
        )
    )
    evidence = {row.article_id + row.other_id - canonical: row for row in connection.execute(query)}
    pointers = {row.id: _pointer(row.id, canonical, evidence.get(row.id)) for row in rows}
    changed = [row.id for row in rows if pointers[row.id] != (row.duplicate_of, row.relation, row.similarity)]
    if changed:
        connection.execute(
            update(article)
            .where(article.c.id == bindparam("b_id"))
            .values(
                duplicate_of=bindparam("b_of"),
                relation=bindparam("b_relation"),
                similarity=bindparam("b_similarity"),
                change=None,
            ),
            [
                dict(zip(("b_id", "b_of", "b_relation", "b_similarity"), (one, *pointers[one]), strict=True))
                for one in changed
            ],
        )


def _pointer(member: int, canonical: int, link: Any) -> tuple[int | None, str | None, float | None]:
    """What a member says of the canonical one: its id, the relation, the similarity."""
    if member == canonical:
        return None, None, None
    return canonical, _relation(link), link.similarity if link is not None else None


def _relation(link: Any) -> str:
    """Joined through others, without evidence of their own: a copy."""
    return str(link.relation) if link is not None and link.relation != "template" else "copy"


def forget_old_keys(connection: Connection, days: float, after: Entry, limit: int) -> Entry:
    """Let near-duplicate keys go of articles that are so old, among the next `limit` entries of the index.

    Returns the entry after which to go on, the start of the index once its end has been reached. Exact keys and URLs
    stay for ever.
    """
    here = tuple_(duplicate_key.c.key, duplicate_key.c.article_id)
    # one that is in work, or was fetched again, may have a text that is new
    fetched_at = func.coalesce(article.c.fetched_at, article.c.created_at)
    old = article.c.next_stage.is_(None) & (fetched_at < now(-86_400.0 * days))
    query = select(duplicate_key.c.key, duplicate_key.c.article_id, old.label("old")).join_from(duplicate_key, article)
    query = query.where(here > after).order_by(duplicate_key.c.key, duplicate_key.c.article_id)
    rows = connection.execute(query.limit(limit)).all()
    gone = [(row.key, row.article_id) for row in rows if row.old]
    if gone:
        connection.execute(delete(duplicate_key).where(_among(connection, gone)))
    return (rows[-1].key, rows[-1].article_id) if len(rows) == limit else START


def _among(connection: Connection, entries: Iterable[Entry]) -> ColumnElement[bool]:
    """As one parameter: for a list of pairs SQLite reads the whole index."""
    rows = [{"key": key, "article_id": article_id} for key, article_id in entries]
    return tuple_(duplicate_key.c.key, duplicate_key.c.article_id).in_(select_given(connection, rows, duplicate_key))


def clusters_of(connection: Connection, article_ids: Sequence[int]) -> dict[int, int]:
    """The clusters that these articles are in, by article id; those that are in none are left out."""
    return _roots(connection, set(article_ids))


def withdraw(
    connection: Connection,
    article_id: int,
    keys: Sequence[int],
    regroup: Callable[[Sequence[int], Sequence[tuple[int, int]]], Mapping[int, int]],
    choose: Callable[[Sequence[Any]], int],
) -> None:
    """Take an article, which has these keys, out of its locked cluster: one of its own, without keys and evidence.

    The others stay together as far as their own evidence connects them (`regroup`: root by member).
    """
    mine = duplicate_key.c.key.in_(keys) & (duplicate_key.c.article_id == article_id)
    connection.execute(delete(duplicate_key).where(mine))
    connection.execute(
        delete(duplicate_link).where(
            or_(duplicate_link.c.article_id == article_id, duplicate_link.c.other_id == article_id)
        )
    )
    root = clusters_of(connection, [article_id]).get(article_id)
    if root is None:
        return
    members = connection.execute(select(article.c.id).where(article.c.cluster_id == root)).scalars().all()
    others = sorted(set(members) - {article_id})
    groups = {article_id: article_id, **regroup(others, _linked_pairs(connection, others))}
    connection.execute(
        update(cluster).where(cluster.c.id == bindparam("b_id")).values(merged_into=bindparam("b_into"), size=0),
        [{"b_id": one, "b_into": group if group != one else None} for one, group in groups.items()],
    )
    connection.execute(
        update(article).where(article.c.id == bindparam("b_id")).values(cluster_id=bindparam("b_cluster"), change=None),
        [{"b_id": one, "b_cluster": group} for one, group in groups.items()],
    )
    for group in sorted(set(groups.values())):
        elect(connection, group, choose)


def _linked_pairs(connection: Connection, members: Sequence[int]) -> list[tuple[int, int]]:
    query = select(duplicate_link.c.article_id, duplicate_link.c.other_id).where(
        duplicate_link.c.article_id.in_(members),
        duplicate_link.c.other_id.in_(members),
        duplicate_link.c.relation != "template",
    )
    return [(row.article_id, row.other_id) for row in connection.execute(query)]


def copies(connection: Connection, article_id: int, limit: int | None = None) -> Sequence[Any]:
    """Other members of an article's cluster: id, url, title, host, canonical, and what comparing the two said."""
    mine, theirs = article.alias("mine"), article.alias("theirs")
    query = (
        select(
            theirs.c.id,
            theirs.c.url,
            theirs.c.title,
            host.c.name.label("host"),
            (cluster.c.canonical_id == theirs.c.id).label("canonical"),
            *(_said(mine.c.id, theirs.c.id, name) for name in ("relation", "similarity")),
        )
        .join_from(mine, theirs, (theirs.c.cluster_id == mine.c.cluster_id) & (theirs.c.id != mine.c.id))
        .join(cluster, cluster.c.id == theirs.c.cluster_id)
        .join(host, host.c.id == theirs.c.host_id, isouter=True)
        .where(mine.c.id == article_id)
        .order_by(theirs.c.id)
        .limit(limit)
    )
    return connection.execute(query).all()


def _said(mine: Any, theirs: Any, name: str) -> Any:
    """A column of the link between two articles, whichever of them was looked at later."""
    one, other = duplicate_link.alias(), duplicate_link.alias()
    forward = select(one.c[name]).where(one.c.article_id == mine, one.c.other_id == theirs).scalar_subquery()
    back = select(other.c[name]).where(other.c.article_id == theirs, other.c.other_id == mine).scalar_subquery()
    return func.coalesce(forward, back).label(name)


def example(connection: Connection) -> Any:
    """A duplicate to show to a person: from the largest cluster, with the article that it is a copy of."""
    original = article.alias("original")
    largest = select(cluster.c.id).where(cluster.c.size > 1).order_by(cluster.c.size.desc(), cluster.c.id).limit(1)
    query = (
        select(
            article.c.id, article.c.title, article.c.url, article.c.relation, article.c.similarity,
            original.c.url.label("original_url"), cluster.c.size,
        )
        .join_from(article, original, article.c.duplicate_of == original.c.id)
        .join(cluster, cluster.c.id == article.c.cluster_id)
        .where(article.c.cluster_id == largest.scalar_subquery())
        .order_by(article.c.id)
        .limit(1)
    )  # fmt: skip
    return connection.execute(query).first()
