"""An article as other programs get it: every key always there, null where unknown."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from shared import changes, entities
from shared.database import reading
from shared.models import article, entity, host, mention, report

CHUNK = 200  # articles read at once, in a transaction of its own: memory stays constant, and nobody waits for a reader
PLAIN = (
    "id", "url", "canonical_url", "host", "status", "reason", "label", "title", "authors", "published_at",
    "modified_at", "fetched_at", "language", "site_name", "section", "image_url", "agency", "text", "word_count",
)  # fmt: skip
LINKS = ("duplicate_of", "relation", "similarity")


def stream(condition: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    """Every article that meets `condition`, in the order of ids, as a JSON-ready dictionary."""
    last_id = 0
    while True:
        with reading() as connection:
            found = records(connection, condition, article.c.id > last_id, order_by=article.c.id)
        if not found:
            return
        last_id = found[-1]["id"]
        yield from found


def changed(connection: Connection, seen: int, condition: ColumnElement[bool]) -> tuple[list[dict[str, Any]], int]:
    """The articles among the next changes after number `seen` that meet `condition`, oldest change first.

    Also how far that is: the number of the last change, `seen` itself where there is none.
    """
    news = changes.after(connection, seen, CHUNK)
    if not news:
        return [], seen
    ids = [one.id for one in news if one.kind == "article"]
    return records(connection, condition, article.c.id.in_(ids), order_by=article.c.change), news[-1].number


def records(connection: Connection, *conditions: ColumnElement[bool], order_by: Any) -> list[dict[str, Any]]:
    """At most CHUNK articles that meet all `conditions`, as JSON-ready dictionaries."""
    rows = connection.execute(_articles().where(*conditions).order_by(order_by).limit(CHUNK)).all()
    mentions = _mentions(connection, [row.id for row in rows]) if rows else {}
    database_id = changes.database_id(connection)
    return [record(row, mentions.get(row.id, []), database_id) for row in rows]


def by_id(connection: Connection, article_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The records of these articles, by id."""
    rows = connection.execute(_articles().where(article.c.id.in_(article_ids))).all()
    mentions, database_id = _mentions(connection, [row.id for row in rows]), changes.database_id(connection)
    return {row.id: record(row, mentions.get(row.id, []), database_id) for row in rows}


def _articles() -> Select[Any]:
    query = select(article, host.c.name.label("host"), report.c.story_id).join_from(article, host, isouter=True)
    return query.join(report, report.c.cluster_id == article.c.cluster_id, isouter=True)


def record(row: Any, mentions: Sequence[Any], database_id: str) -> dict[str, Any]:
    """One article: a row of article with its host's name and its story, and its mentions joined with their entities."""
    columns = {name: plain(getattr(row, name)) for name in PLAIN}
    links = {name: getattr(row, name) for name in LINKS}
    return columns | {
        "authors": row.authors or [],
        "entities": _entities(mentions),
        "cluster": row.cluster_id,
        **links,
        "story": row.story_id,
        "revision": row.revision,
        "change": f"{database_id}-{row.change}" if row.change is not None else None,
    }


def plain(value: Any) -> Any:
    """A column's value as JSON knows it."""
    return value.isoformat() if isinstance(value, datetime) else value


def _mentions(connection: Connection, article_ids: Sequence[int]) -> dict[int, list[Any]]:
    query = (
        select(
            mention.c.article_id,
            mention.c.start,
            mention.c.end,
            mention.c.surface,
            entity.c.id.label("entity_id"),
            entity.c.name,
            entity.c.type,
            entity.c.country,
        )
        .select_from(entities.joined())
        .where(mention.c.article_id.in_(article_ids))
        .order_by(mention.c.article_id, mention.c.start)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.article_id].append(row)
    return found


def _entities(mentions: Sequence[Any]) -> list[dict[str, Any]]:
    by_entity: dict[int, dict[str, Any]] = {}
    for one in mentions:
        known = by_entity.setdefault(
            one.entity_id,
            {
                "id": one.entity_id,
                "name": one.name,
                "type": one.type,
                "count": 0,
                "country": one.country,
                "mentions": [],
            },
        )
        known["count"] += 1
        known["mentions"].append({"start": one.start, "end": one.end, "surface": one.surface})
    return list(by_entity.values())
