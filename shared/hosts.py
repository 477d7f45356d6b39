"""Hosts: the frontier. `host.next_allowed_at` is the only gate to a site: delay and lease in one column.

Null means that nothing waits. A claim sets it to the end of the lease, a finished request to its end plus the
delay. Whoever adds work for a host calls `wake` in the same transaction: it locks the row, so that a claimer who
would find no work, and put the host to sleep, waits or skips.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Connection,
    Float,
    Row,
    Table,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from shared import claims
from shared.claims import ready
from shared.database import is_sqlite, now, select_given
from shared.models import article, host, source


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A host that is ours until its lease ends, and the one article or source to be fetched from it."""

    host: Row[Any]  # as it was when claimed, but for `next_allowed_at`: the end of the lease
    table: Table  # article or source
    row: Row[Any]
    token: int
    robots_due: bool  # our copy of robots.txt is missing or too old
    validators: tuple[str | None, str | None] | None = None  # ETag and Last-Modified of the page that we have

    @property
    def url(self) -> str:
        """The address to be fetched next."""
        return str(self.row.location or self.row.url)


def ensure(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The ids of these host names, rows added where there are none."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    found = _ids(connection, wanted)
    missing = [name for name in wanted if name not in found]
    if missing:
        insert = sqlite.insert if is_sqlite(connection) else postgresql.insert
        connection.execute(insert(host).on_conflict_do_nothing(), [{"name": name} for name in missing])
        found |= _ids(connection, missing)
    return found


def _ids(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    given = select_given(connection, [{"name": name} for name in names], host)
    rows = connection.execute(select(host.c.name, host.c.id).where(host.c.name.in_(given)))
    return {row.name: row.id for row in rows}


def wake(connection: Connection, host_ids: Iterable[int | None]) -> None:
    """Something waits for these hosts: one that slept is due at once."""
    ids = {host_id for host_id in host_ids if host_id is not None}
    if ids:
        _wake(connection, host.c.id.in_(select_given(connection, [{"id": host_id} for host_id in ids], host)))


def wake_forgotten(connection: Connection) -> None:
    """Wake the hosts that sleep although something waits for them: a safety net, one cheap look per tick."""
    _wake(connection, and_(host.c.next_allowed_at.is_(None), something_waits()))


def something_waits() -> Any:
    """The condition that an article or source could be fetched from a host."""
    return or_(*(exists().where(table.c.host_id == host.c.id, ready(table, "fetch")) for table in (article, source)))


def _wake(connection: Connection, which: Any) -> None:
    # All are locked, in the order of ids so that two who wake the same hosts cannot deadlock; those that are awake
    # need no new version of their row.
    locked = connection.execute(
        select(host.c.id, host.c.next_allowed_at)
        .where(which)
        .order_by(host.c.id)
        .with_for_update(of=host, key_share=True)
    ).all()
    asleep = [row.id for row in locked if row.next_allowed_at is None]
    if asleep:
        connection.execute(update(host).where(host.c.id.in_(asleep)).values(next_allowed_at=now()))


def claim(connection: Connection, limit: int, lease_s: float, robots_ttl_s: float) -> list[Target]:
    """Up to `limit` due hosts with one source or article each, all ours for `lease_s`."""
    due = _due(connection, limit, robots_ttl_s)
    if not due:
        return []
    by_table = _choose(connection, due)
    claimed = {table: claims.claim(connection, table, "fetch", ids, lease_s) for table, ids in by_table.items() if ids}
    by_host = {row.host_id: (table, row) for table, made in claimed.items() for row in made.rows}
    robots_due = {row.id for row in due if row.robots_due}
    _sleep(connection, [row.id for row in due if row.id not in by_host])
    if not by_host:
        return []
    leased = connection.execute(
        update(host).where(host.c.id.in_(by_host)).values(next_allowed_at=now(lease_s)).returning(host)
    ).all()
    return [
        Target(row, table, work, claimed[table].token, row.id in robots_due)
        for row in leased
        for table, work in [by_host[row.id]]
    ]


def _due(connection: Connection, limit: int, robots_ttl_s: float) -> Sequence[Any]:
    """The hosts whose time has come, longest waiting first, each with the id of its next source and article."""
    return connection.execute(
        select(
            host.c.id,
            # not in the RETURNING of the update below: SQLite answers `is null` wrongly there
            _robots_due(robots_ttl_s).label("robots_due"),
            _next(source).label("source_id"),
            _next(article).label("article_id"),
        )
        .where(_is_due())
        .order_by(host.c.next_allowed_at)
        .limit(limit)
        # key_share: adding articles locks their hosts against deletion only, which is no reason to pass them over
        .with_for_update(of=host, skip_locked=True, key_share=True)
    ).all()


def _is_due() -> Any:
    # the clock read once, by a query of its own: or PostgreSQL reads it for every host, and the index ends no search
    return host.c.next_allowed_at <= select(now()).scalar_subquery()


def _choose(connection: Connection, due: Sequence[Any]) -> dict[Table, list[int]]:
    """What each host is asked for next: a source, since it leads to articles, unless an article is more urgent."""
    both = [row for row in due if row.source_id and row.article_id]
    urgent = _more_urgent(connection, both) if both else set()
    return {
        source: [row.source_id for row in due if row.source_id and row.article_id not in urgent],
        article: [row.article_id for row in due if row.article_id in urgent or (row.article_id and not row.source_id)],
    }


def _more_urgent(connection: Connection, both: Sequence[Any]) -> set[int]:
    """The articles whose priority is higher than that of the source which waits for the same host."""
    rows = connection.execute(
        select(article.c.id)
        .join(source, source.c.host_id == article.c.host_id)
        .where(
            article.c.id.in_([row.article_id for row in both]),
            source.c.id.in_([row.source_id for row in both]),
            article.c.priority > source.c.priority,
        )
    )
    return {row.id for row in rows}


def _robots_due(ttl_s: float) -> Any:
    return or_(host.c.robots_checked_at.is_(None), host.c.robots_checked_at < now(-ttl_s))


def _next(table: Table) -> Any:
    query = select(table.c.id).where(table.c.host_id == host.c.id, ready(table, "fetch"))
    return query.order_by(table.c.priority.desc(), table.c.id).limit(1).correlate(host).scalar_subquery()


def _sleep(connection: Connection, ids: Sequence[int]) -> None:
    """Nothing waits for these hosts, and their delay has passed; looked at again, now that we hold their locks."""
    if ids:
        empty = and_(host.c.id.in_(ids), not_(something_waits()))
        connection.execute(update(host).where(empty).values(next_allowed_at=None))


Settlement = tuple[Target, float, Mapping[str, Any]]  # arguments of `settle`


def settle(connection: Connection, target: Target, wait_s: float, values: Mapping[str, Any]) -> bool:
    """End the lease of a host: the next request is allowed `wait_s` from now; `values` are its other columns.

    Returns False, and changes nothing, where the lease has run out and the host may be another worker's.
    """
    return settle_all(connection, [(target, wait_s, values)]) == 1


def settle_all(connection: Connection, settlements: Sequence[Settlement]) -> int:
    """`settle` for several hosts, one statement for those of the same columns; returns how many were still ours."""
    by_columns: dict[tuple[str, ...], list[Settlement]] = defaultdict(list)
    for one in settlements:
        plain = not any(isinstance(value, ClauseElement) for value in one[2].values())
        by_columns[tuple(one[2]) if plain else ("", str(one[0].host.id))].append(one)
    return sum(_settle(connection, same) for same in by_columns.values())


def _settle(connection: Connection, same: Sequence[Settlement]) -> int:
    constants = {name: value for name, value in same[0][2].items() if isinstance(value, ClauseElement)}
    varying: dict[str, Any] = {name: bindparam(f"b_{name}") for name in same[0][2] if name not in constants}
    statement = (
        update(host)
        .where(host.c.id == bindparam("b_id"), host.c.next_allowed_at == bindparam("b_lease"))
        .values(next_allowed_at=now(bindparam("b_wait_s", type_=Float)), **constants, **varying)
    )
    rows = [
        {"b_id": target.host.id, "b_lease": target.host.next_allowed_at, "b_wait_s": wait_s}
        | {f"b_{name}": values[name] for name in varying}
        for target, wait_s, values in same
    ]
    return connection.execute(statement, rows).rowcount


def robots_text(connection: Connection, host_id: int) -> str | None:
    """Our copy of a host's robots.txt."""
    return connection.scalar(select(host.c.robots_text).where(host.c.id == host_id))


def lock(connection: Connection, host_ids: Iterable[int]) -> None:
    """Lock these hosts in the order of ids; who needs several takes them all here first."""
    connection.execute(
        select(host.c.id).where(host.c.id.in_(set(host_ids))).order_by(host.c.id).with_for_update(key_share=True)
    )


def borrow(connection: Connection, name: str, lease_s: float) -> int | None:
    """Take the host called `name` for one request, if it is free now: for a robots.txt that moved there."""
    host_id = ensure(connection, [name])[name]
    free = or_(host.c.next_allowed_at.is_(None), host.c.next_allowed_at <= now())
    taken = connection.execute(
        update(host).where(host.c.id == host_id, free).values(next_allowed_at=now(lease_s)).returning(host.c.id)
    ).first()
    return host_id if taken else None


def give_back(connection: Connection, host_ids: Iterable[int], delay_s: float) -> None:
    """End the lease of borrowed hosts."""
    wait = func.coalesce(host.c.crawl_delay_s, host.c.delay_s, delay_s)
    connection.execute(update(host).where(host.c.id.in_(set(host_ids))).values(next_allowed_at=now(wait)))


def count_due(connection: Connection) -> int:
    """How many hosts wait to be asked now."""
    return connection.scalar(select(func.count()).select_from(host).where(_is_due())) or 0


def next_due_in(connection: Connection) -> float | None:
    """Seconds until the first waiting host is due (0: now); None where nothing waits."""
    earliest, moment = connection.execute(select(func.min(host.c.next_allowed_at), now())).one()
    return None if earliest is None else max(0.0, (earliest - moment).total_seconds())
