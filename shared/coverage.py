"""What is reported on: stories for a person to leaf through, and one with its reports over time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal, select, text, tuple_

from shared.entities import joined
from shared.models import SEVERAL_REPORTS, article, cluster, entity, host, mention, report, story

MOST_REPORTS = 200
COLUMNS = ("id", "headline", "first_at", "last_at", "reports", "articles", "merged_into", "ended_at", "change")


def listing(connection: Connection, before: tuple[datetime, int] | None, limit: int) -> Sequence[Any]:
    """Stories with several reports, those that were reported on last first; `before`: last_at and id of a row."""
    query = select(*(story.c[name] for name in COLUMNS)).where(text(SEVERAL_REPORTS), story.c.last_at.is_not(None))
    if before is not None:
        moment, story_id = literal(before[0], story.c.last_at.type), literal(before[1])
        query = query.where(tuple_(story.c.last_at, story.c.id) < tuple_(moment, story_id))
    return connection.execute(query.order_by(story.c.last_at.desc(), story.c.id.desc()).limit(limit)).all()


def one(connection: Connection, story_id: int) -> Any:
    """A story, or the one that it was merged into; null where there is none."""
    query = select(*(story.c[name] for name in COLUMNS))
    row = connection.execute(query.where(story.c.id == story_id)).first()
    while row is not None and row.merged_into is not None:
        row = connection.execute(query.where(story.c.id == row.merged_into)).first()
    return row


def by_id(connection: Connection, story_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """These stories as they are, also those that were merged into others."""
    query = select(*(story.c[name] for name in COLUMNS)).where(story.c.id.in_(story_ids))
    return {row.id: dict(row._mapping) for row in connection.execute(query)}


def of_article(connection: Connection, cluster_id: int | None) -> Any:
    """The story that a cluster's articles are part of; null where there is none."""
    if cluster_id is None:
        return None
    found = connection.scalar(select(report.c.story_id).where(report.c.cluster_id == cluster_id))
    return one(connection, found) if found else None


def reports(connection: Connection, story_id: int) -> Sequence[Any]:
    """A story's reports in the order in which they appeared: the article that stands for each, and its copies."""
    moment = func.coalesce(article.c.published_at, article.c.created_at, type_=article.c.created_at.type).label(
        "moment"
    )
    columns = (article.c.id, article.c.title, article.c.url, article.c.agency, article.c.language)
    query = (
        select(*columns, host.c.name.label("host"), moment, cluster.c.size)
        .join_from(report, cluster, cluster.c.id == report.c.cluster_id)
        .join(article, article.c.id == func.coalesce(cluster.c.canonical_id, cluster.c.id))
        .join(host, host.c.id == article.c.host_id, isouter=True)
        .where(report.c.story_id == story_id)
    )
    return connection.execute(query.order_by(moment, article.c.id).limit(MOST_REPORTS)).all()


def names(connection: Connection, article_ids: Sequence[int], limit: int = 20) -> Sequence[Any]:
    """The entities that most of these articles name: id, name, type, count."""
    count = func.count(mention.c.article_id.distinct()).label("count")
    columns = (entity.c.id, entity.c.name, entity.c.type)
    query = select(*columns, count).select_from(joined()).where(mention.c.article_id.in_(article_ids))
    return connection.execute(query.group_by(*columns).order_by(count.desc(), entity.c.name).limit(limit)).all()
