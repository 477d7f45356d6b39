"""Stories: reports of one event, who is at them, and what becomes of them.

A cluster that changes marks its report (`mark`), in the transaction that changes it; so nothing is forgotten, whoever
dies. One worker at a time arranges what is marked (`turn`), and clears only the marks that it has read. A story whose
reports have changed is marked in turn, and looked at once more, with all that is near to it, when it has come to rest:
so its end does not depend on the order in which its reports came.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, or_, select, text, true, update
from sqlalchemy.dialects import postgresql, sqlite

from shared import changes, entities, hosts
from shared.claims import new_token
from shared.database import is_sqlite, now, select_given
from shared.models import article, cluster, entity, host, mention, report, source, story, story_key, turn

QUIET_S: Final = 20.0  # nothing has joined a story for so long: it has come to rest
PAUSED_S: Final = 180.0  # a host that is left alone for longer keeps nobody waiting
NEWEST_PER_KEY: Final = 50  # reports read per key: a common word cannot make a look-up slow
LEAST_SHARED: Final = 2  # keys, of 16
MOST_MEMBERS: Final = 60  # of a story, the newest, that are arranged anew
MOST_REPORTS: Final = 2000  # arranged at once
COUNTED: Final = 5000  # newest reports in which terms are counted
TURN: Final = "stories"

NEAR_POSTGRESQL = """
    select distinct near.cluster_id from (
        select mine.cluster_id as seed, theirs.cluster_id from story_key mine
        cross join lateral (
            select other.cluster_id from story_key other where other.key = mine.key
            order by other.cluster_id desc limit :newest
        ) theirs
        where mine.cluster_id = any(:ids) group by 1, 2 having count(*) >= :least
    ) near
"""
NEAR_SQLITE = """
    select distinct near.cluster_id from (
        select mine.cluster_id as seed, theirs.cluster_id
        from json_each(:ids) wanted
        join story_key mine on mine.cluster_id = wanted.value
        join story_key theirs on theirs.key = mine.key and theirs.cluster_id in (
            select other.cluster_id from story_key other where other.key = mine.key
            order by other.cluster_id desc limit :newest
        )
        group by 1, 2 having count(*) >= :least
    ) near
"""


# ---- what is to be done


def mark(connection: Connection, cluster_ids: Iterable[int]) -> None:
    """These clusters are not what they were: their reports have to be looked at."""
    rows = [{"cluster_id": one, "mark": new_token()} for one in sorted(set(cluster_ids))]
    if rows:
        statement = (sqlite.insert if is_sqlite(connection) else postgresql.insert)(report).values(marked_at=now())
        new = {"mark": statement.excluded.mark, "marked_at": now()}
        connection.execute(statement.on_conflict_do_update(index_elements=["cluster_id"], set_=new), rows)


def count_open(connection: Connection, submission_id: int | None = None) -> int:
    """How many reports and stories have yet to be arranged.

    Of one submission: how many reports that its articles are among. Their stories are left, since others may go on
    adding to them for ever.
    """
    if submission_id:
        mine = exists().where(article.c.cluster_id == report.c.cluster_id, article.c.submission_id == submission_id)
        return connection.scalar(select(func.count()).select_from(report).where(report.c.mark.is_not(None), mine)) or 0
    marked = [select(func.count()).select_from(table).where(table.c.mark.is_not(None)) for table in (report, story)]
    return sum(connection.scalar(query) or 0 for query in marked)


def is_idle(connection: Connection) -> bool:
    """Whether nothing waits that could soon become a report."""
    stages = ("clean", "extract", "deduplicate")
    working = exists().where(article.c.next_stage.in_(stages), article.c.due_at.is_(None))
    reading = exists().where(source.c.next_stage == "discover", source.c.due_at.is_(None))
    fetching = exists().where(host.c.next_allowed_at <= now(PAUSED_S), hosts.something_waits())
    return not connection.scalar(select(or_(working, reading, fetching)))


def take_due(connection: Connection, stale_s: float) -> bool:
    """Whether a message is to be sent that lets a worker arrange; marked as sent now."""
    free = and_(
        turn.c.name == TURN,
        or_(turn.c.leased_until.is_(None), turn.c.leased_until < now()),
        or_(turn.c.queued_at.is_(None), turn.c.queued_at < now(-stale_s)),
    )
    rests = (turn.c.rests_until > now()).label("rests")
    row = connection.execute(select(rests).where(free).with_for_update(skip_locked=True)).first()
    if row is None or not _has_work(connection, resting=bool(row.rests)):
        return False
    connection.execute(update(turn).where(turn.c.name == TURN).values(queued_at=now()))
    return True


def _has_work(connection: Connection, *, resting: bool) -> bool:
    new = bool(connection.scalar(select(exists().where(report.c.mark.is_not(None)))))
    if new and not resting:
        return True
    return (new or _has_marked(connection)) and (is_idle(connection) or (not resting and has_quiet(connection)))


def _has_marked(connection: Connection) -> bool:
    return bool(connection.scalar(select(exists().where(story.c.mark.is_not(None)))))


def has_quiet(connection: Connection) -> bool:
    """Whether a story has come to rest and was not looked at since."""
    return bool(connection.scalar(select(exists().where(story.c.mark.is_not(None), story.c.joined_at < now(-QUIET_S)))))


def forget_messages(connection: Connection) -> None:
    """The broker has lost its memory."""
    connection.execute(update(turn).values(queued_at=None))


def free_all(connection: Connection) -> None:
    """Take the lease away, for who knows that no worker is alive."""
    connection.execute(update(turn).values(lease_token=None, leased_until=None, queued_at=None))


def claim(connection: Connection, lease_s: float) -> int | None:
    """Make it our turn to arrange; returns the token, None where it is somebody else's."""
    token = new_token()
    free = and_(turn.c.name == TURN, or_(turn.c.leased_until.is_(None), turn.c.leased_until < now()))
    claimed = connection.execute(
        update(turn).where(free).values(lease_token=token, leased_until=now(lease_s)).returning(turn.c.name)
    )
    return token if claimed.first() else None


