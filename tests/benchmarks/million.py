"""Builds a database of many articles, as after years of news: to measure on, and to look at.

    python -m tests.benchmarks.million --database sqlite:////tmp/big/copydesk.db --articles 1000000

Sizes, states and proportions are those of real news; what the articles say is made of invented words. Some 50,000
articles are made here, and copied by the database until there are enough, with numbers and dates of their own. Rows go
into tables without indexes, and the indexes are made in the end. A million takes some minutes, and 10 GB.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy import Connection, Index, func, select, text, update
from sqlmodel import SQLModel

from shared import tallying
from shared.database import is_sqlite, transaction
from shared.models import article, change_feed, table
from shared.schema import migrate
from shared.triggers import SEARCH_POSTGRESQL
from tests.benchmarks import copying
from tests.benchmarks.newsreel import Newsreel, Rows

CHUNK = 5000  # articles made at once
MADE = 50_000  # old articles that are made, and not copied
NEW = 0.02  # the share that is not old: some are in progress
COUNTED = (
    "submission",
    "host",
    "source",
    "entity",
    "article",
    "stage_run",
    "story",
)  # keys that the database counts up


@click.command()
@click.option("--database", required=True, metavar="URL", help="An empty database.")
@click.option("--articles", default=1_000_000, show_default=True)
@click.option("--mentions", default=12, show_default=True, help="Mentions per article.")
@click.option("--keys", default=0, show_default=True, help="Near-duplicate keys per article; real ones have 24.")
@click.option("--texts/--no-texts", default=True, help="Without: no pages, mentions and words either; much quicker.")
@click.option("--words", default=200_000, show_default=True, help="So many of the newest articles can be searched.")
def main(database: str, **options: Any) -> None:
    """Build it, and say how long that took."""
    os.environ["COPYDESK_DATABASE_URL"] = database
    build(**options, say=click.echo)


def build(
    articles: int,
    mentions: int = 12,
    keys: int = 0,
    words: int = 0,
    *,
    texts: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Fill the database of the settings, which must be empty."""
    began = time.monotonic()
    migrate()
    with transaction() as connection:
        reel = Newsreel(articles, mentions, keys, texts=texts, sqlite=is_sqlite(connection))
    with _without_indexes(say):
        _add(reel.setting())
        old = int(articles * (1 - NEW))
        copies = max(1, old // MADE)
        made = old // copies // 100 * 100  # a hundred of them share a story
        _make(reel, 1, made + 1)
        for number in range(1, copies):
            say(f"{number * made:>10,} articles, {time.monotonic() - began:.0f} s")
            with transaction() as connection:
                copying.copy(connection, made, number, articles)
        _make(reel, made * copies + 1, articles + 1)
        say(f"{articles:>10,} articles, {time.monotonic() - began:.0f} s; now the words")
        _index(reel, max(0, articles - words), made, made * copies)
    with transaction() as connection:
        _count_up(connection)
        connection.execute(update(change_feed).values(last=2 * articles))
        tallying.recount(connection)
    _analyse()
    say(f"{articles:>10,} articles, {time.monotonic() - began:.0f} s in all")


def _make(reel: Newsreel, start: int, end: int) -> None:
    for first in range(start, end, CHUNK):
        _add(reel.stories(first, min(end, first + CHUNK)))


def _index(reel: Newsreel, after: int, made: int, copied: int) -> None:
    """Index the words of the articles with a text and a number above `after`."""
    if not reel.with_texts:
        return
    columns = (article.c.id, article.c.published_at)
    query = select(*columns).where(article.c.text.is_not(None)).order_by(article.c.id).limit(CHUNK)
    while True:
        with transaction() as connection:
            rows = connection.execute(query.where(article.c.id > after)).all()
        if not rows:
            return
        _add(reel.index((id_, (id_ - 1) % made + 1 if id_ <= copied else id_, at) for id_, at in rows))
        after = rows[-1].id


@contextmanager
def _without_indexes(say: Callable[[str], None]) -> Iterator[None]:
    """Let tables have no indexes inside the block: made once over all rows they take a fraction of the time."""
    indexes: list[Index] = [index for one in SQLModel.metadata.sorted_tables for index in one.indexes]
    with transaction() as connection:
        for index in indexes:
            index.drop(connection)
        if not is_sqlite(connection):
            connection.execute(text("drop index ix_search_entry_tokens"))
    yield
    say("making indexes")
    with transaction() as connection:
        for index in indexes:
            index.create(connection)
        if not is_sqlite(connection):
            connection.execute(text("set local maintenance_work_mem = '512MB'"))
            connection.execute(text(SEARCH_POSTGRESQL[-1]))


def _add(rows: dict[str, Rows]) -> None:
    with transaction() as connection:
        if not is_sqlite(connection):
            connection.execute(text("set local session_replication_role = replica"))  # no triggers, no look-ups
        for name, (columns, values) in rows.items():
            _load(connection, name, columns, values)


def _load(connection: Connection, name: str, columns: tuple[str, ...], values: list[tuple[object, ...]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    raw = connection.connection.driver_connection
    if is_sqlite(connection):
        raw.executemany(f"insert into {name} ({names}) values ({', '.join('?' * len(columns))})", values)  # noqa: S608
        return
    with raw.cursor().copy(f"copy {name} ({names}) from stdin") as copy:
        for row in values:
            copy.write_row(row)


def _count_up(connection: Connection) -> None:
    """PostgreSQL goes on counting after the ids that were given."""
    if is_sqlite(connection):
        return
    for name in COUNTED:
        last = select(func.max(table(name).c.id)).scalar_subquery()
        connection.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), last)))


def _analyse() -> None:
    """As autovacuum would; in SQLite nothing gathers statistics, here as elsewhere."""
    from shared.database import engine

    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not is_sqlite(connection):
            connection.execute(text("vacuum analyze"))


if __name__ == "__main__":
    main()
