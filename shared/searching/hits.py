"""Looking up a query: keys from the index, newest first, class after class, and the articles behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    any_,
    cast,
    column,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy import table as named_table
from sqlalchemy.dialects.postgresql import TSQUERY as TSQUERY_TYPE
from sqlalchemy.dialects.postgresql import TSVECTOR

from shared import browsing, selecting
from shared.database import is_sqlite, select_given
from shared.models import article, host, search_entry
from shared.searching.highlights import Piece, mark, snippet
from shared.searching.index import ID_BITS, minute
from shared.searching.query import FTS5, PROMINENT, TITLE, Language, Needle, Query, loosened, parse, spell, words
from shared.selecting import Term

HANDFUL: Final = 16  # keys that SQLite looks up one by one sooner than it goes through all that have a common word
FEW: Final = 2000  # matches that are all read, to be put in order
DATES: Final = ("since", "until")
WORK_MEM: Final = "64MB"  # or a word of many articles makes PostgreSQL read their rows again
MOST: Final = 1000  # hits that one can page through
CLASSES: Final = ((TITLE, ""), (PROMINENT, TITLE), ("", PROMINENT))  # where all words stand, and do not
SEARCH_WORDS: Final = named_table("search_words", column("rowid"), column("search_words"))


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found. Title and snippet are in pieces, so that whoever shows them can mark the hits."""

    id: int
    url: str
    host: str | None
    status: str
    language: str | None
    published_at: datetime | None
    duplicate_of: int | None
    title: Sequence[Piece]
    snippet: Sequence[Piece]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: hits are (start, end) in code points of the title and of the snippet."""
        names = ("id", "url", "host", "status", "language", "duplicate_of")
        return {name: getattr(self, name) for name in names} | {
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "title": "".join(piece.text for piece in self.title),
            "title_hits": _spans(self.title),
            "snippet": "".join(piece.text for piece in self.snippet),
            "snippet_hits": _spans(self.snippet),
        }


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits, best first, and whether there are more."""

    hits: Sequence[Hit]
    more: bool


def search(connection: Connection, asked: str, limit: int = 20, offset: int = 0) -> Found:
    """The articles that fit `asked` (see query.py). Raises UsageError where it cannot be understood."""
    query = parse(asked)
    wanted = min(MOST, offset + limit)
    keys = _keys(connection, query, wanted + 1)
    return Found(_load(connection, query, keys[offset:wanted]), len(keys) > wanted)


def _keys(connection: Connection, query: Query, limit: int) -> list[int]:
    """The keys of the first `limit` hits, in order."""
    others = [term for term in query.terms if term.field not in DATES]
    terms = browsing.condition(connection, others) if query.terms else None
    met = _met(connection, query, terms)
    if met is not None and not (met and query.wanted):
        return sorted(met, reverse=True)[:limit]
    found: list[int] = []
    for statement in _statements(connection, query, terms, met):
        found += connection.scalars(statement.limit(limit - len(found)))
        if len(found) >= limit:
            break
    return found


def _met(connection: Connection, query: Query, terms: Any) -> list[int] | None:
    """The keys of the articles that meet the conditions; None where those are many, or no index leads to them.

    Looked up first: of the articles with a common word, few may be of this host, and all would have to be asked.
    """
    ids = browsing.by_one_index(connection, query.terms)
    if ids is None:
        return None
    if not ids:
        return []
    key, given = search_entry.c.key, select_given(connection, [{"id": one} for one in ids], article).subquery()
    entries = given.join(article, article.c.id == given.c.id).join(
        search_entry, search_entry.c.article_id == given.c.id
    )
    statement = select(key).select_from(entries).where(terms, *_range(key, query), *_exactly(key, query))
    keys = list(connection.scalars(statement.limit(FEW + 1)))
    return keys if len(keys) <= FEW else None


def _statements(connection: Connection, query: Query, terms: Any, met: Sequence[int] | None) -> Iterator[Any]:
    """A query for each class of hits, in order; among those that are `met`, where these are known."""
    key = search_entry.c.key
    if not query.wanted:
        yield _newest(key, query, terms).select_from(search_entry)
        return
    if is_sqlite(connection):
        for mark_, but_not in CLASSES:
            matched = SEARCH_WORDS.c.search_words.op("match")(spell(query, FTS5, mark_, but_not))
            if met is None:
                yield _newest(SEARCH_WORDS.c.rowid, query, terms, matched).select_from(SEARCH_WORDS)
            else:
                yield _met_too(connection, matched, met).select_from(SEARCH_WORDS)
        return
    if met is not None:  # read once, so that the classes look only at those that have the words at all
        met = list(connection.scalars(select(key).where(_among(met), spell(query, IN_ROW))))
        for mark_, but_not in CLASSES:
            yield select(key).where(_among(met), spell(query, IN_ROW, mark_, but_not)).order_by(key.desc())
        return
    for mark_, but_not in CLASSES:
        few = _few(connection, _by_index(query, mark_, but_not), *_range(key, query))
        yield _newest(key, query, terms, spell(query, IN_ROW, mark_, but_not) if few is None else _among(few))