def hold(connection: Connection, token: int) -> bool:
    """Whether it is still our turn; it stays so until this transaction ends."""
    held = select(turn.c.name).where(turn.c.name == TURN, turn.c.lease_token == token).with_for_update()
    return connection.execute(held).first() is not None


def release(connection: Connection, token: int, rest_s: float) -> None:
    """Give our turn up."""
    mine = and_(turn.c.name == TURN, turn.c.lease_token == token)
    values = {"lease_token": None, "leased_until": None, "queued_at": None, "rests_until": now(rest_s)}
    connection.execute(update(turn).where(mine).values(values))


# ---- what there is to arrange


def marked(connection: Connection, limit: int) -> Sequence[Any]:
    """Marked reports, oldest first, with what has become of their clusters and of the articles shown for these."""
    shown = article.alias("shown")
    query = (
        select(
            report.c.cluster_id, report.c.mark, report.c.story_id, report.c.article_id, report.c.exact_key,
            cluster.c.merged_into, cluster.c.canonical_id, shown.c.status, shown.c.language,
            shown.c.exact_key.label("shown_key"),
        )
        .join_from(report, cluster)
        .join(shown, shown.c.id == cluster.c.canonical_id, isouter=True)
        .where(report.c.mark.is_not(None))
    )  # fmt: skip
    return connection.execute(query.order_by(report.c.marked_at, report.c.cluster_id).limit(limit)).all()


def settling(connection: Connection, *, idle: bool, limit: int = MOST_REPORTS) -> dict[int, int]:
    """Marks of stories that have come to rest (all marked ones, where nothing is on its way), longest ago first."""
    rested = true() if idle else story.c.joined_at < now(-QUIET_S)
    query = select(story.c.id, story.c.mark, story.c.reports).where(story.c.mark.is_not(None), rested)
    found: dict[int, int] = {}
    for row in connection.execute(query.order_by(story.c.joined_at, story.c.id).limit(limit)):
        limit -= row.reports
        found[row.id] = row.mark
        if limit <= 0:
            break
    return found


def texts(connection: Connection, article_ids: Sequence[int]) -> dict[int, tuple[str, list[str]]]:
    """The text of each of these articles, and the keys of the entities that it mentions."""
    rows = connection.execute(select(article.c.id, article.c.text).where(article.c.id.in_(article_ids))).all()
    named = select(mention.c.article_id, entity.c.key).join_from(mention, entity).distinct()
    keys: dict[int, list[str]] = defaultdict(list)
    for one in connection.execute(named.where(mention.c.article_id.in_(article_ids)).order_by(entity.c.key)):
        keys[one.article_id].append(one.key.removesuffix(f" (article {one.article_id})"))
    return {row.id: (row.text or "", keys[row.id]) for row in rows}


