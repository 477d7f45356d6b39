"""What is known of one entity over time: when it was mentioned, beside whom, and how it is written.

An entity that a million articles name cannot be read whole for a page, so all of this is told from the newest
articles that name it; for most entities these are all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from shared.entities import most_named, root, written
from shared.models import article, entity, host, mention

MOST_ARTICLES = 1000  # that a timeline is drawn from
MOST_SHOWN = 50  # that are listed
MOST_COMPANY = 500  # in which neighbours are looked for
MOST_TOP = 1000  # newest articles that the most mentioned are taken from
MOST_NEIGHBOURS, MOST_FORMS = 20, 30
MOMENT = func.coalesce(article.c.published_at, article.c.created_at, type_=article.c.created_at.type)


@dataclass(frozen=True, slots=True)
class Profile:
    """One entity: `articles` are the newest, with id, title, url, host, moment.

    `moments`: when all that it is told from were published, or else met; `complete`: no others name it.
    """

    articles: Sequence[Any]
    moments: Sequence[datetime]
    complete: bool
    neighbours: Sequence[Any]  # id, name, type, articles
    forms: Sequence[Any]  # surface, mentions


def profile(connection: Connection, entity_id: int) -> Profile:
    """All that a page says of an entity, those that a person has merged into it included."""
    ids = _written(connection, entity_id)
    found: list[int] = [row.article_id for row in connection.execute(_naming(ids, MOST_ARTICLES + 1))]
    newest = found[:MOST_ARTICLES]
    return Profile(
        articles=_dated(connection, newest[:MOST_SHOWN]),
        moments=_moments(connection, _since(ids, newest)),
        complete=len(found) <= MOST_ARTICLES,
        neighbours=_neighbours(connection, entity_id, _since(ids, newest[:MOST_COMPANY])),
        forms=_forms(connection, _since(ids, newest)),
    )


def _since(entity_ids: Sequence[int], article_ids: Sequence[int]) -> ColumnElement[bool]:
    """That a mention is of the entity, and in one of these of its newest articles."""
    oldest = article_ids[-1] if article_ids else 0
    return and_(mention.c.entity_id.in_(entity_ids), mention.c.article_id >= oldest)


def _written(connection: Connection, entity_id: int) -> list[int]:
    """The entities that articles' own words name where this one is meant."""
    query = select(entity.c.id).where(or_(entity.c.id == entity_id, entity.c.same_as == entity_id))
    return list(connection.scalars(query))


def _naming(entity_ids: Sequence[int], limit: int) -> Select[tuple[int]]:
    query = select(mention.c.article_id).where(mention.c.entity_id.in_(entity_ids)).distinct()
    return query.order_by(mention.c.article_id.desc()).limit(limit)


def _dated(connection: Connection, article_ids: Sequence[int]) -> Sequence[Any]:
    columns = (article.c.id, article.c.title, article.c.url, host.c.name.label("host"), MOMENT.label("moment"))
    query = select(*columns).join_from(article, host, isouter=True).where(article.c.id.in_(article_ids))
    return connection.execute(query.order_by(article.c.id.desc())).all()


def _moments(connection: Connection, those: ColumnElement[bool]) -> Sequence[datetime]:
    query = select(MOMENT.label("moment")).where(article.c.id.in_(select(mention.c.article_id).where(those)))
    return connection.scalars(query.order_by(article.c.id.desc())).all()


def _neighbours(connection: Connection, entity_id: int, those: ColumnElement[bool]) -> Sequence[Any]:
    together = mention.c.article_id.in_(select(mention.c.article_id).where(those).scalar_subquery().correlate(None))
    return most_named(connection, MOST_NEIGHBOURS, together, root != entity_id)


def _forms(connection: Connection, those: ColumnElement[bool]) -> Sequence[Any]:
    mentions = func.count().label("mentions")
    query = select(mention.c.surface, mentions).where(those).group_by(mention.c.surface)
    return connection.execute(query.order_by(mentions.desc(), mention.c.surface).limit(MOST_FORMS)).all()


def in_the_news(connection: Connection, limit: int, type_: str | None = None) -> Sequence[Any]:
    """The entities named in most of the newest articles: id, name, type, country, articles, mentions."""
    new = mention.c.article_id > _oldest_of_newest(connection)
    return most_named(connection, limit, new, *([written.c.type == type_] if type_ else []))


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
