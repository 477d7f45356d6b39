"""Revisions: earlier texts of an article whose page was fetched again. The same text again changes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from shared.models import article, revision


def keep(connection: Connection, exact_keys: Mapping[int, int]) -> dict[int, dict[str, Any]]:
    """Keep the present text of re-fetched articles (new exact keys by id) whose text is about to change.

    Returns the article columns to set, for re-fetched articles only.
    """
    columns = article.c
    query = select(columns.id, columns.revision, columns.title, columns.text, columns.exact_key, columns.fetched_at)
    rows = connection.execute(
        query.where(columns.id.in_(exact_keys), columns.refetched, columns.text.is_not(None))
    ).all()
    changed = [row for row in rows if row.exact_key != exact_keys[row.id]]
    if changed:
        connection.execute(insert(revision), [_kept(row) for row in changed])
    updated = {row.id: {"revision": row.revision + 1, "refetched": False} for row in changed}
    return {row.id: {"refetched": False} for row in rows} | updated


def _kept(row: Any) -> dict[str, Any]:
    return {
        "article_id": row.id,
        "number": row.revision,
        "title": row.title,
        "text": row.text,
        "exact_key": row.exact_key,
        "fetched_at": row.fetched_at,
    }


def of_article(connection: Connection, article_id: int) -> Sequence[Any]:
    """The earlier texts of an article, oldest first."""
    query = select(revision).where(revision.c.article_id == article_id).order_by(revision.c.number)
    return connection.execute(query).all()
