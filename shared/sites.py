"""Sites: what is remembered of a host's blocks of text, which of its articles that concerns, and whose turn it is.

`article_blocks` holds each article's blocks as the clean stage saw them, and a mark while nobody has learnt from
them. A host with marked rows is due. Who learns clears only the marks that it has read, so that an article that is
stored meanwhile, by whatever worker, makes the host due again; in the end somebody has read everything.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, delete, exists, func, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.claims import new_token, ready
from shared.database import insert_given, is_sqlite, now
from shared.models import article, article_blocks, host, site, site_block

PAUSE_S = 5.0  # between two rounds of learning, while more of the site is to come
MOST_TIME = 0.05  # of a processor, for learning from one site
MOST_ATTEMPTS = 3  # of learning from one host, without success
MOST_ARTICLES = 5000  # the newest of a host, from which is learnt; read or named at once
LONGEST_SAMPLE = 300  # characters
RE_CLEANED = ("cleaned", "extracted", "done")  # articles that have a text


@dataclass(frozen=True, slots=True)
class Known:
    """Hashes of a host's blocks: those that go, and what a person has said."""

    boilerplate: frozenset[int] = frozenset()
    forbidden: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Learnt:
    """The outcome of a round: rows of site_block that are new or changed, hashes of those that are gone, and the
    articles whose text is not what it would be now."""

    changed: Sequence[Mapping[str, Any]] = ()
    gone: Collection[int] = ()
    stale: Sequence[int] = ()
    marks: Mapping[int, int] = field(default_factory=dict)  # those that were read, by article id
    seconds: float = 0.0  # that it took


# ---- the clean stage


def of_articles(connection: Connection, article_ids: Sequence[int]) -> dict[int, int]:
    """The host of each of these articles that has one."""
    query = select(article.c.id, article.c.host_id)
    rows = connection.execute(query.where(article.c.id.in_(article_ids), article.c.host_id.is_not(None)))
    return {row.id: row.host_id for row in rows}


def known(connection: Connection, host_ids: Iterable[int]) -> dict[int, Known]:
    """What is known of each of these hosts."""
    found: dict[int, tuple[set[int], set[int], set[int]]] = {}
    query = select(site_block.c.host_id, site_block.c.block_hash, site_block.c.override)
    wanted = query.where(site_block.c.host_id.in_(set(host_ids)), _matters())
    for row in connection.execute(wanted.order_by(site_block.c.override.is_(None))):
        boilerplate, forbidden, kept = found.setdefault(row.host_id, (set(), set(), set()))
        {"forbidden": forbidden, "kept": kept}.get(row.override, boilerplate).add(row.block_hash)
    return {host_id: Known(*map(frozenset, sets)) for host_id, sets in found.items()}


def _matters() -> Any:
    return or_(site_block.c.state.is_not(None), site_block.c.override.is_not(None))


def store_blocks(connection: Connection, blocks: Mapping[int, bytes]) -> None:
    """Store the packed blocks of those of these articles that have a host, and mark them as not learnt from."""
    host_ids = of_articles(connection, list(blocks))
    if not host_ids:
        return
    insert = sqlite.insert if is_sqlite(connection) else postgresql.insert
    births = [{"host_id": host_id, "attempts": 0, "pause_s": PAUSE_S} for host_id in sorted(set(host_ids.values()))]
    insert_given(connection, births, site, if_new=True)
    statement = insert(article_blocks)
    new = {name: statement.excluded[name] for name in ("host_id", "blocks", "mark")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["article_id"], set_=new),
        [
            {"article_id": article_id, "host_id": host_id, "blocks": blocks[article_id], "mark": new_token()}
            for article_id, host_id in sorted(host_ids.items())
        ],
    )


# ---- whose turn it is


def _marked() -> Select[Any]:
    return select(article_blocks.c.host_id).where(article_blocks.c.mark.is_not(None))


def _hopeful() -> Any:
    return site.c.attempts < MOST_ATTEMPTS


