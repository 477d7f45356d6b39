"""The change feed: what a reader has not seen yet, whoever committed it when.

Whatever changes what an export would say of an article or a story sets its `change` to null in the same transaction.
`number` then gives the next numbers, in one transaction at a time, to rows that are already committed: of two numbers
the smaller is never visible later. A sequence does not give that: a slow transaction takes a number, a fast one takes
the next and commits first, and who has read that far never sees the slow one.

An article is numbered when it is at rest, so that a run through the stages is announced once, with its results. What
goes stays as a row: a deleted article is dropped with the reason `deleted`, a merged story points to another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, Table, func, literal, select, text, union_all, update

from shared.database import select_given
from shared.errors import UsageError
from shared.models import AT_REST, article, change_feed, story

LIMIT: Final = 500  # rows numbered, or read, at once
KINDS: Final[dict[str, Table]] = {"article": article, "story": story}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the feed: the article or story `id` is not what it was before `number`."""

    number: int
    kind: Literal["article", "story"]
    id: int


def number(connection: Connection, limit: int = LIMIT) -> int:
    """Give numbers to at most `limit` changed rows of each kind; returns to how many. Who comes second waits."""
    last = connection.scalar(select(change_feed.c.last).where(change_feed.c.id == 1).with_for_update())
    end = start = int(last or 0)
    for table in KINDS.values():
        ids = _unnumbered(connection, table, limit)
        rows = [{"id": id_, "change": place} for place, id_ in enumerate(ids, end + 1)]
        if rows:
            given = select_given(connection, rows, table).subquery()
            connection.execute(update(table).where(table.c.id == given.c.id).values(change=given.c.change))
        end += len(rows)
    connection.execute(update(change_feed).where(change_feed.c.id == 1, change_feed.c.last < end).values(last=end))
    return end - start


def _unnumbered(connection: Connection, table: Table, limit: int) -> Sequence[int]:
    """Rows that somebody is changing just now are left for the next time."""
    query = select(table.c.id).where(table.c.change.is_(None)).order_by(table.c.id).limit(limit)
    if table is article:
        query = query.where(text(AT_REST))
    return connection.scalars(query.with_for_update(skip_locked=True, key_share=True)).all()


def announce(connection: Connection, table: Table, ids: Iterable[int]) -> None:
    """What an export says of these rows of `article` or `story` has changed."""
    wanted = sorted(set(ids))
    connection.execute(update(table).where(table.c.id.in_(wanted), table.c.change.is_not(None)).values(change=None))


def current(connection: Connection) -> str:
    """The cursor of a reader who has seen everything that is numbered by now."""
    return cursor(connection, connection.scalar(select(change_feed.c.last)) or 0)


def cursor(connection: Connection, seen: int) -> str:
    """The cursor of a reader who has seen the changes up to number `seen`: the database's name and the number."""
    return f"{database_id(connection)}-{seen}"


def parse(connection: Connection, cursor: str) -> int:
    """The number in a cursor. Raises UsageError for what is none, or one of another database."""
    name, _, digits = cursor.strip().rpartition("-")
    if not name or not digits.isascii() or not digits.isdecimal():
        raise UsageError(f"not a cursor: {cursor!r} (copydesk export prints one, such as {current(connection)})")
    if name != database_id(connection):
        raise UsageError(
            f"the cursor {cursor!r} is of another database: this one's begin with {database_id(connection)}; "
            "export everything once and go on from the cursor that it prints"
        )
    last = connection.scalar(select(change_feed.c.last)) or 0
    if int(digits) > last:
        raise UsageError(f"the cursor {cursor!r} is ahead of this database, whose last is {current(connection)}")
    return int(digits)


def database_id(connection: Connection) -> str:
    """The name that every cursor of this database begins with."""
    return str(connection.scalar(select(change_feed.c.database_id)))


def after(connection: Connection, seen: int, limit: int = LIMIT) -> list[Change]:
    """The next changes after number `seen`, in order. A row that changed twice is there once, as it is now."""
    parts = [_after(table, kind, seen, limit) for kind, table in KINDS.items()]
    rows = connection.execute(union_all(*parts).order_by("number").limit(limit))
    return [Change(row.number, row.kind, row.id) for row in rows]


def _after(table: Table, kind: str, seen: int, limit: int) -> Any:
    columns = (table.c.change.label("number"), literal(kind).label("kind"), table.c.id.label("id"))
    query = select(*columns).where(table.c.change > seen).order_by(table.c.change).limit(limit).subquery()
    return select(query)


def count_unnumbered(connection: Connection) -> int:
    """How many rows at rest have changed and are not in the feed yet."""
    counts = [
        select(func.count()).select_from(article).where(article.c.change.is_(None), text(AT_REST)),
        select(func.count()).select_from(story).where(story.c.change.is_(None)),
    ]
    return sum(connection.scalar(query) or 0 for query in counts)
