"""Growth of the near-duplicate index: what a step costs among many articles, and how much room its keys take.

    python -m tests.benchmarks.growth [--articles 100000 1000000] [--database sqlite postgresql]

Articles are keys here: 24 each, spread as the smallest hashes of a text are, and put in as they come in life, so that
pages are as full as in life. A tenth are copies, which share most keys with another. At each size, batches of new
articles go through what the pipeline does with keys: they are stored, and then candidates are looked for.
"""

import argparse
import os
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from sqlalchemy import Connection, event, text

from shared import duplicates
from shared.database import engine, is_sqlite, transaction
from tests.benchmarks.measuring import Cost, Server, measure, postgres_server
from tests.support import stories
from tests.support.services import forget, migrate_at
from workers.stages import deduplicating

KEYS, SHARED, COPIES = 24, 16, 0.1
LOWEST, SPAN = -(2**63), 2**64 * KEYS // 300  # of a text of 300 words
CHUNK, BATCH, BATCHES = 10_000, 32, 50


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), nargs="*", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    texts = [_text_of_500_words(number) for number in range(200)]
    cost = measure(lambda: len([deduplicating.fingerprint(one) for one in texts]))
    print(f"fingerprint of 500 words: {cost.own_us:.0f} µs of CPU")
    for name in given.database:
        with _database(name) as (url, server):
            grow(url, server, sorted(given.articles))
    return 0


def grow(url: str, server: Server | None, sizes: list[int]) -> None:
    """Let the index grow to these sizes, and measure at each."""
    dice, known = np.random.default_rng(1), 0
    empty, fresh, name = _bytes(), count(10**9), "PostgreSQL" if server else "SQLite"
    for size in sizes:
        for first in range(known + 1, size + 1, CHUNK):
            _load(url, first, _keys(dice, min(CHUNK, size + 1 - first)))
        known = size
        room = (_bytes() - empty) / size
        cost = step(dice, fresh, server)
        print(
            f"{name}, {size:,} articles: {room:.0f} bytes an article; storing keys and looking for "
            f"candidates {cost.own_us:.0f} µs of our CPU and {cost.server_us:.0f} of the server's an article",
            flush=True,
        )


def step(dice: np.random.Generator, fresh: "count[int]", server: Server | None) -> Cost:
    """What the pipeline does with the keys of new articles, in batches; once before, so that all is warm."""

    def work() -> int:
        for _ in range(BATCHES):
            prints = {next(fresh): _print(keys) for keys in _keys(dice, BATCH)}
            with transaction() as connection:
                _ignore_references(connection)  # articles are only keys here
                duplicates.store_keys(connection, prints)
            with transaction() as connection:
                duplicates._near(connection, prints)
        return BATCHES * BATCH

    work()
    return measure(work, server.cpu_s if server else lambda: 0.0)


def _print(keys: Any) -> Any:
    return SimpleNamespace(scheme=deduplicating.SCHEME, keys=tuple(keys.tolist()))


def _keys(dice: np.random.Generator, number: int) -> Any:
    """The keys of so many articles, a row each."""
    keys = LOWEST + dice.integers(0, SPAN, size=(number, KEYS))
    copies = np.flatnonzero(dice.random(number) < COPIES)
    copies = copies[copies > 0]
    originals = (copies * dice.random(len(copies))).astype(int)
    keys[copies, :SHARED] = keys[originals, :SHARED]
    return keys


def _load(url: str, first: int, keys: Any) -> None:
    """Put the keys of articles `first` and following into the index, as quickly as their order allows."""
    rows = [(key, first + number, deduplicating.SCHEME) for number, some in enumerate(keys.tolist()) for key in some]
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        for pragma in ("synchronous = off", "cache_size = -2000000", "foreign_keys = off"):
            connection.execute(f"pragma {pragma}")
        with connection:
            connection.executemany("insert or ignore into duplicate_key (key, article_id, scheme) values (?,?,?)", rows)
        connection.close()
        return
    with transaction() as sql:
        _ignore_references(sql)
        with sql.connection.driver_connection.cursor().copy(
            "copy duplicate_key (key, article_id, scheme) from stdin"
        ) as copy:
            for row in rows:
                copy.write_row(row)


def _ignore_references(connection: Connection) -> None:
    if not is_sqlite(connection):
        connection.execute(text("set local session_replication_role = replica"))


def _bytes() -> int:
    """How much room the database (SQLite) or the index of keys (PostgreSQL) takes."""
    with transaction() as connection:
        if is_sqlite(connection):
            pages, size = (connection.scalar(text(f"pragma {name}")) for name in ("page_count", "page_size"))
            return int(pages * size)
        return int(connection.scalar(text("select pg_total_relation_size('duplicate_key')")))


def _text_of_500_words(number: int) -> str:
    words = " ".join(part for one in range(5) for part in stories.paragraphs(5 * number + one)).split()
    dice = random.Random(number)
    assert len(words) > 500
    start = dice.randrange(len(words) - 500)
    return " ".join(words[start : start + 500])


@contextmanager
def _database(name: str) -> Iterator[tuple[str, Server | None]]:
    with tempfile.TemporaryDirectory(prefix="growth-") as folder, postgres_server() as server:
        url = f"sqlite:///{Path(folder) / 'copydesk.db'}" if name == "sqlite" else server.new_database("growth")
        os.environ["COPYDESK_DATABASE_URL"] = url
        migrate_at(url)
        forget()
        if name == "sqlite":  # as _ignore_references does it on PostgreSQL
            event.listen(engine(), "connect", lambda raw, _: raw.execute("pragma foreign_keys = off"))
        yield url, server if name == "postgresql" else None
        forget()


if __name__ == "__main__":
    sys.exit(main())
