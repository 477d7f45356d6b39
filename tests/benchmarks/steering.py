"""What a look costs at a million articles: monitor, search, requeue and export, on a database that `million` built.

python -m tests.benchmarks.steering --database sqlite:////tmp/big/copydesk.db
"""

import os
import resource
import statistics
import time
from collections.abc import Callable
from itertools import islice

import click
from sqlalchemy import Connection, func, select, true

from shared import exporting, searching, selecting
from shared.accounting import account, progress
from shared.database import reading
from shared.models import article, search_entry
from shared.requeueing import plan

TRIES = 5
EXPORTED = 20_000


@click.command()
@click.option("--database", required=True, metavar="URL")
def main(database: str) -> None:
    """Measure and print a table."""
    os.environ["COPYDESK_DATABASE_URL"] = database
    with reading() as connection:
        click.echo(f"{connection.scalar(select(func.count()).select_from(article)):,} articles")
        has_words = connection.scalar(select(search_entry.c.key).limit(1)) is not None
    show("monitor", account)
    show("progress of a submission", lambda connection: progress(connection, 7))
    for where in ("status=quarantined", "host=paper7.example reason=http_404", "status=done version.clean<2"):
        show(
            f"requeue --dry-run {where}",
            lambda connection, where=where: plan(connection, selecting.parse(where), "fetch"),
        )
    if not has_words:
        return
    for query in queries():
        show(f"search {query}", lambda connection, query=query: searching.search(connection, query))
    export()


def queries() -> list[str]:
    """A common word, rarer ones, a phrase, and filters; of words that the database has."""
    with reading() as connection:
        text = str(connection.scalar(select(article.c.text).where(article.c.text.is_not(None)).limit(1)))
    words = sorted({word.strip(".").casefold() for word in text.split()}, key=len)
    first = text.split()
    return [
        words[0],
        words[len(words) // 2],
        words[-1],
        f"{words[0]} {words[1]} {words[2]}",
        f'"{first[1]} {first[2]}"',
        f"{words[-1][:5]}*",
        f"{words[0]} -{words[1]}",
        f"{words[0]} host:paper7.example",
        f"{words[0]} host:paper400.example",
        f"{words[0]} lang:it",
        f"{words[0]} since:7d",
        f"{words[0]} entity:39000",
        "entity:1 since:30d",
        "host:paper400.example",
    ]


def show(name: str, look: Callable[[Connection], object]) -> None:
    """The median and the worst of some tries, in milliseconds of the clock and of this process."""
    walls, cpus = [], []
    for _ in range(TRIES):
        with reading() as connection:
            wall, cpu = time.perf_counter(), time.process_time()
            look(connection)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    click.echo(
        f"{name:60} {1000 * statistics.median(walls):8.1f} ms, at best {1000 * min(walls):8.1f}, "
        f"CPU of ours {1000 * statistics.median(cpus):8.1f}"
    )


def export() -> None:
    """How fast articles are read for other programs, and what memory that takes."""
    began = time.process_time()
    number = sum(1 for _ in islice(exporting.stream(true()), EXPORTED))
    cpu = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    click.echo(f"export: {number:,} articles, {1e6 * cpu / max(1, number):.0f} µs of CPU each, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
