"""What a person asks of hosts: which are in trouble, what waits for them, how their newest articles ended."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from shared.claims import ready
from shared.database import now
from shared.models import article, host

PAUSED_S = 180.0  # a clock further ahead than any lease or usual delay
MOST_WAITING = 500  # counted exactly
NEWEST = 200


def search(connection: Connection, which: str, words: str, after: str, limit: int) -> Sequence[Any]:
    """Some hosts in the order of names: `which` is all, failing or paused; `words` stand in the name.

    `waiting` counts what is to be fetched, up to MOST_WAITING + 1.
    """
    conditions = {
        "failing": host.c.reason.is_not(None),
        "paused": host.c.next_allowed_at > select(now(PAUSED_S)).scalar_subquery(),
    }
    query = select(host, _waiting().label("waiting")).where(host.c.name > after)
    if which in conditions:
        query = query.where(conditions[which])
    if words:
        query = query.where(host.c.name.contains(words.lower(), autoescape=True))
    return connection.execute(query.order_by(host.c.name).limit(limit)).all()


def _waiting() -> Any:
    some = select(article.c.id).where(article.c.host_id == host.c.id, ready(article, "fetch"))
    return select(func.count()).select_from(some.limit(MOST_WAITING + 1).correlate(host).subquery()).scalar_subquery()


def one(connection: Connection, host_id: int) -> Any:
    """A host with what waits for it; null where there is none."""
    return connection.execute(select(host, _waiting().label("waiting")).where(host.c.id == host_id)).first()


def newest(connection: Connection, host_id: int) -> Sequence[Any]:
    """The newest articles of a host: id, title, url, status, reason, next_stage, fetched_at, word_count."""
    columns = [article.c[name] for name in ("id", "title", "url", "status", "reason", "next_stage", "fetched_at")]
    query = select(*columns, article.c.word_count).where(article.c.host_id == host_id)
    return connection.execute(query.order_by(article.c.id.desc()).limit(NEWEST)).all()


def endings(rows: Sequence[Any]) -> list[tuple[str, int]]:
    """How these articles ended or why they wait, commonest first."""
    return Counter(f"{row.status}: {row.reason}" if row.reason else row.status for row in rows).most_common()
