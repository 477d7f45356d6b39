"""Claims: which worker may work on which row, for every table of rows that workers claim (article, source).

A row waits for `next_stage`. Claiming it is a compare-and-set that gives the row a token and an end of lease;
only who holds the token may store. Nobody but `take_lost` takes a lease away, so a lost one is counted once.
Locks are FOR NO KEY UPDATE (`key_share`), which rows that refer to a locked one need not wait for.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Row, Table, Text, and_, bindparam, or_, select, update

from shared.database import now

Rows = Sequence[Row[Any]]
LARGE = frozenset({"authors", "markdown", "removed", "provenance"})  # results, which no claim needs to know


@dataclass(frozen=True, slots=True)
class Claim:
    """The rows that are ours until the lease ends, as they were when claimed, and when; the token that proves it."""

    token: int
    rows: Rows

    @property
    def tokens(self) -> dict[int, int]:
        """The token of each row, by its id."""
        return {row.id: self.token for row in self.rows}


def new_token() -> int:
    """A number that no other claim has."""
    return random.getrandbits(62)


def ready(table: Table, stage: Any) -> Any:
    """The condition that a row may be claimed for `stage`."""
    columns = table.c
    return and_(columns.next_stage == stage, columns.lease_token.is_(None), columns.due_at.is_(None))


def _told(table: Table) -> list[ColumnElement[Any]]:
    return [column for column in table.c if column.name not in LARGE]


def claim(  # noqa: PLR0913, PLR0917  (what, whose, for how long, and what to tell)
    connection: Connection,
    table: Table,
    stage: str,
    ids: Sequence[int],
    lease_s: float,
    columns: Sequence[ColumnElement[Any]] = (),
) -> Claim:
    """Make those of `ids` ours that wait for `stage`. The attempt is counted now: a crash cannot hide it.

    The rows have `columns`, the id among them; by default all but those with results.
    """
    token = new_token()
    given = {"b_ids": list(ids), "b_stage": stage, "b_token": token, "b_lease_s": lease_s}
    rows = connection.execute(_claiming(table, tuple(columns or _told(table))), given).all()
    return Claim(token, sorted(rows, key=lambda row: int(row.id)))


@cache  # a statement takes longer to build than to run
def _claiming(table: Table, columns: tuple[ColumnElement[Any], ...]) -> Any:
    waiting = (
        select(table.c.id)
        .where(_among_ids(table), ready(table, bindparam("b_stage", type_=Text)))
        .order_by(table.c.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    lease = {"lease_token": bindparam("b_token"), "leased_until": now(bindparam("b_lease_s", type_=Float))}
    return (
        update(table)
        .where(table.c.id.in_(waiting.scalar_subquery()))
        .values(**lease, attempts=table.c.attempts + 1)
        .returning(*columns, now().label("claimed_at"))
    )


def _among_ids(table: Table) -> Any:
    return table.c.id.in_(bindparam("b_ids", expanding=True))


def passed_over(connection: Connection, table: Table, stage: str, ids: Sequence[int], claimed: Claim) -> list[int]:
    """Those of `ids` that `claim` left although they wait for `stage`: another transaction held them just then."""
    missing = set(ids) - claimed.tokens.keys()
    if not missing:
        return []
    return list(connection.scalars(select(table.c.id).where(table.c.id.in_(missing), ready(table, stage))))


def held(connection: Connection, table: Table, tokens: Mapping[int, int]) -> set[int]:
    """Of these ids those whose lease still carries the given token; their rows stay locked in this transaction."""
    rows = connection.execute(_holding(table), {"b_ids": list(tokens)})
    return {row.id for row in rows if row.lease_token == tokens[row.id]}


@cache
def _holding(table: Table) -> Any:
    query = select(table.c.id, table.c.lease_token).where(_among_ids(table))
    return query.order_by(table.c.id).with_for_update(key_share=True)


def put_back(connection: Connection, table: Table, claimed: Claim) -> None:
    """Give unworked rows back as if they had never been claimed."""
    connection.execute(
        update(table)
        .where(table.c.id.in_([row.id for row in claimed.rows]), table.c.lease_token == claimed.token)
        .values(lease_token=None, leased_until=None, queued_at=None, attempts=table.c.attempts - 1)
    )


def take_lost(connection: Connection, table: Table, limit: int) -> Rows:
    """Take away up to `limit` leases that have run out, count them, and return the rows as they are now."""
    return connection.execute(_taking_lost(table), {"b_limit": limit}).all()


@cache
def _taking_lost(table: Table) -> Any:
    lost = _first(table, table.c.next_stage.is_not(None), table.c.leased_until < now())
    freed = {"lease_token": None, "leased_until": None, "queued_at": None}
    return update(table).where(table.c.id.in_(lost)).values(**freed, lost=table.c.lost + 1).returning(*_told(table))


def release_due(connection: Connection, table: Table, limit: int) -> Rows:
    """Make up to `limit` retries claimable whose time has come; returns their rows."""
    return connection.execute(_releasing(table), {"b_limit": limit}).all()


@cache
def _releasing(table: Table) -> Any:
    due = _first(table, table.c.next_stage.is_not(None), table.c.due_at <= now())
    return update(table).where(table.c.id.in_(due)).values(due_at=None, queued_at=None).returning(*_told(table))


def renew(connection: Connection, table: Table, claimed: Claim, lease_s: float) -> None:
    """Let the leases of a claim that are still ours end later: whoever works is alive."""
    connection.execute(
        update(table)
        .where(table.c.id.in_(claimed.tokens), table.c.lease_token == claimed.token)
        .values(leased_until=now(lease_s))
    )


def take_unsent(connection: Connection, table: Table, stage: str, limit: int, stale_s: float) -> Rows:
    """Id and `lost` of rows that wait for `stage` and that no message names, or none younger than `stale_s`.

    They are marked as sent now. This is how an article comes back whose message the broker lost, or whose hand-on
    failed.
    """
    given = {"b_limit": limit, "b_stage": stage, "b_since_s": -stale_s}
    return sorted(connection.execute(_taking_unsent(table), given).all(), key=lambda row: int(row.id))


@cache
def _taking_unsent(table: Table) -> Any:
    stale = table.c.queued_at < now(bindparam("b_since_s", type_=Float))
    unsent = _first(table, ready(table, bindparam("b_stage", type_=Text)), or_(table.c.queued_at.is_(None), stale))
    return update(table).where(table.c.id.in_(unsent)).values(queued_at=now()).returning(table.c.id, table.c.lost)


def _first(table: Table, *conditions: Any) -> Any:
    """The first `b_limit` ids of the rows that meet the conditions and that nobody else has locked."""
    # not plainly by id: SQLite would walk through the whole table in that order, where an index knows the few rows
    query = select(table.c.id).where(*conditions).order_by(table.c.id + 0).limit(bindparam("b_limit"))
    return query.with_for_update(skip_locked=True, key_share=True).scalar_subquery()


def unsend(connection: Connection, table: Table, ids: Sequence[int]) -> None:
    """No message names these rows after all."""
    connection.execute(update(table).where(table.c.id.in_(ids), table.c.lease_token.is_(None)).values(queued_at=None))


def forget_messages(connection: Connection, table: Table) -> None:
    """The broker has lost its memory: no waiting row is named by a message any more."""
    connection.execute(
        update(table)
        .where(table.c.next_stage.is_not(None), table.c.lease_token.is_(None), table.c.queued_at.is_not(None))
        .values(queued_at=None)
    )


def free_all(connection: Connection, table: Table) -> None:
    """Take every lease away, for who knows that no worker is alive."""
    connection.execute(
        update(table)
        .where(table.c.next_stage.is_not(None), table.c.lease_token.is_not(None))
        .values(lease_token=None, leased_until=None, queued_at=None)
    )
