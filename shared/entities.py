"""Entities and their mentions: one row per person, organisation or place, whoever meets it first."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from shared.database import given_later, insert_given, is_sqlite
from shared.errors import UsageError
from shared.models import article, entity, mention

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
    insert_given(connection, rows, mention)


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
        insert_given(connection, missing, entity, if_new=True)
        found |= _ids(connection, [one for one in wanted if one not in found])
    return found


def _ids(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, int]:
    wanted = [{"type": type_, "key": key} for type_, key in identities]
    if not wanted:
        return {}
    rows = connection.execute(_finding(is_sqlite(connection)), {"given": wanted})
    return {(str(row.type), str(row.key)): row.id for row in rows}


@cache
def _finding(on_sqlite: bool) -> Any:
    given = given_later(on_sqlite, ("type", "key"), entity).subquery("wanted")
    both = (entity.c.type == given.c.type) & (entity.c.key == given.c.key)
    return select(entity.c.type, entity.c.key, entity.c.id).join(given, both)


def keys_of(name: str) -> list[str]:
    """The keys that an entity of this name may have: without accents, case and points, as the extract stage has it."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    words = re.findall(r"\w+", re.sub(r"(?<=\w)[.'’ʻ`](?=\w|$)|(?<=\w)\.", "", plain))
    return list(dict.fromkeys((" ".join(words), name)))


written = entity.alias("written")  # the entity that an article's own words name; `entity` is what a person made of it
root = func.coalesce(written.c.same_as, written.c.id, type_=written.c.id.type)  # the id of that


def joined() -> Any:
    """Mentions with the entity that each stands for, merges by a person included."""
    return mention.join(written, written.c.id == mention.c.entity_id).join(
        entity, entity.c.id == func.coalesce(written.c.same_as, written.c.id)
    )


def of_article(connection: Connection, article_id: int) -> Sequence[Any]:
    """Every mention in an article with its entity, in the order of the text."""
    query = select(
        entity.c.id, entity.c.name, entity.c.type, entity.c.country, mention.c.start, mention.c.end, mention.c.surface
    )
    return connection.execute(
        query.select_from(joined()).where(mention.c.article_id == article_id).order_by(mention.c.start)
    ).all()


def most_mentioned(connection: Connection, limit: int, type_: str | None = None) -> Sequence[Any]:
    """The entities named in the most articles, as `most_named`; of one type."""
    return most_named(connection, limit, *([written.c.type == type_] if type_ else []))


def most_named(connection: Connection, limit: int, *conditions: ColumnElement[bool]) -> Sequence[Any]:
    """The entities that most articles name in such mentions: id, name, type, country, articles, mentions."""
    articles = func.count(mention.c.article_id.distinct()).label("articles")
    mentions = func.count().label("mentions")
    counted = select(root.label("id"), articles, mentions).join_from(
        mention, written, written.c.id == mention.c.entity_id
    )
    ordered = counted.where(*conditions).group_by(root).order_by(articles.desc(), mentions.desc(), root)
    top = ordered.limit(limit).subquery()  # counted first, then they get their names
    columns = (entity.c.id, entity.c.name, entity.c.type, entity.c.country, top.c.articles, top.c.mentions)
    query = select(*columns).join_from(top, entity, entity.c.id == top.c.id)
    return connection.execute(
        query.order_by(top.c.articles.desc(), top.c.mentions.desc(), entity.c.name, entity.c.id)
    ).all()


def find(connection: Connection, which: str) -> Sequence[Any]:
    """The entities that a person may mean: by id, or by name or one of the forms in which articles write it."""
    if which.isdecimal():
        return connection.execute(select(entity).where(entity.c.id == int(which))).all()
    named = connection.execute(select(entity).where(func.lower(entity.c.name) == which.lower())).all()
    if named:
        return named
    by_form = select(mention.c.entity_id).where(mention.c.surface == which)
    return connection.execute(select(entity).where(entity.c.id.in_(by_form))).all()


def aliases(connection: Connection, entity_id: int) -> Sequence[Any]:
    """The forms in which articles write an entity, commonest first: surface, mentions, articles."""
    count = func.count().label("mentions")
    articles = func.count(mention.c.article_id.distinct()).label("articles")
    query = select(mention.c.surface, count, articles).select_from(joined()).where(entity.c.id == entity_id)
    return connection.execute(query.group_by(mention.c.surface).order_by(count.desc(), mention.c.surface)).all()


def articles_of(connection: Connection, entity_id: int, limit: int) -> Sequence[Any]:
    """The newest articles that name an entity: id, title, url."""
    naming = select(mention.c.article_id).select_from(joined()).where(entity.c.id == entity_id)
    query = select(article.c.id, article.c.title, article.c.url).where(article.c.id.in_(naming))
    return connection.execute(query.order_by(article.c.id.desc()).limit(limit)).all()


def merged_into(connection: Connection, entity_id: int) -> Sequence[Any]:
    """The entities that a person has merged into this one."""
    return connection.execute(select(entity).where(entity.c.same_as == entity_id).order_by(entity.c.id)).all()


def merge(connection: Connection, lesser: Any, greater: Any) -> None:
    """From now on what names `lesser` stands for `greater` (rows of entity), in old and in new articles.

    Mentions keep the entity that their words name, so that `split` can undo it. Raises UsageError for two kinds.
    """
    if lesser.type != greater.type:
        raise UsageError(f"{lesser.name} is {lesser.type} and {greater.name} is {greater.type}: they cannot be one")
    target = greater.same_as or greater.id
    if target == lesser.id:
        raise UsageError(f"{greater.name} is merged into {lesser.name} already: split it first")
    moved = or_(entity.c.id == lesser.id, entity.c.same_as == lesser.id)
    connection.execute(update(entity).where(moved, entity.c.id != target).values(same_as=target))
    _announce(connection, target)


def split(connection: Connection, merged: Any) -> None:
    """Let a merged entity be one of its own again. Raises UsageError where it is merged into none."""
    if merged.same_as is None:
        raise UsageError(f"{merged.name} ({merged.id}) is not merged into another")
    _announce(connection, merged.same_as)
    connection.execute(update(entity).where(entity.c.id == merged.id).values(same_as=None))


def _announce(connection: Connection, entity_id: int) -> None:
    """The articles that name an entity are not what they were."""
    naming = select(mention.c.article_id).select_from(joined()).where(entity.c.id == entity_id)
    connection.execute(update(article).where(article.c.id.in_(naming)).values(change=None))
