"""Articles: the one place that writes their status, and the ledger of how every stage run ended."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, Float, Row, bindparam, cast, func, insert, select, update

from shared import claims
from shared.database import given_later, is_sqlite, now
from shared.models import Outcome, article, host, stage_run
from shared.reasons import PLANS, Failed, retry_delay_s

LONGEST_DETAIL = 500
PLAIN = str | int | float | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How one run of a stage ended for one article, ready to be stored.

    `values` are article columns. `retry_in_s` is set where the outcome is "retry".
    """

    article_id: int
    token: int
    attempt: int
    outcome: Outcome
    seconds: float
    values: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    detail: str | None = None
    retry_in_s: float | None = None
    waited_s: float | None = None


def ended_well(row: Row[Any], token: int, seconds: float, values: Mapping[str, Any]) -> Ending:
    """The stage did what it should for `row`; `values` name the new status and the stage that comes next."""
    fresh = {"attempts": 0, "lost": 0, "reason": None, "detail": None, "due_at": None}
    return Ending(row.id, token, row.attempts, "done", seconds, fresh | dict(values), waited_s=waited_s(row))


def waited_s(row: Row[Any]) -> float | None:
    """How long an article had waited for a worker when it was claimed as `row`; null after a retry."""
    since = row.queued_at or (row.created_at if row.status == "submitted" else None)
    if since is None or row.attempts != 1:
        return None
    return max(0.0, float((row.claimed_at - since).total_seconds()))


def ended_badly(row: Row[Any], token: int, seconds: float, failed: Failed) -> Ending:
    """The stage failed for `row`: later again, or dropped or quarantined, as the reason's plan says."""
    detail = failed.detail[:LONGEST_DETAIL] or None
    values: dict[str, Any] = {"reason": failed.reason, "detail": detail}
    wait_s = retry_delay_s(failed, row.attempts)
    if wait_s is not None:
        return Ending(
            row.id, token, row.attempts, "retry", seconds, values, failed.reason, detail, wait_s, waited_s(row)
        )
    outcome = PLANS[failed.reason].final
    values |= {"status": outcome, "next_stage": None}
    return Ending(row.id, token, row.attempts, outcome, seconds, values, failed.reason, detail, None, waited_s(row))


def store(connection: Connection, stage: str, version: int, endings: Sequence[Ending]) -> None:
    """Write endings whose lease is still held (see `still_ours`) and their ledger rows."""
    by_columns: dict[tuple[str, ...], list[Ending]] = defaultdict(list)
    for ending in endings:
        by_columns[(*sorted(ending.values), "retry" if ending.retry_in_s else "")].append(ending)
    for same in by_columns.values():
        _update(connection, same, alike=all(_is_like(ending, same[0]) for ending in same))
    run_again(connection, [ending.article_id for ending in endings])
    write_ledger(connection, [_ledger_row(stage, version, ending) for ending in endings])


def still_ours(connection: Connection, endings: Iterable[Ending]) -> list[Ending]:
    """The endings whose lease we still hold, in the order of ids; a worker that woke too late stores nothing."""
    tokens = {ending.article_id: ending for ending in endings}
    held = claims.held(connection, article, {article_id: ending.token for article_id, ending in tokens.items()})
    return [tokens[article_id] for article_id in sorted(held)]


def _is_like(one: Ending, other: Ending) -> bool:
    """Whether two endings of the same columns set them to the same values."""
    return one.retry_in_s == other.retry_in_s and all(
        value is other.values[name] or (isinstance(value, PLAIN) and value == other.values[name])
        for name, value in one.values.items()
    )


def _update(connection: Connection, endings: Sequence[Ending], *, alike: bool) -> None:
    """Endings that set the same columns; `alike`: to the same values, so that one statement may name all ids."""
    first = endings[0]
    clauses = {name: value for name, value in first.values.items() if isinstance(value, ClauseElement)}
    plain = [name for name in first.values if name not in clauses]
    statement = _updating(tuple(plain), bool(first.values.get("next_stage")), first.retry_in_s is not None, alike)
    given = [
        {f"b_{name}": ending.values[name] for name in plain}
        | {"b_ids": [ending.article_id], "b_id": ending.article_id, "b_retry_in_s": ending.retry_in_s}
        for ending in endings
    ]
    if alike:
        given = [given[0] | {"b_ids": [ending.article_id for ending in endings]}]
    connection.execute(statement.values(clauses) if clauses else statement, given if len(given) > 1 else given[0])


@cache  # a statement takes longer to build than to run
def _updating(names: tuple[str, ...], goes_on: bool, later: bool, alike: bool) -> Any:
    values: dict[str, Any] = {name: bindparam(f"b_{name}", type_=article.c[name].type) for name in names}
    values |= {"lease_token": None, "leased_until": None, "change": None, "queued_at": now() if goes_on else None}
    if later:
        values["due_at"] = now(bindparam("b_retry_in_s", type_=Float))
    which = article.c.id.in_(bindparam("b_ids", expanding=True)) if alike else article.c.id == bindparam("b_id")
    return update(article).where(which).values(values)


