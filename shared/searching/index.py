"""The index of words: SQLite's FTS5 without a copy of the text, or a GIN index of the words in a row on PostgreSQL.

Both are given the same tokens (tokens.py) in the same order. PostgreSQL's index knows which articles have a word, not
where: phrases are looked for in the row, which takes half the room of a tsvector with places. An entry's key is when
its article was published and the article's id in one number, so that the newest hits are found first without looking
at all. SQLite forgets an entry only if told what it holds: that is made again from the text that the article still has,
so an entry is changed before it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy import text as sql

from shared.database import is_sqlite
from shared.models import article, search_entry
from shared.searching.query import PROMINENT, TITLE
from shared.searching.tokens import tokens
from shared.texts import storable

ID_BITS: Final = 37
LAST_MINUTE: Final = 2**26 - 1  # in 2097
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
GAP: Final = "\ue002"  # a token between title and text, so that no phrase goes across
MOST_TOKENS: Final = 16_000  # of an article; PostgreSQL counts places up to 16,383
OFTEN: Final = 3  # a word that occurs so often says what an article is about
SHORTEST: Final = 4  # letters, unless it stands in the title: shorter ones are "the" and "and"; every mark takes room
CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """What of an article is indexed."""

    title: str | None
    text: str
    published_at: datetime | None = None


def key_of(article_id: int, moment: datetime) -> int:
    """The place of an article in the order of hits."""
    return minute(moment) << ID_BITS | article_id


def minute(moment: datetime) -> int:
    """Whole minutes since 1970, as far as a key can hold them."""
    return max(0, min(LAST_MINUTE, int((moment - EPOCH).total_seconds() // 60)))


def document(entry: Entry) -> tuple[list[str], list[str]]:
    """The tokens of an article in their places, and the marked ones, which have none."""
    title, body = tokens(entry.title or ""), tokens(entry.text)[:MOST_TOKENS]
    often = (token for token, times in Counter(body).items() if times >= OFTEN and len(token) >= SHORTEST)
    about = dict.fromkeys((*title, *often))
    return [*title, GAP, *body], [TITLE + one for one in dict.fromkeys(title)] + [PROMINENT + one for one in about]


def store(connection: Connection, entries: Mapping[int, Entry]) -> None:
    """Index these articles (by id), in place of what is indexed of them. Call it before their rows change."""
    entries = {article_id: _as_stored(entry) for article_id, entry in entries.items()}
    rows = _rows(connection, entries)
    keys = {row.id: key_of(row.id, entries[row.id].published_at or row.created_at) for row in rows}
    changed = [row for row in rows if row.key is None or not _same(row, entries[row.id], keys[row.id])]
    _forget(connection, [row for row in changed if row.key is not None])
    _add(connection, [(keys[row.id], row.id, entries[row.id]) for row in changed])


def _as_stored(entry: Entry) -> Entry:
    """With title and text as the article's row will have them: they are compared with it, and one day taken out."""
    return replace(entry, title=storable(entry.title or ""), text=storable(entry.text))


def forget(connection: Connection, article_ids: Collection[int]) -> None:
    """Take these articles out of the index. Call it before their rows change or go."""
    _forget(connection, [row for row in _rows(connection, article_ids) if row.key is not None])


def _rows(connection: Connection, article_ids: Collection[int]) -> Sequence[Any]:
    """These articles as they are, with the key under which they are indexed, if any, in the order of ids."""
    columns = article.c
    query = select(columns.id, columns.title, columns.text, columns.created_at, search_entry.c.key)
    joined = query.join_from(article, search_entry, isouter=True).where(columns.id.in_(list(article_ids)))
    return connection.execute(joined.order_by(columns.id)).all()


def _same(row: Any, entry: Entry, key: int) -> bool:
    return bool((row.title or "", row.text, row.key) == (entry.title, entry.text, key))


def _forget(connection: Connection, rows: Sequence[Any]) -> None:
    if not rows:
        return
    if is_sqlite(connection):
        connection.execute(
            sql("insert into search_words (search_words, rowid, words) values ('delete', :key, :words)"),
            [{"key": row.key, "words": as_text(Entry(row.title, row.text))} for row in rows],
        )
    connection.execute(delete(search_entry).where(search_entry.c.article_id.in_([row.id for row in rows])))


def _add(connection: Connection, entries: Sequence[tuple[int, int, Entry]]) -> None:
    """Add entries: key, article's id, and what it says."""
    if not entries:
        return
    if is_sqlite(connection):
        connection.execute(insert(search_entry), [{"article_id": one, "key": key} for key, one, _ in entries])
        connection.execute(
            sql("insert into search_words (rowid, words) values (:key, :words)"),
            [{"key": key, "words": as_text(entry)} for key, _, entry in entries],
        )
        return
    connection.execute(
        insert(search_entry),
        [{"article_id": one, "key": key, "tokens": as_row(entry)} for key, one, entry in entries],
    )


def as_text(entry: Entry) -> str:
    """What FTS5 is told: tokens between blanks."""
    in_place, marked = document(entry)
    return " ".join((*in_place, GAP, *marked))


def as_row(entry: Entry) -> str:
    """What PostgreSQL is told: the same, with a blank before and after every token, so that whole ones can be met."""
    return f" {as_text(entry)} "


def index_missing(connection: Connection) -> int:
    """Index all articles that have a text and no entry, as after an upgrade; returns how many."""
    missing = ~select(search_entry.c.article_id).where(search_entry.c.article_id == article.c.id).exists()
    query = (
        select(article.c.id, article.c.title, article.c.text, article.c.published_at)
        .where(missing, article.c.text.is_not(None), article.c.status.not_in(("dropped",)))
        .order_by(article.c.id)
        .limit(CHUNK)
    )
    number, last_id = 0, 0
    while rows := connection.execute(query.where(article.c.id > last_id)).all():
        store(connection, {row.id: Entry(row.title, row.text, row.published_at) for row in rows})
        number, last_id = number + len(rows), rows[-1].id
    return number
