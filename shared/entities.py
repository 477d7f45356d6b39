"""Entities and their mentions: one row per person, organisation or place, whoever meets it first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, delete, func, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from shared.database import is_sqlite
from shared.models import entity, mention

LONGEST_KEY = 500


class Named(Protocol):
    """What the extract stage says of a place in a text; `local`: not to be joined with other articles."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def surface(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def local(self) -> bool: ...
    @property
    def country(self) -> str | None: ...


Identity = tuple[str, str]  # type and key of an entity


def identity(article_id: int, named: Named) -> Identity:
    """Which entity row a mention belongs to; a lone surname is an entity of its article only."""
    key = named.key[:LONGEST_KEY]
    return named.type, f"{key} (article {article_id})" if named.local else key


def store(connection: Connection, mentions: Mapping[int, Sequence[Named]]) -> None:
    """Replace the mentions of these articles, adding entities that were not known. Keys: article ids."""
    wanted = {identity(article_id, named): named for article_id, some in mentions.items() for named in some}
    ids = ensure(connection, wanted)
    connection.execute(delete(mention).where(mention.c.article_id.in_(mentions)))
    rows = [
        {
            "article_id": article_id,
            "start": named.start,
            "end": named.end,
            "entity_id": ids[identity(article_id, named)],
            "surface": named.surface,
        }
        for article_id, some in mentions.items()
        for named in {named.start: named for named in some}.values()
    ]
    if rows:
        connection.execute(insert(mention), rows)


def ensure(connection: Connection, wanted: Mapping[Identity, Named]) -> dict[Identity, int]:
    """The ids of these entities. Two workers that meet a new one at once make one row."""
    found = _ids(connection, wanted)
    # in the order of the unique index, so that two batches with the same new names cannot deadlock
    missing = [
        {"type": type_, "key": key, "name": named.name, "country": named.country}
        for (type_, key), named in sorted(wanted.items(), key=lambda item: item[0])
        if (type_, key) not in found
    ]
    if missing:
        dialect = sqlite if is_sqlite(connection) else postgresql
        connection.execute(dialect.insert(entity).on_conflict_do_nothing(), missing)
        found |= _ids(connection, [one for one in wanted if one not in found])
    return found


def _ids(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, int]:
    query = select(entity.c.type, entity.c.key, entity.c.id)
    rows = connection.execute(query.where(tuple_(entity.c.type, entity.c.key).in_(list(identities))))
    return {(str(row.type), str(row.key)): row.id for row in rows}


def of_article(connection: Connection, article_id: int) -> Sequence[Any]:
    """Every mention in an article with its entity, in the order of the text."""
    query = select(
        entity.c.id, entity.c.name, entity.c.type, entity.c.country, mention.c.start, mention.c.end, mention.c.surface
    )
    return connection.execute(
        query.join_from(mention, entity).where(mention.c.article_id == article_id).order_by(mention.c.start)
    ).all()


def most_mentioned(connection: Connection, limit: int) -> Sequence[Any]:
    """The entities named in the most articles: name, type, articles, mentions."""
    articles = func.count(mention.c.article_id.distinct()).label("articles")
    query = select(entity.c.id, entity.c.name, entity.c.type, articles, func.count().label("mentions"))
    return connection.execute(
        query.join_from(mention, entity)
        .group_by(entity.c.id, entity.c.name, entity.c.type)
        .order_by(articles.desc(), func.count().desc(), entity.c.name)
        .limit(limit)
    ).all()