def newest_terms(connection: Connection) -> Sequence[Any]:
    """The packed terms of the newest reports and the language of their texts, to count them."""
    query = select(report.c.terms, article.c.language).join_from(report, article, article.c.id == report.c.article_id)
    newest = query.where(report.c.terms.is_not(None)).order_by(report.c.cluster_id.desc())
    return connection.execute(newest.limit(COUNTED)).all()


def members(connection: Connection, story_ids: Iterable[int]) -> list[int]:
    """The reports of these stories whose terms are known."""
    query = select(report.c.cluster_id).where(report.c.story_id.in_(set(story_ids)), report.c.terms.is_not(None))
    return list(connection.scalars(query.order_by(report.c.cluster_id)))


def keyed(connection: Connection, cluster_ids: Iterable[int]) -> list[Any]:
    """Cluster, packed terms, `keyed_at` and language of these reports."""
    columns = (report.c.cluster_id, report.c.terms, report.c.keyed_at, article.c.language)
    query = select(*columns).join_from(report, article, article.c.id == report.c.article_id)
    return list(connection.execute(query.where(report.c.cluster_id.in_(set(cluster_ids)), report.c.terms.is_not(None))))


def near(connection: Connection, cluster_ids: Sequence[int]) -> Sequence[Any]:
    """These reports, those that share keys with one of them, and the newest of the stories that all of these are in.

    Rows of cluster_id, terms, story_id, published_at and language, without reports whose story has ended.
    """
    limits = {"newest": NEWEST_PER_KEY, "least": LEAST_SHARED}
    if is_sqlite(connection):
        found = connection.scalars(text(NEAR_SQLITE), limits | {"ids": str(list(cluster_ids))})
    else:
        found = connection.scalars(text(NEAR_POSTGRESQL), limits | {"ids": list(cluster_ids)})
    wanted = set(cluster_ids) | set(found)
    stories = select(report.c.story_id).where(report.c.cluster_id.in_(wanted), report.c.story_id.is_not(None))
    rank = func.row_number().over(partition_by=report.c.story_id, order_by=report.c.cluster_id.desc())
    ranked = select(report.c.cluster_id, rank.label("rank")).where(report.c.story_id.in_(stories)).subquery()
    wanted |= set(connection.scalars(select(ranked.c.cluster_id).where(ranked.c.rank <= MOST_MEMBERS)))
    query = (
        select(report.c.cluster_id, report.c.terms, report.c.story_id, article.c.published_at, article.c.language)
        .join_from(report, article, article.c.id == report.c.article_id)
        .join(story, story.c.id == report.c.story_id, isouter=True)
        .where(report.c.cluster_id.in_(wanted), report.c.terms.is_not(None), story.c.ended_at.is_(None))
    )
    rows = connection.execute(query.order_by(report.c.cluster_id.desc()).limit(2 * MOST_REPORTS)).all()
    return sorted(rows, key=lambda row: int(row.cluster_id))


# ---- what is stored


@dataclass(frozen=True, slots=True)
class Keyed:
    """A report with terms and keys that were made from the text of an article."""

    cluster_id: int
    article_id: int
    exact_key: int
    terms: bytes
    keys: tuple[int, ...]


def store_terms(connection: Connection, reports: Sequence[Keyed], known: int) -> None:
    """Store the terms of reports, and their keys, which were chosen when so many reports were known."""
    if not reports:
        return
    connection.execute(
        update(report)
        .where(report.c.cluster_id == bindparam("b_id"))
        .values(
            article_id=bindparam("b_article"), exact_key=bindparam("b_key"), terms=bindparam("b_terms"), keyed_at=known
        ),
        [
            {"b_id": one.cluster_id, "b_article": one.article_id, "b_key": one.exact_key, "b_terms": one.terms}
            for one in reports
        ],
    )
    store_keys(connection, {one.cluster_id: one.keys for one in reports}, known)


def store_keys(connection: Connection, keys: Mapping[int, Sequence[int]], known: int) -> None:
    """Replace the keys of reports (by cluster), which were chosen when so many reports were known."""
    if not keys:
        return
    connection.execute(delete(story_key).where(story_key.c.cluster_id.in_(keys)))
    rows = [{"key": key, "cluster_id": cluster_id} for cluster_id, some in keys.items() for key in some]
    if rows:
        connection.execute(insert(story_key), rows)
    connection.execute(update(report).where(report.c.cluster_id.in_(keys)).values(keyed_at=known))


