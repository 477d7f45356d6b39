"""Throughput: how many articles ended, minute by minute, read from the ledger."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, cast, extract, func, select, text

from shared.database import is_sqlite, now
from shared.models import ENDS, stage_run

MINUTES = 60


def last_hour(connection: Connection) -> tuple[Mapping[datetime, int], datetime]:
    """Articles that ended in each minute of the last hour in which any did, and the last of these minutes."""
    ended = text(f"({ENDS})")
    last = connection.scalar(select(func.max(stage_run.c.started_at)).where(ended))
    moment = connection.scalar(select(now()))
    end = last if last and moment and moment - last > timedelta(minutes=MINUTES) else moment or datetime.now(UTC)
    end = end.replace(second=0, microsecond=0)
    begin = end - timedelta(minutes=MINUTES - 1)
    minute = _minute(connection).label("minute")
    query = select(minute, func.count().label("articles")).where(ended, stage_run.c.started_at >= begin)
    counts: dict[datetime, int] = defaultdict(int)
    for row in connection.execute(query.group_by(minute)):
        counts[datetime.fromtimestamp(row.minute * 60, UTC)] += row.articles
    return counts, end


def _minute(connection: Connection) -> Any:
    """Minutes since 1970."""
    if is_sqlite(connection):
        return cast(func.strftime("%s", stage_run.c.started_at), Integer) // 60
    return cast(func.floor(extract("epoch", stage_run.c.started_at) / 60), Integer)