def _met_too(connection: Connection, matched: ColumnElement[bool], met: Sequence[int]) -> Any:
    """Those of SQLite's matches that are `met`, newest first."""
    given = select_given(connection, [{"key": key} for key in met], search_entry)
    rowid = SEARCH_WORDS.c.rowid
    # `+ 0`: else FTS5 looks the words up anew for every key, at a millisecond each
    number = rowid if len(met) <= HANDFUL else rowid + 0
    return select(rowid).where(matched, number.in_(given)).order_by(rowid.desc())


def _among(keys: Sequence[int]) -> ColumnElement[bool]:
    """As one parameter: a list of many takes PostgreSQL long to plan."""
    return search_entry.c.key == any_(literal(list(keys), ARRAY(BigInteger)))


def _stands(needle: Needle) -> ColumnElement[bool]:
    """That a row of PostgreSQL's search_entry has these tokens in a row."""
    looked_for = " " + " ".join(needle.tokens) + ("" if needle.is_prefix else " ")
    return func.strpos(search_entry.c.tokens, looked_for) > 0


IN_ROW: Final = Language(
    _stands, lambda parts: and_(*parts), lambda parts: or_(*parts), lambda one, other: and_(one, not_(other))
)


def _by_index(query: Query, mark_: str, but_not: str) -> ColumnElement[bool]:
    """That a row matches, by the index (triggers.py); what that cannot tell is looked for in what it finds."""
    vector = cast(search_entry.c.tokens, TSVECTOR)
    found = vector.op("@@")(cast(loosened(query, mark_, but_not), TSQUERY_TYPE))
    if query.has_phrases and query.has_alternatives:
        return and_(found, spell(query, IN_ROW, mark_, but_not))
    # every look into a row unpacks it: none for what the index has answered
    wanted, unwanted = ([one for one in needles if len(one.tokens) > 1] for needles in (words(query), query.unwanted))
    return and_(found, *map(_stands, wanted), *(not_(_stands(one)) for one in unwanted))


def _few(connection: Connection, *matched: ColumnElement[bool]) -> list[int] | None:
    """The keys of all matches on PostgreSQL, by the index of words; None where there are more than FEW.

    Then the first hits are met soon by walking back through all entries. Left to itself the planner may take that way
    for words that are rare.
    """
    settings = {"enable_seqscan": "off", "enable_indexscan": "off", "work_mem": WORK_MEM}
    savepoint = connection.begin_nested()  # what is set goes with it
    connection.execute(select(*(func.set_config(name, value, True) for name, value in settings.items())))
    keys = list(connection.scalars(select(search_entry.c.key).where(*matched).limit(FEW + 1)))
    savepoint.rollback()
    return keys if len(keys) <= FEW else None


def _newest(key: Any, query: Query, terms: Any, *conditions: Any) -> Any:
    """Keys of articles that meet the conditions, newest first."""
    statement = select(key).where(*conditions, *_range(key, query)).order_by(key.desc())
    if terms is None:
        return statement
    # the column where there is one: a condition that few articles meet is then looked at first
    number = search_entry.c.article_id if key is search_entry.c.key else key.op("&")(literal(2**ID_BITS - 1))
    found = select(article.c.id).where(article.c.id == number, terms, *_exactly(key, query))
    return statement.where(found.correlate_except(article).exists())


def _range(key: Any, query: Query) -> list[ColumnElement[bool]]:
    """The keys that a first and last date leave, to the minute."""
    return [_bounded(key, term, 0) for term in query.terms if term.field in DATES]


def _exactly(key: Any, query: Query) -> list[ColumnElement[bool]]:
    """The same dates to the second. An article's row is read for that only in the first or last minute."""
    dates = (term for term in query.terms if term.field in DATES)
    return [or_(_bounded(key, term, 1), selecting.condition([term])) for term in dates]


def _bounded(key: Any, term: Term, margin: int) -> ColumnElement[bool]:
    """The keys that `since` or `until` leaves, less so many minutes."""
    if term.field == "since":
        first = min(minute(selecting.read_moment(value)) for value in term.values)
        return and_(key >= first + margin << ID_BITS)
    last = max(minute(selecting.read_moment(value, end=True)) for value in term.values)
    return and_(key < last + 1 - margin << ID_BITS)


def _load(connection: Connection, query: Query, keys: Sequence[int]) -> list[Hit]:
    ids = [key & (2**ID_BITS - 1) for key in keys]
    names = ("id", "url", "status", "language", "published_at", "duplicate_of", "title", "text")
    statement = select(*(article.c[name] for name in names), host.c.name.label("host"))
    rows = connection.execute(statement.join_from(article, host, isouter=True).where(article.c.id.in_(ids)))
    by_id = {row.id: row for row in rows}
    needles = words(query)
    return [_hit(by_id[id_], needles) for id_ in ids if id_ in by_id]


def _hit(row: Any, needles: Sequence[Needle]) -> Hit:
    return Hit(
        id=row.id,
        url=row.url,
        host=row.host,
        status=row.status,
        language=row.language,
        published_at=row.published_at,
        duplicate_of=row.duplicate_of,
        title=mark(row.title or "", needles),
        snippet=snippet(row.text or "", needles),
    )


def _spans(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    spans, at = [], 0
    for piece in pieces:
        if piece.is_hit:
            spans.append((at, at + len(piece.text)))
        at += len(piece.text)
    return spans