def forget(connection: Connection, marks: Mapping[int, int]) -> None:
    """Take reports out of their stories whose clusters are gone (marks by cluster), unless they are marked anew."""
    for cluster_id, seen in sorted(marks.items()):
        connection.execute(delete(story_key).where(story_key.c.cluster_id == cluster_id))
        connection.execute(delete(report).where(report.c.cluster_id == cluster_id, report.c.mark == seen))
    _announce_articles(connection, list(marks))


def clear_marks(connection: Connection, table: Any, marks: Mapping[int, int]) -> None:
    """Clear the marks, of `report` or `story`, that are still the ones that were read."""
    key = table.c.cluster_id if table is report else table.c.id
    values: dict[str, Any] = {"mark": None, "marked_at": None} if table is report else {"mark": None}
    if marks:
        connection.execute(
            update(table).where(key == bindparam("b_id"), table.c.mark == bindparam("b_mark")).values(values),
            [{"b_id": one, "b_mark": seen} for one, seen in sorted(marks.items())],
        )


def place(connection: Connection, story_of: Mapping[int, int], merged: Mapping[int, int], *, again: bool) -> set[int]:
    """Put reports into stories, as `stages.deduplicating.arrange` says; returns the stories that have changed.

    `again`: these stories have to be looked at once more when they have come to rest.
    """
    before = select(report.c.cluster_id, report.c.story_id).where(
        or_(report.c.cluster_id.in_(story_of), report.c.story_id.in_(merged))
    )
    was = {row.cluster_id: row.story_id for row in connection.execute(before)}
    _announce_articles(connection, list(was))
    ids = _made(connection, {number for number in story_of.values() if number < 0})
    goes = {cluster_id: merged[old] for cluster_id, old in was.items() if old in merged}
    goes |= {cluster_id: ids.get(number, number) for cluster_id, number in story_of.items() if cluster_id in was}
    if goes:
        rows = [{"cluster_id": cluster_id, "story_id": story_id} for cluster_id, story_id in sorted(goes.items())]
        given = select_given(connection, rows, report).subquery()
        connection.execute(
            update(report).where(report.c.cluster_id == given.c.cluster_id).values(story_id=given.c.story_id)
        )
    for younger, older in sorted(merged.items()):
        values = {"merged_into": older, "reports": 0, "articles": 0, "ended_at": now(), "mark": None, "change": None}
        connection.execute(update(story).where(story.c.id == younger).values(values))
    joined = set(goes.values())
    connection.execute(update(story).where(story.c.id.in_(joined)).values(joined_at=now(), ended_at=None))
    touched = joined | {old for old in was.values() if old is not None and old not in merged}
    if again:
        connection.execute(update(story).where(story.c.id.in_(touched)).values(mark=new_token()))
    return touched


def _announce_articles(connection: Connection, cluster_ids: Sequence[int]) -> None:
    ids = select(article.c.id).where(article.c.cluster_id.in_(cluster_ids)).order_by(article.c.id)
    changes.announce(connection, article, connection.scalars(ids.with_for_update(key_share=True)))


def _made(connection: Connection, numbers: set[int]) -> dict[int, int]:
    """The ids of new stories, by the negative numbers that stand for them."""
    if not numbers:
        return {}
    statement = insert(story).returning(story.c.id, sort_by_parameter_order=True)
    ids = connection.scalars(statement, [{"reports": 0, "articles": 0} for _ in numbers])
    return dict(zip(sorted(numbers, reverse=True), ids, strict=True))


def refresh(connection: Connection, story_ids: Iterable[int]) -> None:
    """Count the reports of these stories, and read their headlines and times off them."""
    wanted = set(story_ids)
    told: dict[int, list[Any]] = {one: [] for one in wanted}
    query = (
        select(
            report.c.story_id, report.c.cluster_id, cluster.c.size, article.c.title,
            func.coalesce(article.c.published_at, article.c.fetched_at, article.c.created_at).label("moment"),
        )
        .join_from(report, cluster)
        .join(article, article.c.id == cluster.c.canonical_id)
        .where(report.c.story_id.in_(wanted), cluster.c.merged_into.is_(None))
    )  # fmt: skip
    for row in connection.execute(query.order_by(report.c.cluster_id)):
        told[row.story_id].append(row)
    changed, empty = [], []
    for row in connection.execute(select(story).where(story.c.id.in_(wanted), story.c.merged_into.is_(None))):
        if not told[row.id]:
            empty.append(row.id)
            continue
        new = _told(told[row.id])
        if any(getattr(row, name) != value for name, value in new.items()):
            changed.append({"b_id": row.id, **new})
    if changed:
        connection.execute(update(story).where(story.c.id == bindparam("b_id")).values(change=None), changed)
    if empty:
        nothing = {"reports": 0, "articles": 0, "ended_at": now(), "mark": None, "change": None}
        emptied = and_(story.c.id.in_(empty), or_(story.c.reports > 0, story.c.articles > 0))
        connection.execute(update(story).where(emptied).values(nothing))


