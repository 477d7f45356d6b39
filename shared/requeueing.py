"""Running articles again, from any stage, by the same conditions as everywhere (selecting.py).

To replay is the same for those that are quarantined, at the stage that gave them up.

Nothing is fetched unless that is asked for: every later stage works on what is stored. An article that a worker is at
is left to it, and goes back when that has ended (`rerun_from`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, literal, or_, select, update

from shared import hosts
from shared.claims import ready
from shared.database import reading, transaction
from shared.flow import STAGE_NAMES
from shared.models import article, page, search_entry, stage_run
from shared.selecting import Term, condition

CHUNK: Final = 1000  # articles per transaction
TRIES: Final = 5  # for those whose rows others hold just then
QUARANTINED: Final = Term("status", "=", ("quarantined",))
DELETED: Final = "deleted"
FRESH: Final = {"attempts": 0, "lost": 0, "due_at": None, "queued_at": None}

# What a stage needs. An article that has words in the index has a text that a clean stage stood by in the end.
NEEDS: Final[dict[str, ColumnElement[bool]]] = {
    "fetch": and_(article.c.host_id.is_not(None), article.c.canonical_url.not_like("file:%")),
    "clean": exists().where(page.c.article_id == article.c.id),
    "extract": exists().where(search_entry.c.article_id == article.c.id),
    "deduplicate": exists().where(search_entry.c.article_id == article.c.id, article.c.cluster_id.is_not(None)),
}
LACKS: Final = {
    "fetch": "have no address that could be fetched",
    "clean": "have no stored page",
    "extract": "have no text",
    "deduplicate": "have no text",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What `requeue` would do: articles by the stage that they go back to, and those that it leaves alone.

    `coming`: they come there anyway, since they wait for it or have not got as far. `lacking`: by stage, those without
    what it needs.
    """

    stages: dict[str, int]
    statuses: dict[str, int]
    coming: int = 0
    lacking: dict[str, int] | None = None

    @property
    def articles(self) -> int:
        """How many would be run again."""
        return sum(self.stages.values())


def _stopped_at() -> ColumnElement[str]:
    """The stage at which an article stopped: the last that it was in."""
    last = select(stage_run.c.stage).where(stage_run.c.article_id == article.c.id).order_by(stage_run.c.id.desc())
    return func.coalesce(last.limit(1).scalar_subquery(), literal("fetch"))


def _chosen(terms: Sequence[Term]) -> ColumnElement[bool]:
    """What meets all of `terms`. What a person has deleted comes back only where that is asked for by its reason."""
    wanted = any(term.field == "reason" and term.operator == "=" and DELETED in term.values for term in terms)
    return condition(terms) if wanted else and_(condition(terms), func.coalesce(article.c.reason, "") != DELETED)


def _place(stage: Any) -> ColumnElement[int]:
    return case({name: place for place, name in enumerate(STAGE_NAMES)}, value=stage, else_=len(STAGE_NAMES))


def _verdict(stage: str | None, target: Any) -> ColumnElement[str]:
    """`coming`, `lacking` or `again`, for an article that is to go back to `target`: to `stage`, if that is given."""
    able = NEEDS[stage] if stage else or_(*(and_(target == name, needs) for name, needs in NEEDS.items()))
    earlier = and_(article.c.next_stage.is_not(None), _place(article.c.next_stage) < _place(target))
    coming = or_(earlier, ready(article, target))
    return case((coming, "coming"), (~able, "lacking"), else_="again")


def _judged(terms: Sequence[Term], stage: str | None) -> Any:
    """The articles that meet `terms`: id, status, the stage to go back to, and the verdict."""
    columns = (article.c.id, article.c.status)
    if stage:
        target: Any = literal(stage)
        query = select(*columns, target.label("target"), _verdict(stage, target).label("verdict"))
        return query.where(_chosen(terms)).subquery()
    chosen = select(article.c.id, _stopped_at().label("target")).where(_chosen(terms)).subquery()
    verdict = _verdict(None, chosen.c.target).label("verdict")
    return select(*columns, chosen.c.target, verdict).join_from(chosen, article, article.c.id == chosen.c.id).subquery()


def plan(connection: Connection, terms: Sequence[Term], stage: str | None = None) -> Plan:
    """Count what `requeue` would do. Without `stage`, each article goes back to where it stopped."""
    judged = _judged(terms, stage)
    kinds = (judged.c.status, judged.c.target, judged.c.verdict)
    counts = {"again": Counter[str](), "lacking": Counter[str](), "coming": Counter[str]()}
    statuses = Counter[str]()
    for row in connection.execute(select(*kinds, func.count().label("articles")).group_by(*kinds)):
        counts[row.verdict][row.target] += row.articles
        if row.verdict == "again":
            statuses[row.status] += row.articles
    return Plan(dict(counts["again"]), dict(statuses), counts["coming"].total(), dict(counts["lacking"]))


def requeue(terms: Sequence[Term], stage: str | None = None, limit: int | None = None) -> int:
    """Let the articles that meet all of `terms` run again from `stage`, or from where they stopped; returns how many.

    In transactions of its own, in the order of ids, at most `limit`.
    """
    done = 0
    for chosen in _batches(terms, stage, limit):
        left = chosen
        for _ in range(TRIES):
            with transaction() as connection:
                sent = _send_back(connection, left)
            done += len(sent)
            left = {one: target for one, target in left.items() if one not in sent}
            if not left:
                break
    return done


def replay(terms: Sequence[Term], limit: int | None = None) -> int:
    """Let quarantined articles that meet `terms` be tried again at the stage that gave them up; returns how many."""
    return requeue([QUARANTINED, *terms], limit=limit)


def _batches(terms: Sequence[Term], stage: str | None, limit: int | None) -> Iterator[dict[int, str]]:
    """The stage to go back to, by article id, some at a time."""
    judged, last_id, seen = _judged(terms, stage), 0, 0
    query = select(judged.c.id, judged.c.target).where(judged.c.verdict == "again").order_by(judged.c.id)
    while limit is None or seen < limit:
        size = CHUNK if limit is None else min(CHUNK, limit - seen)
        with reading() as connection:
            rows = connection.execute(query.where(judged.c.id > last_id).limit(size)).all()
        if not rows:
            return
        last_id, seen = rows[-1].id, seen + len(rows)
        yield {row.id: row.target for row in rows}


def _send_back(connection: Connection, targets: dict[int, str]) -> set[int]:
    """Those of these articles whose rows nobody held just then."""
    columns = article.c
    query = select(columns.id, columns.host_id, columns.lease_token).where(columns.id.in_(targets)).order_by(columns.id)
    # passed over rather than waited for: a worker that stores may hold one of them and want another
    rows = connection.execute(query.with_for_update(skip_locked=True, key_share=True)).all()
    free: dict[str, list[int]] = defaultdict(list)
    busy: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        (free if row.lease_token is None else busy)[targets[row.id]].append(row.id)
    for target, ids in free.items():
        values = FRESH | {"next_stage": target, "rerun_from": None}
        values |= {"location": None, "hops": None} if target == "fetch" else {}
        connection.execute(update(article).where(columns.id.in_(ids)).values(values))
    for target, ids in busy.items():
        connection.execute(update(article).where(columns.id.in_(ids)).values(rerun_from=target))
    hosts.wake(connection, [row.host_id for row in rows if targets[row.id] == "fetch" and row.lease_token is None])
    return {row.id for row in rows}
