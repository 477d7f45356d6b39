"""The tally: how many articles there are, and how they ended, without counting them. Triggers keep it (triggers.py)."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, literal_column, select, union_all
from sqlalchemy import text as sql

from shared.database import is_sqlite
from shared.models import article, tally, tally_change

Key = tuple[int, str, str, bool]  # of a row of the tally
COLUMNS = ("submission_id", "state", "reason", "duplicate", "articles")

FOLD = """
    with taken as (
        delete from tally_change where id in (
            select id from tally_change order by id limit :most for update skip locked
        ) returning submission_id, state, reason, duplicate, articles
    ), folded as (
        insert into tally (submission_id, state, reason, duplicate, articles)
        select submission_id, state, reason, duplicate, sum(articles) from taken group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (submission_id, state, reason, duplicate)
        do update set articles = tally.articles + excluded.articles
    )
    select count(*) from taken
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """Articles that are final for the same cause. `reason` is null where there is none."""

    status: str
    reason: str | None
    duplicate: bool
    articles: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many articles were ever submitted, and how those that are final have ended."""

    submitted: int
    ended: tuple[Ended, ...]

    def of(self, status: str) -> int:
        """How many have ended with this status."""
        return sum(one.articles for one in self.ended if one.status == status)

    @property
    def duplicates(self) -> int:
        """How many of the done are copies of another."""
        return sum(one.articles for one in self.ended if one.status == "done" and one.duplicate)

    @property
    def final(self) -> int:
        """How many have ended."""
        return sum(one.articles for one in self.ended)


def _everything(connection: Connection) -> Select[Any]:
    """The rows that make the tally, in whatever table."""
    parts = [tally] if is_sqlite(connection) else [tally, tally_change]
    rows = union_all(*(select(*(part.c[name] for name in COLUMNS)) for part in parts)).subquery()
    return select(*(rows.c[name] for name in COLUMNS))


def read(connection: Connection, submission_id: int | None = None) -> Counted:
    """The tally (of one submission)."""
    rows = _everything(connection).subquery()
    total = func.sum(rows.c.articles)
    query = select(rows.c.state, rows.c.reason, rows.c.duplicate, total.label("articles"))
    if submission_id:
        query = query.where(rows.c.submission_id == submission_id)
    found = connection.execute(query.group_by(rows.c.state, rows.c.reason, rows.c.duplicate).having(total != 0)).all()
    return _counted(found)


def by_submission(connection: Connection, submission_ids: Collection[int]) -> dict[int, Counted]:
    """The tallies of these submissions, by id."""
    rows = _everything(connection).subquery()
    total = func.sum(rows.c.articles)
    columns = (rows.c.submission_id, rows.c.state, rows.c.reason, rows.c.duplicate)
    query = select(*columns, total.label("articles")).where(rows.c.submission_id.in_(submission_ids))
    found: dict[int, list[Any]] = {submission_id: [] for submission_id in submission_ids}
    for row in connection.execute(query.group_by(*columns).having(total != 0)):
        found[row.submission_id].append(row)
    return {submission_id: _counted(some) for submission_id, some in found.items()}


def _counted(found: Sequence[Any]) -> Counted:
    return Counted(
        sum(int(row.articles) for row in found if row.state == "submitted"),
        tuple(
            Ended(row.state, row.reason or None, row.duplicate, int(row.articles))
            for row in found
            if row.state != "submitted"
        ),
    )


def fold(connection: Connection, most: int = 50_000) -> int:
    """Add up to `most` changes to the tally; returns how many. Two at once take different ones."""
    if is_sqlite(connection):
        return 0  # there the triggers change the tally itself
    return connection.scalar(sql(FOLD), {"most": most}) or 0


def _counted_anew() -> Select[Any]:
    """What the tally should be, by counting every article."""
    columns = article.c
    each = func.count().label("articles")
    added = select(
        columns.submission_id,
        literal_column("'submitted'").label("state"),
        literal_column("''").label("reason"),
        literal_column("false").label("duplicate"),
        each,
    )
    reason = func.coalesce(columns.reason, literal_column("''"))
    copy = columns.duplicate_of.is_not(None)
    ended = select(columns.submission_id, columns.status, reason, copy, each).where(columns.next_stage.is_(None))
    rows = union_all(
        added.group_by(columns.submission_id), ended.group_by(columns.submission_id, columns.status, reason, copy)
    )
    return select(*rows.subquery().c)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the tally and the articles disagree: how many the tally has, and how many there are."""

    submission_id: int
    state: str
    reason: str
    duplicate: bool
    tallied: int
    counted: int


def differences(connection: Connection) -> list[Difference]:
    """Count every article and compare: empty as long as the tally is right. Takes a second for a million articles."""
    counted = _sums(connection, _counted_anew())
    tallied = _sums(connection, _everything(connection))
    wrong = sorted(key for key in {*counted, *tallied} if counted[key] != tallied[key])
    return [Difference(*key, tallied[key], counted[key]) for key in wrong]


def _sums(connection: Connection, rows: Select[Any]) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for row in connection.execute(rows):
        sums[row.submission_id, row.state, row.reason, bool(row.duplicate)] += int(row.articles)
    return sums


def recount(connection: Connection) -> list[Difference]:
    """Count every article anew and put the tally right; returns what was wrong. Nobody can end an article meanwhile."""
    if not is_sqlite(connection):  # who only reads the articles goes on
        connection.execute(sql("lock table article in share mode"))
    wrong = differences(connection)
    if wrong:
        connection.execute(delete(tally_change))
        connection.execute(delete(tally))
        connection.execute(insert(tally).from_select(list(COLUMNS), _counted_anew()))
    return wrong