def take_due(connection: Connection, limit: int, stale_s: float) -> list[int]:
    """Hosts that are to be learnt from and that no message names; marked as sent now."""
    cleaning = exists().where(
        article.c.host_id == site.c.host_id, article.c.next_stage == "clean", article.c.due_at.is_(None)
    )
    fetching = exists().where(article.c.host_id == site.c.host_id, ready(article, "fetch"))
    rested = site.c.remembered_at < now(-site.c.pause_s)
    quick = and_(~fetching, site.c.pause_s <= PAUSE_S)
    due = (
        select(site.c.host_id)
        .where(
            site.c.host_id.in_(_marked()),
            _hopeful(),
            or_(site.c.leased_until.is_(None), site.c.leased_until < now()),
            or_(site.c.queued_at.is_(None), site.c.queued_at < now(-stale_s)),
            # early, so that what comes next is cleaned right at once; at rest, so that nobody waits for the last round
            or_(rested, and_(~cleaning, quick)),
        )
        .order_by(site.c.remembered_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = connection.scalars(due).all()
    if ids:
        connection.execute(update(site).where(site.c.host_id.in_(ids)).values(queued_at=now()))
    return sorted(ids)


def count_due(connection: Connection, submission_id: int | None = None) -> int:
    """How many hosts have articles (of one submission) that nobody has learnt from."""
    mine = exists().where(article.c.id == article_blocks.c.article_id, article.c.submission_id == submission_id)
    marked = _marked().where(mine if submission_id else true())
    query = select(func.count()).select_from(site).where(site.c.host_id.in_(marked), _hopeful())
    return connection.scalar(query) or 0


def forget_messages(connection: Connection) -> None:
    """The broker has lost its memory: no host is named by a message any more."""
    connection.execute(update(site).where(site.c.queued_at.is_not(None)).values(queued_at=None))


def free_all(connection: Connection) -> None:
    """Take every lease away, for who knows that no worker is alive."""
    connection.execute(update(site).values(lease_token=None, leased_until=None, queued_at=None, attempts=0))


def claim(connection: Connection, host_ids: Sequence[int], lease_s: float) -> tuple[int, list[int]]:
    """Make those of these hosts ours that nobody is at; returns the token and their ids. Counts the attempt."""
    token = new_token()
    free = (
        select(site.c.host_id)
        .where(site.c.host_id.in_(host_ids), or_(site.c.leased_until.is_(None), site.c.leased_until < now()))
        .with_for_update(skip_locked=True)
    )
    claimed = connection.scalars(
        update(site)
        .where(site.c.host_id.in_(free.scalar_subquery()))
        .values(lease_token=token, leased_until=now(lease_s), attempts=site.c.attempts + 1)
        .returning(site.c.host_id)
    )
    return token, sorted(claimed)


# ---- learning


def newest_articles(connection: Connection, host_id: int) -> list[Any]:
    """Id, packed blocks, mark, title and site name of a host's newest articles that have blocks: to learn from."""
    query = select(
        article_blocks.c.article_id,
        article_blocks.c.blocks,
        article_blocks.c.mark,
        article.c.title,
        article.c.site_name,
    ).join_from(article_blocks, article)
    newest = query.where(article_blocks.c.host_id == host_id).order_by(article_blocks.c.article_id.desc())
    return list(connection.execute(newest.limit(MOST_ARTICLES)))


def older_articles(connection: Connection, host_id: int, before_id: int, *, only_marked: bool) -> Iterator[Any]:
    """Id, packed blocks and mark of the others, a part at a time."""
    columns = article_blocks.c
    wanted = columns.mark.is_not(None) if only_marked else true()
    query = select(columns.article_id, columns.blocks, columns.mark).where(columns.host_id == host_id, wanted)
    while rows := connection.execute(
        query.where(columns.article_id < before_id).order_by(columns.article_id.desc()).limit(MOST_ARTICLES)
    ).all():
        yield from rows
        before_id = rows[-1].article_id


def blocks_of(connection: Connection, host_id: int) -> list[Any]:
    """The rows of a host's blocks, commonest first."""
    order = (site_block.c.articles.desc(), site_block.c.first_article_id, site_block.c.block_hash)
    return list(connection.execute(select(site_block).where(site_block.c.host_id == host_id).order_by(*order)))


def paragraphs_of(connection: Connection, article_ids: Collection[int]) -> dict[int, list[str]]:
    """The paragraphs of these articles, those that were removed included."""
    query = select(article.c.id, article.c.text, article.c.removed).where(article.c.id.in_(article_ids))
    return {
        row.id: [*(row.text or "").split("\n"), *(one["text"] for one in row.removed or ())]
        for row in connection.execute(query)
    }


def store(connection: Connection, host_id: int, token: int, learnt: Learnt) -> int | None:
    """Store a round of learning; returns how many articles are to be cleaned again, None where the lease is lost."""
    held = select(site.c.host_id).where(site.c.host_id == host_id, site.c.lease_token == token)
    if connection.execute(held.with_for_update()).first() is None:
        return None
    _store_changes(connection, host_id, learnt)
    again, busy = _clean_again(connection, learnt.stale)
    _clear_marks(connection, {id_: mark for id_, mark in learnt.marks.items() if id_ not in busy})
    mark_articles(connection, busy)
    connection.execute(
        update(site)
        .where(site.c.host_id == host_id)
        .values(
            lease_token=None,
            leased_until=None,
            queued_at=None,
            attempts=0,
            remembered_at=now(),
            pause_s=max(PAUSE_S, learnt.seconds / MOST_TIME),
        )
    )
    return again


def _store_changes(connection: Connection, host_id: int, learnt: Learnt) -> None:
    gone = and_(site_block.c.host_id == host_id, site_block.c.block_hash.in_(learnt.gone))
    if learnt.gone:
        connection.execute(delete(site_block).where(gone))
    if learnt.changed:
        insert = (sqlite.insert if is_sqlite(connection) else postgresql.insert)(site_block)
        names = ("sample", "word_count", "articles", "state", "first_article_id", "last_article_id")
        new = {name: insert.excluded[name] for name in names}
        rows = [{**row, "host_id": host_id} for row in learnt.changed]
        connection.execute(insert.on_conflict_do_update(index_elements=["host_id", "block_hash"], set_=new), rows)


def _clean_again(connection: Connection, stale: Sequence[int]) -> tuple[int, set[int]]:
    """Let these articles be cleaned again: how many now wait for it, and those that are in work elsewhere.

    No message names them: dispatch sends as many as the queue may hold.
    """
    columns = (article.c.id, article.c.status, article.c.next_stage, article.c.lease_token)
    again, busy = 0, set(stale)
    for part in _parts(stale):
        query = select(*columns).where(article.c.id.in_(part)).order_by(article.c.id)
        rows = connection.execute(query.with_for_update(skip_locked=True, key_share=True)).all()
        free = [row for row in rows if row.lease_token is None]
        ids = [row.id for row in free if row.status in RE_CLEANED and row.next_stage not in ("fetch", "clean")]
        connection.execute(
            update(article)
            .where(article.c.id.in_(ids))
            .values(next_stage="clean", attempts=0, lost=0, due_at=None, queued_at=None, reason=None, detail=None)
        )
        busy -= {row.id for row in free}
        again += len(ids)
    return again, busy


def _parts(ids: Collection[int]) -> Iterator[list[int]]:
    """In the order of ids, as many at once as a statement may name."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), MOST_ARTICLES):
        yield ordered[start : start + MOST_ARTICLES]


def _clear_marks(connection: Connection, marks: Mapping[int, int]) -> None:
    """Clear the marks that are still the ones that were read."""
    if marks:
        connection.execute(
            update(article_blocks)
            .where(article_blocks.c.article_id == bindparam("b_id"), article_blocks.c.mark == bindparam("b_mark"))
            .values(mark=None),
            [{"b_id": article_id, "b_mark": mark} for article_id, mark in sorted(marks.items())],
        )


def mark_articles(connection: Connection, article_ids: Collection[int]) -> None:
    """These articles have to be looked at again."""
    for part in _parts(article_ids):
        connection.execute(update(article_blocks).where(article_blocks.c.article_id.in_(part)).values(mark=new_token()))


# ---- what a person sees and says


def hosts(connection: Connection) -> list[Any]:
    """The hosts of which something is known: how many blocks recur, and how many of these are removed."""
    forbidden, kept = site_block.c.override == "forbidden", site_block.c.override == "kept"
    removed = case((or_(forbidden, and_(site_block.c.state.is_not(None), ~func.coalesce(kept, False))), 1), else_=0)
    columns = host.c.name.label("host"), func.count().label("blocks"), func.sum(removed).label("removed")
    query = select(*columns).join_from(site_block, host).group_by(host.c.name).order_by(host.c.name)
    return list(connection.execute(query))


def find_host(connection: Connection, name: str) -> int | None:
    """The id of the host called `name`."""
    return connection.scalar(select(host.c.id).where(host.c.name == name))


def override(connection: Connection, host_id: int, blocks: Mapping[int, str], what: str | None) -> None:
    """Say of these blocks (hash: text) `forbidden`, `kept` or nothing. All articles of the host are looked at anew."""
    insert = (sqlite.insert if is_sqlite(connection) else postgresql.insert)(site_block)
    rows = [
        {
            "host_id": host_id,
            "block_hash": key,
            "sample": text[:LONGEST_SAMPLE],
            "word_count": len(text.split()),
            "articles": 0,
            "override": what,
        }
        for key, text in blocks.items()
    ]
    new = {"override": insert.excluded.override}
    connection.execute(insert.on_conflict_do_update(index_elements=["host_id", "block_hash"], set_=new), rows)
    _mark_host(connection, host_id)


def forget(connection: Connection, host_id: int) -> None:
    """Drop all that is known of a host, what a person has said included: it is learnt anew from its articles."""
    connection.execute(delete(site_block).where(site_block.c.host_id == host_id))
    _mark_host(connection, host_id)


def _mark_host(connection: Connection, host_id: int) -> None:
    connection.execute(update(article_blocks).where(article_blocks.c.host_id == host_id).values(mark=new_token()))
    connection.execute(update(site).where(site.c.host_id == host_id).values(attempts=0))
