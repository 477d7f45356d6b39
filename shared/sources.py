"""Sources: feeds, sitemaps and sites that articles come from, and what reading one of them adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from shared import claims, hosts
from shared.database import is_sqlite, now
from shared.models import source
from shared.reasons import Failed, retry_delay_s

DEEPEST = 3  # sitemap index in sitemap index in ...


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source to be read. `body` is set where it has been fetched already."""

    url: str
    canonical_url: str
    host: str
    submission_id: int
    kind: str = "unknown"
    label: str | None = None
    priority: int = 0
    parent_id: int | None = None
    depth: int = 0
    body: bytes | None = None  # packed
    content_type: str | None = None


def add(connection: Connection, new: Sequence[NewSource]) -> int:
    """Add sources that are not known; known ones are due again at once. Returns how many were added."""
    if not new:
        return 0
    host_ids = hosts.ensure(connection, [one.host for one in new])
    rows = [_row(one, host_ids[one.host]) for one in new]
    dialect = sqlite if is_sqlite(connection) else postgresql
    insert = dialect.insert(source).on_conflict_do_nothing().returning(source.c.id)
    added = len(connection.execute(insert, rows).all())
    hosts.wake(connection, host_ids.values())
    return added


def _row(one: NewSource, host_id: int) -> dict[str, Any]:
    columns = ("url", "canonical_url", "submission_id", "kind", "label", "priority", "parent_id", "depth", "body")
    return {name: getattr(one, name) for name in columns} | {
        "host_id": host_id,
        "content_type": one.content_type,
        "next_stage": "discover" if one.body is not None else "fetch",
    }


def read_again(connection: Connection, canonical_urls: Sequence[str]) -> None:
    """Let these sources be fetched again now, those in work excepted."""
    rows = connection.execute(
        update(source)
        .where(source.c.canonical_url.in_(canonical_urls), source.c.next_stage.is_(None))
        .values(next_stage="fetch", attempts=0, lost=0, hops=None, location=None, due_at=None, queued_at=None)
        .returning(source.c.host_id)
    )
    hosts.wake(connection, [row.host_id for row in rows])


@dataclass(frozen=True, slots=True)
class SourceEnding:
    """How a fetch or discover ended for a source; `failed` null: well, with `values` as columns to set."""

    row: Any
    token: int
    values: Mapping[str, Any]
    failed: Failed | None = None


def store(connection: Connection, endings: Sequence[SourceEnding]) -> list[SourceEnding]:
    """Write endings whose lease is still held; returns those."""
    held = claims.held(connection, source, {ending.row.id: ending.token for ending in endings})
    ours = [ending for ending in endings if ending.row.id in held]
    for ending in ours:
        connection.execute(update(source).where(source.c.id == ending.row.id).values(**_columns(ending)))
    return ours


def _columns(ending: SourceEnding) -> dict[str, Any]:
    free = {"lease_token": None, "leased_until": None, "queued_at": None}
    failed = ending.failed
    if failed is None:
        return free | {"reason": None, "detail": None, "attempts": 0, "lost": 0} | dict(ending.values)
    wait_s = retry_delay_s(failed, ending.row.attempts)
    end = {"next_stage": None} if wait_s is None else {"due_at": now(wait_s)}
    return free | {"reason": failed.reason, "detail": failed.detail[:500] or None, "polled_at": now()} | end


def give_up_lost(connection: Connection, rows: Sequence[Any], max_lost: int) -> list[Any]:
    """End the sources that killed their worker `max_lost` times; returns the others."""
    hopeless = [row.id for row in rows if row.lost >= max_lost]
    values = {"next_stage": None, "queued_at": None, "reason": "worker_lost", "body": None, "polled_at": now()}
    connection.execute(update(source).where(source.c.id.in_(hopeless)).values(**values))
    return [row for row in rows if row.lost < max_lost]


def count_found(connection: Connection, source_id: int, found: int, new: int) -> None:
    """Add to what a source has named so far."""
    connection.execute(
        update(source)
        .where(source.c.id == source_id)
        .values(found=source.c.found + bindparam("more_found", found), new=source.c.new + bindparam("more_new", new))
    )