def _told(reports: Sequence[Any]) -> dict[str, Any]:
    """A story as its reports tell it: the headline is of the one that most papers have, then of the first."""
    head = min(reports, key=lambda one: (-one.size, one.moment, one.cluster_id))
    moments = [one.moment for one in reports]
    return {
        "headline": head.title,
        "first_at": min(moments),
        "last_at": max(moments),
        "reports": len(reports),
        "articles": sum(one.size for one in reports),
    }


def end_silent(connection: Connection, days: float, limit: int) -> int:
    """End at most so many stories that nothing has joined for so long, and forget their terms; returns how many."""
    silent = (
        select(story.c.id)
        .where(story.c.ended_at.is_(None), story.c.merged_into.is_(None), story.c.joined_at < now(-86_400.0 * days))
        .order_by(story.c.joined_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = connection.scalars(silent).all()
    if ids:
        theirs = select(report.c.cluster_id).where(report.c.story_id.in_(ids))
        connection.execute(delete(story_key).where(story_key.c.cluster_id.in_(theirs)))
        connection.execute(update(report).where(report.c.story_id.in_(ids)).values(terms=None, keyed_at=None))
        connection.execute(update(story).where(story.c.id.in_(ids)).values(ended_at=now(), mark=None, change=None))
    return len(ids)


# ---- what a person sees


def of_article(connection: Connection, article_id: int) -> Any:
    """The story that an article belongs to, None where it is in none."""
    mine = select(report.c.story_id).join_from(article, report, report.c.cluster_id == article.c.cluster_id)
    return connection.execute(select(story).where(story.c.id.in_(mine.where(article.c.id == article_id)))).first()


def timeline(connection: Connection, story_id: int, limit: int = 100) -> Sequence[Any]:
    """The reports of a story in the order of time: id, url, title, host and time of the article shown, copies."""
    moment = func.coalesce(article.c.published_at, article.c.fetched_at, article.c.created_at).label("moment")
    query = (
        select(
            article.c.id, article.c.url, article.c.title, host.c.name.label("host"), moment,
            (cluster.c.size - 1).label("copies"),
        )
        .join_from(report, cluster)
        .join(article, article.c.id == cluster.c.canonical_id)
        .join(host, host.c.id == article.c.host_id, isouter=True)
        .where(report.c.story_id == story_id)
    )  # fmt: skip
    return connection.execute(query.order_by(moment, article.c.id).limit(limit)).all()


def hosts_of(connection: Connection, story_id: int) -> Sequence[str]:
    """The hosts that report a story, copies included, those with the most articles first."""
    query = (
        select(host.c.name)
        .join_from(article, host)
        .join(report, report.c.cluster_id == article.c.cluster_id)
        .where(report.c.story_id == story_id)
    )
    return connection.scalars(query.group_by(host.c.name).order_by(func.count().desc(), host.c.name)).all()


def named_in(connection: Connection, story_id: int, limit: int) -> Sequence[Any]:
    """The key entities of a story: id, name, type and how many of its articles mention each, most first."""
    articles = func.count(mention.c.article_id.distinct()).label("articles")
    columns = (entity.c.id, entity.c.name, entity.c.type)
    query = (
        select(*columns, articles)
        .select_from(entities.joined())
        .join(article, article.c.id == mention.c.article_id)
        .join(report, report.c.cluster_id == article.c.cluster_id)
        .where(report.c.story_id == story_id)
    )
    return connection.execute(query.group_by(*columns).order_by(articles.desc(), entity.c.name).limit(limit)).all()


def largest(connection: Connection) -> Any:
    """The story with the most reports, None where none has two."""
    query = (
        select(story).where(story.c.reports > 1).order_by(story.c.reports.desc(), story.c.articles.desc(), story.c.id)
    )
    return connection.execute(query.limit(1)).first()
