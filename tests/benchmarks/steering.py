"""What a look costs at a million articles: every page of the dashboard, monitor, search, requeue and export.

    python -m tests.benchmarks.million  --database sqlite:////tmp/big/copydesk.db
    python -m tests.benchmarks.steering --database sqlite:////tmp/big/copydesk.db [PART]...

Prints the median time by the clock, the CPU of this process, and the CPU of the PostgreSQL server, if it is on this
machine: on a busy one these two say what the clock would on a free one.
"""

import asyncio
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import click
import psutil
from sqlalchemy import Connection, func, select, text, true

from scripts.dashboard.app import make_app
from scripts.dashboard.guarding import Keys
from shared import exporting, searching, selecting
from shared.accounting import account, progress
from shared.database import is_sqlite, reading
from shared.models import article, search_entry, story
from shared.requeueing import plan
from tests.support.services import forget

TRIES = 5
WHERES = (
    "status=quarantined",
    "host=paper7.example reason=http_404",
    "host=paper7.example version.clean<2",
    "since=7d version.clean<2",
    "status=done version.clean<2",
)
PAGES = (
    "/",
    "/articles",
    "/articles?status=done",
    "/articles?status=quarantined",
    "/articles?reason=http_404",
    "/articles?host=paper7.example",
    "/articles?host=paper400.example&status=dropped",
    "/articles?label=label3",
    "/articles?source=7",
    "/articles?entity=1",
    "/articles?since=7d",
    "/articles?lang=it",
    "/stories",
    "/entities",
    "/entities/1",
    "/entities/39000",
    "/sources",
    "/sources?show=failing",
    "/hosts",
    "/hosts/1",
    "/submissions",
    "/submissions/7",
    "/quarantine",
    "/metrics",
    "/api/v1/status",
    "/api/v1/articles?where=status=done",
    "/api/v1/submissions/7",
    "/api/v1/entities",
    "/api/v1/stories",
    "/api/v1/changes",
)


@click.command()
@click.option("--database", required=True, metavar="URL")
@click.argument("parts", nargs=-1, type=click.Choice(["pages", "commands", "search", "export"]))
def main(database: str, parts: tuple[str, ...]) -> None:
    """Measure and print a table."""
    os.environ["COPYDESK_DATABASE_URL"] = database
    forget()  # what the imports above have read
    with reading() as connection:
        click.echo(f"{connection.scalar(select(func.count()).select_from(article)):,} articles")
        searchable = connection.scalar(select(func.count()).select_from(search_entry)) or 0
    click.echo(f"{'':55} {'ms: clock':>10} {'at worst':>10} {'CPU ours':>10} {'database':>10}")
    for name, work in {"pages": pages, "commands": commands, "search": search, "export": export}.items():
        if name in parts or not parts:
            if name == "search":
                click.echo(f"search among {searchable:,}")
            work()


def pages() -> None:
    """Every page of the dashboard, as its server makes it."""
    app = make_app(Keys("127.0.0.1"))
    with reading() as connection:
        shown = connection.scalar(select(func.max(article.c.id)).where(article.c.status == "done"))
        told = connection.scalar(select(func.max(story.c.id)))
    for path in (*PAGES, f"/articles/{shown}", f"/articles/{shown}/page", f"/stories/{told}"):
        show(path, lambda path=path: ask(app, path))


def ask(app: Any, path: str) -> None:
    """One request, straight to the application."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        statuses.append(message.get("status", 0))

    where, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": where, "raw_path": where.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8642),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert statuses[0] in {200, 404}, f"{path}: {statuses[0]}"  # 404: a smaller database has no such thing


def commands() -> None:
    """What commands ask the database."""
    show("monitor", _reading(account))
    show("progress of a submission", _reading(lambda connection: progress(connection, 7)))
    for where in WHERES:
        terms = selecting.parse(where)
        show(f"requeue --dry-run {where}", _reading(lambda connection, terms=terms: plan(connection, terms, "fetch")))


def search() -> None:
    """Words, phrases and filters."""
    for query in queries():
        show(f"search {query}", _reading(lambda connection, query=query: searching.search(connection, query)))


def queries() -> list[str]:
    """A common word, rarer ones, phrases, and filters; of words that the database has."""
    with reading() as connection:
        newest = select(article.c.text).where(article.c.text.is_not(None)).order_by(article.c.id.desc())
        said = str(connection.scalar(newest.limit(1)))
    first = [word.strip(".,").casefold() for word in said.split() if word.strip(".,").isalpha()]
    words = sorted(set(first), key=lambda word: (len(word), word))
    return [
        words[0],
        words[len(words) // 2],
        words[-1],
        f"{words[0]} {words[1]} {words[2]}",
        f'"{first[1]} {first[2]}"',
        f'"{words[0]} {words[1]}"',
        f'"{words[0]} {words[1]} {words[2]}"',
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


def _reading(look: Callable[[Connection], object]) -> Callable[[], object]:
    def work() -> None:
        with reading() as connection:
            look(connection)

    return work


def show(name: str, work: Callable[[], object]) -> None:
    """Do it some times, and print what that took."""
    walls, own, servers = [], [], []
    work()
    for _ in range(TRIES):
        before = time.perf_counter(), time.process_time(), server_cpu_s()
        work()
        after = time.perf_counter(), time.process_time(), server_cpu_s()
        for values, begun, ended in zip((walls, own, servers), before, after, strict=True):
            values.append(1000 * (ended - begun))
    figures = (statistics.median(walls), max(walls), statistics.median(own), statistics.mean(servers))
    click.echo(f"{name:55} " + " ".join(f"{value:10.1f}" for value in figures))


def server_cpu_s() -> float:
    """CPU seconds of the PostgreSQL processes that work for us, if they are on this machine."""
    total = 0.0
    for pid in _backends():
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _backends() -> Iterator[int]:
    with reading() as connection:
        if not is_sqlite(connection):
            yield from connection.scalars(
                text("select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
            )
            yield connection.scalar(text("select pg_backend_pid()"))


def export() -> None:
    """How fast articles are read for other programs, and whether memory stays as it is."""
    began, number = time.process_time(), 0
    articles = iter(exporting.stream(true()))
    while part := sum(1 for _ in islice(articles, 100_000)):
        number += part
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        cpu_us = 1e6 * (time.process_time() - began) / number
        click.echo(f"export: {number:,} articles, {cpu_us:.0f} µs of CPU each, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
