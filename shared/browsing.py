"""Articles as a list that a person leafs through: newest first, by condition, never counted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from shared.models import article, host

COLUMNS = (
    "id", "title", "url", "status", "reason", "next_stage", "due_at", "label", "language", "published_at", "created_at",
    "duplicate_of", "word_count",
)  # fmt: skip


def leaf(connection: Connection, which: ColumnElement[bool], before_id: int | None, limit: int) -> Sequence[Any]:
    """The newest articles for which `which` holds, those older than `before_id`, with their hosts' names."""
    newest = select(article.c.id).where(which).order_by(article.c.id.desc()).limit(limit)
    if before_id is not None:
        newest = newest.where(article.c.id < before_id)
    return rows(connection, connection.scalars(newest).all())


def rows(connection: Connection, article_ids: Sequence[int]) -> Sequence[Any]:
    """What a list shows of these articles, in their order."""
    query = select(*(article.c[name] for name in COLUMNS), host.c.name.label("host"))
    query = query.join_from(article, host, isouter=True).where(article.c.id.in_(article_ids))
    found = {row.id: row for row in connection.execute(query)}
    return [found[article_id] for article_id in article_ids if article_id in found]
