"""Replaying: articles that were quarantined are tried again, at the stage that gave them up."""

from collections.abc import Iterable

from sqlalchemy import Connection, select, update

from shared import hosts, selecting
from shared.models import article, stage_run
from shared.selecting import Term

QUARANTINED = Term("status", "=", ("quarantined",))


def replay(connection: Connection, terms: Iterable[Term], limit: int) -> int:
    """Let up to `limit` quarantined articles that meet `terms` be tried again, oldest first; returns how many.

    Nothing is fetched but what failed in fetching. Those that are tried again already are left alone.
    """
    at_rest = selecting.condition([QUARANTINED, *terms]) & article.c.next_stage.is_(None)
    query = select(article.c.id).where(at_rest).order_by(article.c.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(connection.scalars(query))
    fresh = {"attempts": 0, "lost": 0, "due_at": None, "queued_at": None, "change": None}
    statement = update(article).where(article.c.id.in_(ids)).values(next_stage=_gave_up(), **fresh)
    rows = connection.execute(statement.returning(article.c.host_id, article.c.next_stage)).all()
    hosts.wake(connection, [row.host_id for row in rows if row.next_stage == "fetch"])
    return len(rows)


def _gave_up() -> object:
    """The stage that an article's last run was of."""
    last = select(stage_run.c.stage).where(stage_run.c.article_id == article.c.id).order_by(stage_run.c.id.desc())
    return last.limit(1).scalar_subquery()
