"""Builds a database of many articles, as after years of news: to measure on, and to look at.

    python -m tests.benchmarks.million --database sqlite:////tmp/big/copydesk.db --articles 1000000

Sizes, states and proportions are those of real news; what the articles say is made of invented words. The rows go in
as the database likes it best, into tables without indexes, and the indexes are made in the end. A million takes some
minutes, and 10 GB.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Connection, Index, func, select, text, update
from sqlmodel import SQLModel

from shared import tallying
from shared.database import is_sqlite, transaction
from shared.models import change_feed, table
from shared.schema import migrate
from shared.triggers import SEARCH_POSTGRESQL
from tests.benchmarks.newsreel import Newsreel, Rows

CHUNK = 5000  # articles made at once
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
def main(database: str, articles: int, mentions: int, keys: int, texts: bool) -> None:
    """Build it, and say how long that took."""
    os.environ["COPYDESK_DATABASE_URL"] = database
    build(articles, mentions, keys, texts=texts, say=click.echo)


def build(
    articles: int, mentions: int = 12, keys: int = 0, *, texts: bool = True, say: Callable[[str], None] = lambda _: None
) -> None:
    """Fill the database of the settings, which must be empty."""
    began = time.monotonic()
    migrate()
    with transaction() as connection:
        reel = Newsreel(articles, mentions, keys, texts=texts, sqlite=is_sqlite(connection))
    with _without_indexes(say):
        _add(reel.setting())
        for start in range(1, articles + 1, CHUNK):
            _add(reel.stories(start, min(articles + 1, start + CHUNK)))
            if start % (20 * CHUNK) == 1:
                say(f"{start - 1:>10,} articles, {time.monotonic() - began:.0f} s")
    with transaction() as connection:
        _count_up(connection)
        connection.execute(update(change_feed).values(last=2 * articles))
        tallying.recount(connection)
    _analyse()
    say(f"{articles:>10,} articles, {time.monotonic() - began:.0f} s in all")


@contextmanager
def _without_indexes(say: Callable[[str], None]) -> Iterator[None]:
    """Let tables have no indexes inside the block: made once over all rows they take a fraction of the time."""
    indexes: list[Index] = [index for one in SQLModel.metadata.sorted_tables for index in one.indexes]
    with transaction() as connection:
        for index in indexes:
            index.drop(connection)
        if not is_sqlite(connection):
            connection.execute(text("drop index ix_search_entry_words"))
    yield
    say("making indexes")
    with transaction() as connection:
        for index in indexes:
            index.create(connection)
        if not is_sqlite(connection):
            connection.execute(text("set local maintenance_work_mem = '512MB'"))
            connection.execute(text(SEARCH_POSTGRESQL[0]))


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
    from shared.database import engine

    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze" if is_sqlite(connection) else "vacuum analyze"))


if __name__ == "__main__":
    main()
