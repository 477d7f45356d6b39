"""Articles as a list that a person leafs through: newest first, by condition, never counted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, false, func, select, text

from shared import selecting
from shared.database import select_given
from shared.models import QUARANTINED, article, host, mention
from shared.selecting import Term

COLUMNS = (
    "id", "title", "url", "status", "reason", "next_stage", "due_at", "label", "language", "published_at", "created_at",
    "duplicate_of", "word_count",
)  # fmt: skip
INDEXED: Final = frozenset("id url reason host source submission label lang entity person org place cluster".split())
FEW: Final = 5000  # articles that meet a condition, which are looked up; of more, the next one is met soon
WINDOW: Final = 20_000  # articles that are looked through for one leaf, where no index leads to them


@dataclass(frozen=True, slots=True)
class Leaf:
    """Some articles, and the id before which the next leaf begins; null where there are no more."""

    rows: Sequence[Any]
    next: int | None


def leaf(connection: Connection, terms: Collection[Term], before_id: int | None, limit: int) -> Leaf:
    """The newest articles for which `terms` hold, those older than `before_id`, with their hosts' names.

    Where no index leads to them, only so many articles are looked through: there may be fewer than `limit`, and more.
    """
    newest = before_id or (connection.scalar(select(func.max(article.c.id))) or 0) + 1
    oldest = 0 if is_indexed(terms) else max(0, newest - WINDOW)
    wanted = condition(connection, terms)
    named = by_one_index(connection, [term for term in terms if _is_name(term)])
    if named is not None:
        given = [{"id": one} for one in named]
        wanted &= article.c.id.in_(select_given(connection, given, article)) if given else false()
    query = select(article.c.id).where(wanted, article.c.id < newest, article.c.id >= oldest)
    ids = list(connection.scalars(query.order_by(article.c.id.desc()).limit(limit + 1)))
    more = ids[limit - 1] if len(ids) > limit else oldest if oldest > 1 else None
    return Leaf(rows(connection, ids[:limit]), more)


def is_indexed(terms: Collection[Term]) -> bool:
    """Whether an index leads to the few articles that meet these conditions."""
    equal = {term.field for term in terms if term.operator == "="}
    return bool(equal & INDEXED) or _asks_for_quarantined(terms)


def _asks_for_quarantined(terms: Collection[Term]) -> bool:
    return any((term.field, term.operator, term.values) == ("status", "=", ("quarantined",)) for term in terms)


def condition(connection: Connection, terms: Collection[Term]) -> Any:
    """That `terms` hold, as the database finds it quickly.

    In the words of the partial index, so that it sees that it may use that. And entities are looked up beforehand.
    """
    names = [term for term in terms if _is_name(term)]
    wanted = selecting.condition(term for term in terms if term not in names)
    for term in names:
        wanted &= _named(connection, term).where(mention.c.article_id == article.c.id).exists()
    return wanted & text(QUARANTINED) if _asks_for_quarantined(terms) else wanted


def by_one_index(connection: Connection, terms: Collection[Term]) -> list[int] | None:
    """The ids of the articles that meet one of the conditions, by its index; None where FEW are met by each."""
    for term in terms:
        if not is_indexed([term]):
            continue
        if _is_name(term):
            found = _named(connection, term).distinct()
        else:
            found = select(article.c.id).where(condition(connection, [term]))
        ids = set(connection.scalars(found.limit(FEW)))
        if len(ids) < FEW:
            return list(ids)
    return None


def _is_name(term: Term) -> bool:
    return term.field in selecting.NAMES and term.operator == "="


def _named(connection: Connection, term: Term) -> Any:
    """The ids of articles that name an entity."""
    ids = {one for value in term.values for one in connection.scalars(_meant(term.field, value))}
    one_of = mention.c.entity_id == next(iter(ids)) if len(ids) == 1 else mention.c.entity_id.in_(ids)
    return select(mention.c.article_id).where(one_of)


def _meant(field: str, value: str) -> Any:
    return selecting.meant(selecting.NAMES[field], value)


def rows(connection: Connection, article_ids: Sequence[int]) -> Sequence[Any]:
    """What a list shows of these articles, in their order."""
    query = select(*(article.c[name] for name in COLUMNS), host.c.name.label("host"))
    query = query.join_from(article, host, isouter=True).where(article.c.id.in_(article_ids))
    found = {row.id: row for row in connection.execute(query)}
    return [found[article_id] for article_id in article_ids if article_id in found]