def _ledger_row(stage: str, version: int, ending: Ending) -> dict[str, Any]:
    return {
        "article_id": ending.article_id,
        "stage": stage,
        "version": version,
        "attempt": ending.attempt,
        "outcome": ending.outcome,
        "reason": ending.reason,
        "detail": ending.detail,
        "seconds": round(ending.seconds, 6),
        "waited_s": None if ending.waited_s is None else round(ending.waited_s, 3),
    }


def run_again(connection: Connection, article_ids: Sequence[int]) -> None:
    """Send those of these articles back, whose lease has just ended, for which that was asked meanwhile."""
    connection.execute(_RUNNING_AGAIN, {"b_ids": list(article_ids)})


_RUNNING_AGAIN = (
    update(article)
    .where(article.c.id.in_(bindparam("b_ids", expanding=True)), article.c.rerun_from.is_not(None))
    .values(next_stage=article.c.rerun_from, rerun_from=None, attempts=0, lost=0, due_at=None, queued_at=None)
)


def write_ledger(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to stage_run; the start is reckoned back from the database's clock."""
    if rows:
        connection.execute(_adding_to_ledger(is_sqlite(connection), tuple(rows[0])), {"given": list(rows)})


@cache
def _adding_to_ledger(on_sqlite: bool, names: tuple[str, ...]) -> Any:
    given = given_later(on_sqlite, names, stage_run)
    start = now(-cast(given.selected_columns.seconds, Float))
    return insert(stage_run).from_select((*names, "started_at"), given.add_columns(start))


def give_up_lost(connection: Connection, rows: Sequence[Row[Any]], max_lost: int) -> list[Row[Any]]:
    """Write the ledger of leases that ran out; quarantine what was lost `max_lost` times. Returns the others."""
    hopeless = {row.id for row in rows if _is_hopeless(row, max_lost)}
    connection.execute(
        update(article)
        .where(article.c.id.in_(hopeless))
        .values(status="quarantined", next_stage=None, queued_at=None, reason="worker_lost", change=None)
    )
    run_again(connection, [row.id for row in rows])
    ledger = [
        _ledger_row(row.next_stage, 0, Ending(row.id, 0, row.attempts, outcome, 0.0, reason="worker_lost"))
        for row in rows
        for outcome in [_lost_outcome(row.id in hopeless)]
    ]
    write_ledger(connection, ledger)
    return [row for row in rows if row.id not in hopeless]


def _lost_outcome(hopeless: bool) -> Outcome:
    return "quarantined" if hopeless else "lost"


def _is_hopeless(row: Row[Any], max_lost: int) -> bool:
    # a fetch worker dies with hundreds of requests in flight, none of them likely to be its killer
    return bool(row.lost >= (3 * max_lost if row.next_stage == "fetch" else max_lost))


def with_text(connection: Connection, article_ids: Sequence[int], versions: Mapping[str, int]) -> list[Any]:
    """Those of these articles that have a text and whose later stages, as far as they ran, ran in these versions."""
    latest = select(func.max(stage_run.c.id)).where(
        stage_run.c.article_id.in_(article_ids), stage_run.c.outcome == "done", stage_run.c.stage.in_(versions)
    )
    runs = connection.execute(
        select(stage_run.c.article_id, stage_run.c.stage, stage_run.c.version).where(
            stage_run.c.id.in_(latest.group_by(stage_run.c.article_id, stage_run.c.stage))
        )
    )
    outdated = {run.article_id for run in runs if run.version != versions[run.stage]}
    query = select(article.c.id, article.c.status, article.c.text, article.c.language)
    rows = connection.execute(
        query.where(
            article.c.id.in_(set(article_ids) - outdated), article.c.status.in_(("cleaned", "extracted", "done"))
        )
    )
    return list(rows.all())


def texts(connection: Connection, article_ids: Sequence[int]) -> dict[int, Any]:
    """Text, language and title of these articles, by id."""
    rows = connection.execute(
        select(article.c.id, article.c.text, article.c.language, article.c.title).where(article.c.id.in_(article_ids))
    )
    return {row.id: row for row in rows}


def one(connection: Connection, article_id: int) -> Any:
    """An article with its host's name; null where there is none."""
    query = select(article, host.c.name.label("host")).join_from(article, host, isouter=True)
    return connection.execute(query.where(article.c.id == article_id)).first()


def life(connection: Connection, article_id: int) -> Sequence[Any]:
    """The ledger of an article: every run of a stage, in order."""
    return connection.execute(
        select(stage_run).where(stage_run.c.article_id == article_id).order_by(stage_run.c.id)
    ).all()
