"""Accounting: where every article is. submitted = done + dropped + quarantined + in progress, to the row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, true

from shared import sites
from shared.database import now
from shared.models import article, host, source, stage_run

SOON_S = 5.0  # a retry that is due within this is not worth reporting as postponed
PAUSED_S = 180.0  # a host whose clock is further ahead than any lease or usual delay
SAMPLE = 2000  # ledger rows per stage that percentiles are taken from


@dataclass(frozen=True, slots=True)
class StageCounts:
    """One stage: articles that wait for it or are in work, and seconds of service per article."""

    waiting: int = 0
    running: int = 0
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The state of a database. `postponed` are those in progress that nothing will be done about soon."""

    submitted: int
    done: int
    duplicates: int
    dropped: int
    quarantined: int
    in_progress: int
    postponed: int
    postponed_until: str | None
    stages: dict[str, StageCounts]
    reasons: dict[str, int]
    hosts: dict[str, int]
    sources: dict[str, Any]

    @property
    def holds(self) -> bool:
        """Whether the books balance."""
        return self.submitted == self.done + self.dropped + self.quarantined + self.in_progress

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(slots=True)
class Progress:
    """What a person waits for: how much is open and could go on now."""

    open_articles: int = 0
    open_sources: int = 0
    open_sites: int = 0  # whose articles may yet be cleaned again
    postponed: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Nothing is left but what is postponed."""
        return not self.open_sources and not self.open_sites and self.open_articles <= self.postponed


def in_progress() -> ColumnElement[bool]:
    """Articles whose life has not ended: those that are re-run count, their results may change."""
    return article.c.next_stage.is_not(None)


def is_postponed() -> ColumnElement[bool]:
    """A retry in the future, or a host that is left alone for a while."""
    paused = and_(article.c.next_stage == "fetch", host.c.next_allowed_at > now(PAUSED_S))
    return and_(in_progress(), article.c.lease_token.is_(None), or_(article.c.due_at > now(SOON_S), paused))


def progress(connection: Connection, submission_id: int | None = None) -> Progress:
    """How far the articles and sources (of one submission) are."""
    mine = article.c.submission_id == submission_id if submission_id else true()
    query = (
        select(
            article.c.status,
            in_progress().label("open"),
            func.count().label("articles"),
            func.sum(case((is_postponed(), 1), else_=0)).label("postponed"),
        )
        .join_from(article, host, isouter=True)
        .where(mine)
        .group_by(article.c.status, in_progress())
    )
    found = Progress(
        open_sources=_open_sources(connection, submission_id), open_sites=sites.count_due(connection, submission_id)
    )
    for row in connection.execute(query):
        name = "in_progress" if row.open else row.status
        found.counts[name] = found.counts.get(name, 0) + row.articles
        found.open_articles += row.articles if row.open else 0
        found.postponed += row.postponed or 0
    return found


def _open_sources(connection: Connection, submission_id: int | None) -> int:
    """Sources that are to be read now; one that failed and is tried later does not keep anybody waiting."""
    mine = source.c.submission_id == submission_id if submission_id else true()
    later = or_(
        source.c.due_at > now(SOON_S), and_(source.c.next_stage == "fetch", host.c.next_allowed_at > now(PAUSED_S))
    )
    query = select(func.count()).select_from(source).join(host).where(source.c.next_stage.is_not(None), mine)
    return connection.scalar(query.where(or_(source.c.due_at.is_(None), ~later), ~func.coalesce(later, False))) or 0


def account(connection: Connection) -> Account:
    """The whole database's books, in one reading."""
    found = progress(connection)
    counts = found.counts
    return Account(
        submitted=connection.scalar(select(func.count()).select_from(article)) or 0,
        done=counts.get("done", 0),
        duplicates=_duplicates(connection),
        dropped=counts.get("dropped", 0),
        quarantined=counts.get("quarantined", 0),
        in_progress=found.open_articles,
        postponed=found.postponed,
        postponed_until=_postponed_until(connection),
        stages=_stages(connection),
        reasons=_reasons(connection),
        hosts=_hosts(connection),
        sources=_sources(connection),
    )


def _duplicates(connection: Connection) -> int:
    query = select(func.count()).select_from(article)
    return (
        connection.scalar(query.where(article.c.status == "done", ~in_progress(), article.c.duplicate_of.is_not(None)))
        or 0
    )


def _postponed_until(connection: Connection) -> str | None:
    """When the first of the postponed articles goes on."""
    query = select(func.min(func.coalesce(article.c.due_at, host.c.next_allowed_at))).join_from(
        article, host, isouter=True
    )
    moment = connection.scalar(query.where(is_postponed()))
    return moment.isoformat() if moment is not None else None


def _stages(connection: Connection) -> dict[str, StageCounts]:
    running = case((article.c.lease_token.is_not(None), 1), else_=0)
    query = select(article.c.next_stage, func.count().label("open"), func.sum(running).label("running"))
    rows = connection.execute(query.where(in_progress()).group_by(article.c.next_stage))
    open_ = {row.next_stage: (row.open - row.running, row.running) for row in rows}
    return {
        name: StageCounts(*open_.get(name, (0, 0)), *_percentiles(connection, name))
        for name in ("fetch", "clean", "extract", "deduplicate")
    }


def _percentiles(connection: Connection, stage: str) -> tuple[float | None, float | None]:
    query = select(stage_run.c.seconds).where(stage_run.c.stage == stage, stage_run.c.outcome == "done")
    seconds = sorted(connection.scalars(query.order_by(stage_run.c.id.desc()).limit(SAMPLE)).all())
    if not seconds:
        return None, None
    return _at(seconds, 0.5), _at(seconds, 0.95)


def _at(values: Sequence[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(share * len(values)))], 4)


def _reasons(connection: Connection) -> dict[str, int]:
    """Why articles were dropped, quarantined or wait for a retry, commonest first."""
    query = select(article.c.reason, func.count().label("articles")).where(article.c.reason.is_not(None))
    rows = connection.execute(query.group_by(article.c.reason).order_by(func.count().desc(), article.c.reason))
    return {row.reason: row.articles for row in rows}


def _hosts(connection: Connection) -> dict[str, int]:
    failing = func.sum(case((host.c.reason.is_not(None), 1), else_=0))
    paused = func.sum(case((host.c.next_allowed_at > now(PAUSED_S), 1), else_=0))
    row = connection.execute(select(func.count().label("known"), failing.label("f"), paused.label("p"))).one()
    return {"known": row.known, "failing": row.f or 0, "paused": row.p or 0}


def _sources(connection: Connection) -> dict[str, Any]:
    waiting = func.sum(case((source.c.next_stage.is_not(None), 1), else_=0))
    failing = func.sum(case((source.c.reason.is_not(None), 1), else_=0))
    row = connection.execute(select(func.count().label("known"), waiting.label("w"), failing.label("f"))).one()
    rows = connection.execute(select(source.c.url, source.c.reason).where(source.c.reason.is_not(None)).limit(20))
    return {
        "known": row.known,
        "waiting": row.w or 0,
        "failing": row.f or 0,
        "failures": {one.url: one.reason for one in rows},
    }
