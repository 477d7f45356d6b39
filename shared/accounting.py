"""Accounting: where every article is. submitted = done + dropped + quarantined + in progress, to the row.

Three things are counted independently of each other: articles when they are added, articles when they end (both in
the tally, see tallying.py), and those in progress, by the index of the open ones. The check is that they agree.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from shared import sites, stories, tallying
from shared.claims import ready
from shared.database import now
from shared.flow import STAGE_NAMES, Flow, Times, flow
from shared.models import article, host, source, stage_run
from shared.tallying import Counted

VERSION = 1  # of the JSON that `Account.as_dict` makes (docs/monitor.md): counted up when a key changes or goes
SOON_S = 5.0  # a retry that is due within this is not worth reporting as postponed
PAUSED_S = 180.0  # a host whose clock is further ahead than any lease or usual delay
MOST_NAMED = 20  # failing sources, hosts in trouble


@dataclass(frozen=True, slots=True)
class StageCounts(Times):
    """One stage: articles that wait for it or are in work, since when the oldest does, and its times of late."""

    waiting: int = 0
    running: int = 0
    oldest: str | None = None  # when the oldest of these articles was added


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
    oldest: str | None  # when the article was added that has been in progress for longest
    ended_per_minute: float
    seconds_left: float | None  # until those that are not postponed have ended, at this rate; null: cannot be said
    stages: dict[str, StageCounts]
    reasons: dict[str, int]  # why articles were dropped or quarantined or wait for a retry, commonest first
    dropped_because: dict[str, int]
    quarantined_because: dict[str, int]
    retried_because: dict[str, int]  # articles that wait for a retry now
    hosts: dict[str, Any]
    sources: dict[str, Any]
    version: int = VERSION

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
    open_stories: int = 0  # reports and stories that have yet to be arranged
    postponed: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    last_run: int = 0  # of a stage, by whatever worker: grows as long as anybody works

    @property
    def finished(self) -> bool:
        """Nothing is left but what is postponed."""
        waiting = self.open_sources or self.open_sites or self.open_stories
        return not waiting and self.open_articles <= self.postponed


def progress(connection: Connection, submission_id: int | None = None) -> Progress:
    """How far the articles and sources (of one submission) are. Counts no article one by one that has ended."""
    counted = tallying.read(connection, submission_id)
    counts = {name: counted.of(name) for name in ("done", "dropped", "quarantined") if counted.of(name)}
    open_articles = counted.submitted - counted.final
    if open_articles:
        counts["in_progress"] = open_articles
    return Progress(
        open_articles=open_articles,
        open_sources=_open_sources(connection, submission_id),
        open_sites=sites.count_due(connection, submission_id),
        open_stories=stories.count_open(connection, submission_id),
        postponed=_postponed(connection, submission_id)[0] if open_articles else 0,
        counts=counts,
        last_run=connection.scalar(select(func.max(stage_run.c.id))) or 0,
    )


def _paused() -> ColumnElement[bool]:
    return host.c.next_allowed_at > select(now(PAUSED_S)).scalar_subquery()  # read once, so that the index is used


def _postponed(connection: Connection, submission_id: int | None = None) -> tuple[int, datetime | None]:
    """How many articles nothing will be done about soon, and when the first of them goes on.

    They are retries in the future, and articles of hosts that are left alone for a while.
    """
    # `+ 0`: or SQLite looks at every article of the submission, instead of the few that wait
    mine = article.c.submission_id + 0 == submission_id if submission_id else true()
    later = article.c.due_at > select(now(SOON_S)).scalar_subquery()
    parts: list[Any] = [
        select(func.count(), func.min(article.c.due_at)).where(later, article.c.lease_token.is_(None), mine),
        select(func.count(), func.min(host.c.next_allowed_at))
        .join_from(host, article, article.c.host_id == host.c.id)
        .where(_paused(), ready(article, "fetch"), mine),
    ]
    found = [connection.execute(part).one() for part in parts]
    return sum(row[0] for row in found), min((row[1] for row in found if row[1]), default=None)


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
    counted, fast = tallying.read(connection), flow(connection)
    stages = _stages(connection, fast)
    in_progress = sum(stage.waiting + stage.running for stage in stages.values())
    postponed, until = _postponed(connection)
    retried = _retried_because(connection)
    dropped, quarantined = _because(counted, "dropped"), _because(counted, "quarantined")
    return Account(
        submitted=counted.submitted,
        done=counted.of("done"),
        duplicates=counted.duplicates,
        dropped=counted.of("dropped"),
        quarantined=counted.of("quarantined"),
        in_progress=in_progress,
        postponed=postponed,
        postponed_until=until.isoformat() if until is not None else None,
        oldest=min((stage.oldest for stage in stages.values() if stage.oldest), default=None),
        ended_per_minute=fast.ended_per_minute,
        seconds_left=_seconds_left(in_progress - postponed, fast),
        stages=stages,
        reasons=_commonest(Counter(dropped) + Counter(quarantined) + Counter(retried)),
        dropped_because=dropped,
        quarantined_because=quarantined,
        retried_because=retried,
        hosts=_hosts(connection),
        sources=_sources(connection),
    )


def _seconds_left(going_on: int, fast: Flow) -> float | None:
    if going_on <= 0:
        return 0.0
    return round(60.0 * going_on / fast.ended_per_minute, 1) if fast.ended_per_minute else None


def _commonest(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _because(counted: Counted, status: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in counted.ended:
        if one.status == status and one.reason:
            counts[one.reason] += one.articles
    return _commonest(counts)


def _retried_because(connection: Connection) -> dict[str, int]:
    query = select(article.c.reason, func.count().label("articles")).where(article.c.due_at.is_not(None))
    # if it were told that there is one, SQLite would go through all that ever had a reason
    rows = connection.execute(query.group_by(article.c.reason)).all()
    return _commonest(Counter({row.reason: row.articles for row in rows if row.reason}))


def _stages(connection: Connection, fast: Flow) -> dict[str, StageCounts]:
    """One pass over the index of open articles."""
    columns = article.c
    query = select(
        columns.next_stage,
        func.count().label("open"),
        func.count(columns.leased_until).label("running"),
        func.min(columns.created_at).label("oldest"),
    )
    rows = connection.execute(query.where(columns.next_stage.is_not(None)).group_by(columns.next_stage))
    found = {row.next_stage: row for row in rows}
    return {name: _stage(found.get(name), fast.stages[name]) for name in STAGE_NAMES}


def _stage(row: Any, times: Times) -> StageCounts:
    if row is None:
        return StageCounts(**asdict(times))
    waiting, oldest = row.open - row.running, row.oldest.isoformat() if row.oldest else None
    return StageCounts(**asdict(times), waiting=waiting, running=row.running, oldest=oldest)


def _hosts(connection: Connection) -> dict[str, Any]:
    known, failing, paused = _counts(connection, host, host.c.reason.is_not(None), _paused())
    return {"known": known, "failing": failing, "paused": paused, "in_trouble": _in_trouble(connection)}


def _counts(connection: Connection, table: Any, *conditions: Any) -> Sequence[int]:
    """How many rows there are, and how many meet each condition, each by its own index."""
    queries = [select(func.count()).select_from(table).where(condition) for condition in (true(), *conditions)]
    row = connection.execute(select(*(query.scalar_subquery() for query in queries))).one()
    return [int(count) for count in row]


def _in_trouble(connection: Connection) -> list[dict[str, Any]]:
    """The hosts whose last request failed, those with the most strikes first, and what waits for them."""
    waiting = select(func.count()).where(article.c.host_id == host.c.id, ready(article, "fetch"))
    query = select(
        host.c.name, host.c.reason, host.c.strikes, host.c.next_allowed_at, waiting.scalar_subquery().label("waiting")
    )
    worst = query.where(host.c.reason.is_not(None)).order_by(host.c.strikes.desc(), host.c.name).limit(MOST_NAMED)
    return [
        dict(row._mapping) | {"next_allowed_at": row.next_allowed_at.isoformat() if row.next_allowed_at else None}
        for row in connection.execute(worst)
    ]


def _sources(connection: Connection) -> dict[str, Any]:
    known, waiting, failing = _counts(
        connection, source, source.c.next_stage.is_not(None), source.c.reason.is_not(None)
    )
    rows = connection.execute(
        select(source.c.url, source.c.reason).where(source.c.reason.is_not(None)).limit(MOST_NAMED)
    )
    failures = {one.url: one.reason for one in rows}
    return {"known": known, "waiting": waiting, "failing": failing, "failures": failures}
