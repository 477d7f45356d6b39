"""What sources yield, against their own past: a site whose layout has changed falls silent without an error.

The newest articles of a source are compared with those before them. Dispatch judges every source now and then and
writes the alarm into its row, so that it is there although nobody looks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, Select, bindparam, or_, select, update

from shared.database import now
from shared.models import FINAL, article, source

RECENT = 20  # newest articles of a source
PAST = 100  # those before them
LEAST_RECENT, LEAST_PAST = 10, 20  # fewer say nothing
JUDGED_EVERY_S = 600.0
LONGEST_USUAL_GAP_S = 7 * 86_400.0

# Beyond these an alarm is given.
YIELD_LOST = 0.35  # of the articles that used to become done
DATES_LOST = 0.5
LENGTH_SHRUNK, LENGTH_GROWN = 0.5, 2.5
SILENCE = 8.0  # times the usual time between two articles
SHORTEST_SILENCE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some articles of one source that have ended: what share is done and dated, and their usual length in words."""

    articles: int = 0
    done: float | None = None
    dated: float | None = None
    words: float | None = None


@dataclass(frozen=True, slots=True)
class Yield:
    """What a source brought lately and before that, when its newest article came, and what is wrong with that."""

    recent: Stretch = Stretch()
    past: Stretch = Stretch()
    newest_at: datetime | None = None
    usual_gap_s: float | None = None
    lengths: tuple[int, ...] = ()  # of the texts in words, oldest first
    alarm: str | None = None


def measure(connection: Connection, rows: Sequence[Any]) -> dict[int, Yield]:
    """The yields of these source rows, by id."""
    if not rows:
        return {}
    moment = connection.execute(select(now())).scalar_one()
    brought = {row.id: connection.execute(BROUGHT, {"b_source": row.id}).all() for row in rows}
    ends = {one.id for some in brought.values() if some for one in (some[0], some[-1])}
    born = {one.id: one.created_at for one in connection.execute(_births(ends))}
    return {row.id: _measure(row, brought[row.id], born, moment) for row in rows}


# The newest articles of a source, newest first, from the index alone. One by one: to plan a union of fifty takes
# PostgreSQL far longer than to run it.
BROUGHT = (
    select(article.c.id, article.c.status, article.c.word_count, article.c.published_at.is_not(None).label("dated"))
    .where(article.c.source_id == bindparam("b_source"))
    .order_by(article.c.id.desc())
    .limit(RECENT + PAST)
)


def _births(article_ids: Collection[int]) -> Select[Any]:
    return select(article.c.id, article.c.created_at).where(article.c.id.in_(article_ids))


def _measure(row: Any, found: Sequence[Any], born: Mapping[int, datetime], moment: datetime) -> Yield:
    if not found:
        return Yield()
    newest_at, oldest_at = born[found[0].id], born[found[-1].id]
    gap_s = (newest_at - oldest_at).total_seconds() / (len(found) - 1) if len(found) > 1 else None
    ended = [one for one in found if one.status in FINAL]
    recent, past = stretch(ended[:RECENT]), stretch(ended[RECENT:])
    silent_s = (moment - newest_at).total_seconds() if row.watched and not row.paused else 0.0
    lengths = tuple(one.word_count for one in reversed(found) if one.status == "done" and one.word_count)
    alarm = judge(recent, past) or judge_silence(silent_s, gap_s, len(found))
    return Yield(recent, past, newest_at, gap_s, lengths[-30:], alarm)


def stretch(rows: Sequence[Any]) -> Stretch:
    """What these rows (status, word_count, dated) come to."""
    if not rows:
        return Stretch()
    done = [row for row in rows if row.status == "done"]
    return Stretch(
        articles=len(rows),
        done=len(done) / len(rows),
        dated=sum(bool(row.dated) for row in done) / len(done) if done else None,
        words=median(row.word_count or 0 for row in done) if done else None,
    )


def judge(recent: Stretch, past: Stretch) -> str | None:
    """What has changed for the worse: yield, length, dates; None where nothing has, or too little is known."""
    if recent.articles < LEAST_RECENT or past.articles < LEAST_PAST or not past.done:
        return None
    if past.done - (recent.done or 0.0) > YIELD_LOST:
        return "yield"
    if recent.articles * (recent.done or 0.0) < LEAST_RECENT / 2:
        return None
    if recent.words is not None and past.words and not LENGTH_SHRUNK <= recent.words / past.words <= LENGTH_GROWN:
        return "length"
    if recent.dated is not None and past.dated is not None and past.dated - recent.dated > DATES_LOST:
        return "dates"
    return None


def judge_silence(silent_s: float, usual_gap_s: float | None, articles: int) -> str | None:
    """Whether a watched source has been silent for much longer than it uses to be."""
    if usual_gap_s is None or articles < LEAST_PAST or usual_gap_s > LONGEST_USUAL_GAP_S:
        return None
    return "silence" if silent_s > max(SHORTEST_SILENCE_S, SILENCE * usual_gap_s) else None


def judge_due(connection: Connection, limit: int) -> dict[str, str]:
    """Judge the sources that were not judged for a while; returns new alarms by address."""
    long_ago = source.c.judged_at < select(now(-JUDGED_EVERY_S)).scalar_subquery()
    due = or_(source.c.judged_at.is_(None), long_ago)
    query = select(source.c.id, source.c.url, source.c.watched, source.c.paused, source.c.alarm).where(due)
    rows = connection.execute(query.order_by(source.c.judged_at).limit(limit).with_for_update(skip_locked=True)).all()
    if not rows:
        return {}
    found = measure(connection, rows)
    connection.execute(
        update(source).where(source.c.id == bindparam("b_id")).values(alarm=bindparam("b_alarm"), judged_at=now()),
        [{"b_id": row.id, "b_alarm": found[row.id].alarm} for row in rows],
    )
    return {row.url: alarm for row in rows if (alarm := found[row.id].alarm) and alarm != row.alarm}


def count_alarms(connection: Connection) -> Mapping[str, int]:
    """How many sources have which alarm."""
    rows = connection.scalars(select(source.c.alarm).where(source.c.alarm.is_not(None))).all()
    return {alarm: rows.count(alarm) for alarm in sorted(set(rows))}
