"""How fast articles go through the stages: read from the newest rows of the ledger, however long that is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, get_args

from sqlalchemy import Connection, select

from shared.database import now
from shared.models import StageName, stage_run

STAGE_NAMES: Final[tuple[str, ...]] = get_args(StageName)
SAMPLE = 4000  # newest ledger rows: a few milliseconds, whatever the size of the ledger
WINDOW_S = 60.0  # over which rates are taken
LAST_STAGE = "deduplicate"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds per article that ended well in a stage of late: of service, and of waiting before it. Null: none did."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    waiting_p50: float | None = None
    waiting_p95: float | None = None
    waiting_p99: float | None = None
    per_minute: float = 0.0


@dataclass(frozen=True, slots=True)
class Flow:
    """Times by stage, articles that ended per minute, and retries per minute, by reason."""

    stages: dict[str, Times] = field(default_factory=dict)
    ended_per_minute: float = 0.0
    retries_per_minute: dict[str, float] = field(default_factory=dict)


def flow(connection: Connection) -> Flow:
    """How fast it goes now."""
    columns = stage_run.c
    names = (columns.stage, columns.outcome, columns.reason, columns.seconds, columns.waited_s, columns.started_at)
    runs = connection.execute(select(*names).order_by(columns.id.desc()).limit(SAMPLE)).all()
    moment = connection.execute(select(now())).scalar_one()
    span_s = _span_s(runs, moment)
    recent = [run for run in runs if (moment - run.started_at).total_seconds() <= span_s]
    retries = {run.reason for run in recent if run.outcome in ("retry", "lost")}
    per_minute = 60.0 / span_s
    return Flow(
        {name: _times(name, runs, recent, per_minute) for name in STAGE_NAMES},
        round(per_minute * sum(map(_ends, recent)), 2),
        {reason: round(per_minute * sum(run.reason == reason for run in recent), 2) for reason in sorted(retries)},
    )


def _span_s(runs: Sequence[Any], moment: datetime) -> float:
    """The seconds that rates are taken over: fewer where the sample reaches back less far, or work has just begun."""
    if not runs:
        return WINDOW_S
    oldest_s: float = max((moment - run.started_at).total_seconds() for run in runs)
    return min(WINDOW_S, max(1.0, oldest_s))


def _ends(run: Any) -> bool:
    return run.outcome in ("dropped", "quarantined") or (run.outcome == "done" and run.stage == LAST_STAGE)


def _times(name: str, runs: Iterable[Any], recent: Iterable[Any], per_minute: float) -> Times:
    mine = [run for run in runs if run.stage == name and run.outcome == "done"]
    service = sorted(run.seconds for run in mine if run.seconds is not None)
    waiting = sorted(run.waited_s for run in mine if run.waited_s is not None)
    done = sum(run.stage == name and run.outcome == "done" for run in recent)
    return Times(*_percentiles(service), *_percentiles(waiting), per_minute=round(per_minute * done, 2))


def _percentiles(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """p50, p95 and p99 of sorted values."""
    if not values:
        return None, None, None
    p50, p95, p99 = (round(values[min(len(values) - 1, int(share * len(values)))], 4) for share in (0.5, 0.95, 0.99))
    return p50, p95, p99
