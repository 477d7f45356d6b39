"""Hosts: the frontier. `host.next_allowed_at` is the only gate to a site: delay and lease in one column.

Null means that nothing waits. A claim sets it to the end of the lease, a finished request to its end plus the
delay. Whoever adds work for a host calls `wake` in the same transaction: it locks the row, so that a claimer who
would find no work, and put the host to sleep, waits or skips.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared import claims
from shared.claims import ready
from shared.database import is_sqlite, now
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
    insert = sqlite.insert if is_sqlite(connection) else postgresql.insert
    found = _ids(connection, wanted)
    missing = [{"name": name} for name in wanted if name not in found]
    if missing:
        connection.execute(insert(host).on_conflict_do_nothing(), missing)
        found |= _ids(connection, [row["name"] for row in missing])
    return found


def _ids(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    rows = connection.execute(select(host.c.name, host.c.id).where(host.c.name.in_(names)))
    return {row.name: row.id for row in rows}


def wake(connection: Connection, host_ids: Iterable[int | None]) -> None:
    """Something waits for these hosts: one that slept is due at once."""
    ids = sorted({host_id for host_id in host_ids if host_id is not None})
    if ids:
        _wake(connection, select(host.c.id).where(host.c.id.in_(ids)))


def wake_forgotten(connection: Connection) -> None:
    """Wake the hosts that sleep although something waits for them: a safety net, one cheap look per tick."""
    waiting = or_(
        exists().where(article.c.host_id == host.c.id, ready(article, "fetch")),
        exists().where(source.c.host_id == host.c.id, ready(source, "fetch")),
    )
    _wake(connection, select(host.c.id).where(host.c.next_allowed_at.is_(None), waiting))


def _wake(connection: Connection, ids: Select[Any]) -> None:
    # locked in the order of ids, so that two who wake the same hosts cannot deadlock
    ordered = ids.order_by(host.c.id).with_for_update(key_share=True).scalar_subquery()
    connection.execute(
        update(host).where(host.c.id.in_(ordered)).values(next_allowed_at=func.coalesce(host.c.next_allowed_at, now()))
    )


def claim(connection: Connection, limit: int, lease_s: float, robots_ttl_s: float) -> list[Target]:
    """Up to `limit` due hosts with one source or article each, all ours for `lease_s`."""
    due = _due(connection, limit, robots_ttl_s)
    claimed = {
        table: claims.claim(connection, table, "fetch", [row_id for row_id in ids if row_id], lease_s)
        for table, ids in (
            # sources first: they are few, and lead to articles
            (source, [row.source_id for row in due]),
            (article, [row.article_id for row in due if not row.source_id]),
        )
    }
    by_host = {row.host_id: (table, row) for table, made in claimed.items() for row in made.rows}
    robots_due = {row.id for row in due if row.robots_due}
    _sleep(connection, [row.id for row in due if row.id not in by_host])
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
            _next(source, source.c.id).label("source_id"),
            _next(article, article.c.priority.desc(), article.c.id).label("article_id"),
        )
        .where(host.c.next_allowed_at <= now())
        .order_by(host.c.next_allowed_at)
        .limit(limit)
        .with_for_update(of=host, skip_locked=True, key_share=True)
    ).all()


def _robots_due(ttl_s: float) -> Any:
    return or_(host.c.robots_checked_at.is_(None), host.c.robots_checked_at < now(-ttl_s))


def _next(table: Table, *order: Any) -> Any:
    query = select(table.c.id).where(table.c.host_id == host.c.id, ready(table, "fetch"))
    return query.order_by(*order).limit(1).correlate(host).scalar_subquery()


def _sleep(connection: Connection, ids: Sequence[int]) -> None:
    """Nothing waits for these hosts, and their delay has passed."""
    connection.execute(update(host).where(host.c.id.in_(ids)).values(next_allowed_at=None))


def settle(connection: Connection, target: Target, wait_s: float, values: Mapping[str, Any]) -> bool:
    """End the lease of a host: the next request is allowed `wait_s` from now; `values` are its other columns.

    Returns False, and changes nothing, where the lease has run out and the host may be another worker's.
    """
    ours = and_(host.c.id == target.host.id, host.c.next_allowed_at == target.host.next_allowed_at)
    done = connection.execute(update(host).where(ours).values(next_allowed_at=now(wait_s), **values))
    return done.rowcount == 1


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
    return connection.scalar(select(func.count()).select_from(host).where(host.c.next_allowed_at <= now())) or 0


def next_due_in(connection: Connection) -> float | None:
    """Seconds until the first waiting host is due (0: now); None where nothing waits."""
    earliest, moment = connection.execute(select(func.min(host.c.next_allowed_at), now())).one()
    return None if earliest is None else max(0.0, (earliest - moment).total_seconds())
