"""Sources: feeds, sitemaps and sites that articles come from, and what reading one of them adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared import claims, hosts
from shared.database import is_sqlite, now
from shared.models import article, host, source
from shared.polling import next_attempt_s, next_interval_s
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
    watched: bool = False
    guessed: bool = False


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
    columns = ("url", "canonical_url", "submission_id", "kind", "label", "priority", "parent_id", "depth", "body",
               "content_type", "watched", "guessed")  # fmt: skip
    return {name: getattr(one, name) for name in columns} | {
        "host_id": host_id,
        "next_stage": "discover" if one.body is not None else "fetch",
    }


def read_again(connection: Connection, canonical_urls: Sequence[str]) -> None:
    """Let these sources be fetched again now, those in work and those that a person paused excepted."""
    _wake(connection, source.c.canonical_url.in_(canonical_urls), ~source.c.paused)


def poll_now(connection: Connection, source_id: int) -> None:
    """Let one source be fetched now, whatever its interval, and watch it again if it was paused or retired."""
    connection.execute(update(source).where(source.c.id == source_id).values(paused=False, failures=0))
    _wake(connection, source.c.id == source_id)


def _wake(connection: Connection, *which: Any) -> None:
    at_rest = or_(source.c.next_stage.is_(None), source.c.due_at.is_not(None))
    rows = connection.execute(
        update(source)
        .where(*which, at_rest)
        .values(next_stage="fetch", attempts=0, lost=0, hops=None, location=None, due_at=None, queued_at=None)
        .returning(source.c.host_id)
    )
    hosts.wake(connection, [row.host_id for row in rows])


def watch(connection: Connection, canonical_urls: Sequence[str]) -> None:
    """From now on these sources are read again and again."""
    connection.execute(
        update(source).where(source.c.canonical_url.in_(canonical_urls)).values(watched=True, paused=False)
    )


def pause(connection: Connection, source_id: int) -> None:
    """Read this source no more until `poll_now`; a fetch in flight is still stored."""
    idle = source.c.lease_token.is_(None)
    connection.execute(update(source).where(source.c.id == source_id).values(paused=True))
    connection.execute(
        update(source).where(source.c.id == source_id, idle).values(next_stage=None, due_at=None, queued_at=None)
    )


def remove(connection: Connection, source_id: int) -> None:
    """Forget a source; the articles that came from it stay."""
    connection.execute(update(article).where(article.c.source_id == source_id).values(source_id=None))
    connection.execute(update(source).where(source.c.parent_id == source_id).values(parent_id=None))
    connection.execute(delete(source).where(source.c.id == source_id))


def find(connection: Connection, which: str) -> Any:
    """The source with this id or canonical URL, or null."""
    same = source.c.id == int(which) if which.isdecimal() else source.c.canonical_url == which
    return connection.execute(select(source, host.c.name.label("host")).join(host).where(same)).first()


def listing(connection: Connection) -> Sequence[Any]:
    """Every source with its host's name and when the host may be asked again, failing ones first."""
    query = select(source, host.c.name.label("host"), host.c.next_allowed_at).join(host)
    return connection.execute(query.order_by(source.c.failures.desc(), source.c.id)).all()


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
    wrong = [ending.row.id for ending in ours if ending.failed and ending.row.guessed]
    for source_id in wrong:
        remove(connection, source_id)
    for ending in ours:
        connection.execute(update(source).where(source.c.id == ending.row.id).values(**_columns(ending)))
    return ours


def _columns(ending: SourceEnding) -> dict[str, Any]:
    free = {"lease_token": None, "leased_until": None, "queued_at": None}
    row, failed = ending.row, ending.failed
    if failed is not None:
        return (
            free | {"reason": failed.reason, "detail": failed.detail[:500] or None, "polled_at": now()} | _later(ending)
        )
    values = free | {"reason": None, "detail": None, "attempts": 0, "lost": 0, "failures": 0} | dict(ending.values)
    if values.get("next_stage") is None:
        values |= _next_poll(row, values.get("interval_s"))
    return values


def _next_poll(row: Any, interval_s: float | None) -> dict[str, Any]:
    """A watched source waits for its next poll as a row with a due time, like a retry."""
    if not row.watched or row.paused:
        return {"next_stage": None}
    wait_s = interval_s or row.interval_s or next_interval_s(None, 0)
    return {"next_stage": "fetch", "due_at": now(wait_s), "interval_s": wait_s, "location": None, "hops": None}


def _later(ending: SourceEnding) -> dict[str, Any]:
    """After a failure: a watched source slows down and is retired in the end, any other follows the reason's plan."""
    row, failed = ending.row, ending.failed or Failed("stage_error")
    if not row.watched:
        wait_s = retry_delay_s(failed, row.attempts)
        return {"next_stage": None} if wait_s is None else {"next_stage": "fetch", "due_at": now(wait_s)}
    failures = row.failures + 1
    wait_s = next_attempt_s(failures, failed.retry_after_s)
    start_over = {"failures": failures, "attempts": 0, "location": None, "hops": None, "body": None}
    if wait_s is None or row.paused:
        return start_over | {"next_stage": None, "paused": True}
    return start_over | {"next_stage": "fetch", "due_at": now(wait_s)}


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


def search(connection: Connection, which: str, words: str, after_id: int, limit: int) -> Sequence[Any]:
    """Some sources in the order of ids: `which` is all, alarm, failing or paused; `words` stand in the address."""
    conditions = {
        "alarm": source.c.alarm.is_not(None),
        "failing": source.c.reason.is_not(None),
        "paused": source.c.paused,
    }
    columns = [column for column in source.c if column.name != "body"]  # which may be long
    query = select(*columns, host.c.name.label("host"), host.c.next_allowed_at).join(host)
    query = query.where(source.c.id > after_id)
    if which in conditions:
        query = query.where(conditions[which])
    if words:
        query = query.where(source.c.url.icontains(words, autoescape=True))
    return connection.execute(query.order_by(source.c.id).limit(limit)).all()
