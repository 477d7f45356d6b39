"""How fast articles go through the stages: read from the newest rows of the ledger, however long that is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from sqlalchemy import Connection, select

from shared.database import now
from shared.models import StageName, stage_run

STAGE_NAMES: Final[tuple[str, ...]] = get_args(StageName)
SAMPLE = 2000  # newest ledger rows: a few milliseconds, whatever the size of the ledger
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
    moment: datetime = connection.execute(select(now())).scalar_one()
    span_s = _span_s(runs, moment)
    per_minute, begins = 60.0 / span_s, moment - timedelta(seconds=span_s)
    recent = Counter((run[0], run[1], run[2]) for run in runs if run[5] >= begins)
    retries: Counter[str] = Counter()
    for (_, outcome, reason), times in recent.items():
        if outcome in ("retry", "lost"):
            retries[reason] += times
    ended = sum(times for (stage, outcome, _), times in recent.items() if _ends(stage, outcome))
    return Flow(
        {name: _times(name, runs, per_minute * recent[name, "done", None]) for name in STAGE_NAMES},
        round(per_minute * ended, 2),
        {reason: round(per_minute * times, 2) for reason, times in retries.most_common()},
    )


def _span_s(runs: Sequence[Any], moment: datetime) -> float:
    """The seconds that rates are taken over: fewer where the sample reaches back less far, or work has just begun."""
    if not runs:
        return WINDOW_S
    oldest_s: float = (moment - min(run[5] for run in runs)).total_seconds()
    return min(WINDOW_S, max(1.0, oldest_s))


def _ends(stage: str, outcome: str) -> bool:
    return outcome in ("dropped", "quarantined") or (outcome == "done" and stage == LAST_STAGE)


def _times(name: str, runs: Sequence[Any], per_minute: float) -> Times:
    mine = [
        (seconds, waited_s) for stage, outcome, _, seconds, waited_s, _ in runs if stage == name and outcome == "done"
    ]
    service = sorted(seconds for seconds, _ in mine if seconds is not None)
    waiting = sorted(waited_s for _, waited_s in mine if waited_s is not None)
    return Times(*_percentiles(service), *_percentiles(waiting), per_minute=round(per_minute, 2))


def _percentiles(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """p50, p95 and p99 of sorted values."""
    if not values:
        return None, None, None
    p50, p95, p99 = (round(values[min(len(values) - 1, int(share * len(values)))], 4) for share in (0.5, 0.95, 0.99))
    return p50, p95, p99
