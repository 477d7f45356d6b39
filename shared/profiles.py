"""What is known of one entity over time: when it was mentioned, beside whom, and how it is written.

An entity that a million articles name cannot be read whole for a page, so all of this is told from the newest
articles that name it; for most entities these are all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from shared import entities
from shared.models import article, entity, host, mention

MOST_ARTICLES = 2000  # that a timeline is drawn from
MOST_COMPANY = 500  # in which neighbours are looked for
MOST_TOP = 2000  # newest articles that the most mentioned are taken from


@dataclass(frozen=True, slots=True)
class Profile:
    """One entity: `articles` newest first with id, title, url, host, moment; `complete`: these are all."""

    articles: Sequence[Any]
    complete: bool
    neighbours: Sequence[Any]  # id, name, type, articles
    forms: Sequence[Any]  # surface, mentions

    @property
    def moments(self) -> list[datetime]:
        """When the articles were published, or else met."""
        return [row.moment for row in self.articles]


def profile(connection: Connection, entity_id: int) -> Profile:
    """All that a page says of an entity, those that a person has merged into it included."""
    ids = _written(connection, entity_id)
    found: list[int] = [row.article_id for row in connection.execute(_naming(ids, MOST_ARTICLES + 1))]
    newest = found[:MOST_ARTICLES]
    return Profile(
        articles=_dated(connection, newest),
        complete=len(found) <= MOST_ARTICLES,
        neighbours=_neighbours(connection, entity_id, newest[:MOST_COMPANY]),
        forms=_forms(connection, ids, newest),
    )


def _written(connection: Connection, entity_id: int) -> list[int]:
    """The entities that articles' own words name where this one is meant."""
    query = select(entity.c.id).where(or_(entity.c.id == entity_id, entity.c.same_as == entity_id))
    return list(connection.scalars(query))


def _naming(entity_ids: Sequence[int], limit: int) -> Select[tuple[int]]:
    query = select(mention.c.article_id).where(mention.c.entity_id.in_(entity_ids)).distinct()
    return query.order_by(mention.c.article_id.desc()).limit(limit)


def _dated(connection: Connection, article_ids: Sequence[int]) -> Sequence[Any]:
    moment = func.coalesce(article.c.published_at, article.c.created_at)
    query = select(article.c.id, article.c.title, article.c.url, host.c.name.label("host"), moment.label("moment"))
    query = query.join_from(article, host, isouter=True).where(article.c.id.in_(article_ids))
    return connection.execute(query.order_by(article.c.id.desc())).all()


def _neighbours(connection: Connection, entity_id: int, article_ids: Sequence[int], limit: int = 20) -> Sequence[Any]:
    articles = func.count(mention.c.article_id.distinct()).label("articles")
    columns = (entity.c.id, entity.c.name, entity.c.type)
    query = select(*columns, articles).select_from(entities.joined())
    query = query.where(mention.c.article_id.in_(article_ids), entity.c.id != entity_id)
    return connection.execute(query.group_by(*columns).order_by(articles.desc(), entity.c.name).limit(limit)).all()


def _forms(connection: Connection, entity_ids: Sequence[int], article_ids: Sequence[int]) -> Sequence[Any]:
    mentions = func.count().label("mentions")
    query = select(mention.c.surface, mentions).where(
        mention.c.entity_id.in_(entity_ids), mention.c.article_id.in_(article_ids)
    )
    return connection.execute(
        query.group_by(mention.c.surface).order_by(mentions.desc(), mention.c.surface).limit(30)
    ).all()


def in_the_news(connection: Connection, limit: int, type_: str | None = None) -> Sequence[Any]:
    """The entities named in most of the newest articles: id, name, type, country, articles, mentions."""
    articles = func.count(mention.c.article_id.distinct()).label("articles")
    mentions = func.count().label("mentions")
    columns = (entity.c.id, entity.c.name, entity.c.type, entity.c.country)
    query = select(*columns, articles, mentions).select_from(entities.joined())
    query = query.where(mention.c.article_id > _oldest_of_newest(connection))
    if type_:
        query = query.where(entity.c.type == type_)
    ordered = query.group_by(*columns).order_by(articles.desc(), mentions.desc(), entity.c.name)
    return connection.execute(ordered.limit(limit)).all()


def _oldest_of_newest(connection: Connection) -> int:
    done = select(article.c.id).where(article.c.status == "done").order_by(article.c.id.desc())
    return connection.scalar(done.offset(MOST_TOP).limit(1)) or 0


def named_like(connection: Connection, beginning: str, limit: int) -> Sequence[Any]:
    """The entities whose normalised name begins so, in the order of names: id, name, type, country."""
    wanted = beginning.casefold().strip()
    columns = (entity.c.id, entity.c.name, entity.c.type, entity.c.country)
    found: list[Any] = []
    for type_ in ("PER", "ORG", "LOC"):  # the index begins with the type
        query = select(*columns).where(
            entity.c.type == type_, entity.c.key >= wanted, entity.c.key < wanted + "\U0010ffff"
        )
        found += connection.execute(query.order_by(entity.c.key).limit(limit)).all()
    return sorted(found, key=lambda row: (len(row.name), row.name))[:limit]
