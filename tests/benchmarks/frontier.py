"""Fetching politely: many hosts on loopback, several fetch workers, and what the hosts say of their manners.

The bound is what the delays allow: each host answers one request after the other, each followed by the delay.
"""

import asyncio
import gzip
import multiprocessing
import os
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click

from tests.benchmarks.measuring import postgres_server

PORT, NETWORK = 8890, "127.9"
ROBOTS = b"User-agent: *\nDisallow: /private\n"
TOLERANCE_S = 0.01  # the server sees a request end a little later than the client


@dataclass(frozen=True, slots=True)
class Report:
    """What the sites saw: requests, pages among them, requests too early, pages asked for again."""

    requests: int
    pages: int
    early: int
    twice: int
    span_s: float
    cpu_s: float


@click.command()
@click.option("--pages", default=3000, show_default=True)
@click.option("--hosts", default=300, show_default=True)
@click.option("--workers", default=4, show_default=True, help="Processes that fetch.")
@click.option("--delay", default=0.25, show_default=True, help="Seconds per host.")
@click.option("--latency", default=0.05, show_default=True, help="Mean seconds until a page is answered.")
@click.option("--kilobytes", default=150, show_default=True, help="Size of a page.")
@click.option("--only", type=click.Choice(["sqlite", "postgresql"]), default="postgresql", show_default=True)
def main(pages: int, hosts: int, workers: int, delay: float, latency: float, kilobytes: int, only: str) -> None:  # noqa: PLR0917
    """Fetch everything once and print a table."""
    connection, theirs = multiprocessing.Pipe()
    site = multiprocessing.Process(target=serve, args=(theirs, hosts, latency, kilobytes), daemon=True)
    site.start()
    connection.recv()
    with (
        tempfile.TemporaryDirectory(prefix="copydesk-bench-") as name,
        postgres_server() if only == "postgresql" else nullcontext() as server,
    ):
        prepare(server.new_database("frontier") if server else "", Path(name), delay, pages, hosts)
        cost = fetch(workers, server.cpu_s if server else lambda: 0.0)
    connection.send(delay)
    show(only, connection.recv(), *cost, bound=hosts / (delay + latency))


def show(name: str, seen: Report, workers_s: float, server_s: float, bound: float) -> None:
    """Print the table. A request for robots.txt takes its host as long as one for a page."""
    rate = seen.requests / seen.span_s
    click.echo(f"{name}: {seen.pages} pages and {seen.requests - seen.pages} robots.txt in {seen.span_s:.1f} s")
    click.echo(f"requests per second        {rate:8.0f}  ({100 * rate / bound:.0f} % of what the delays allow)")
    click.echo(f"CPU ms per page, workers   {1000 * workers_s / seen.pages:8.2f}")
    click.echo(f"CPU ms per page, database  {1000 * server_s / seen.pages:8.2f}")
    click.echo(f"CPU ms per page, the sites {1000 * seen.cpu_s / seen.pages:8.2f}")
    click.echo(f"requests too early         {seen.early:8}")
    click.echo(f"pages fetched twice        {seen.twice:8}")


def prepare(url: str, folder: Path, delay: float, pages: int, hosts: int) -> None:
    """A database in which everything waits."""
    os.environ |= {
        "COPYDESK_DATABASE_URL": url, "COPYDESK_DATA_DIR": str(folder), "COPYDESK_FETCH_DELAY_S": str(delay),
        "COPYDESK_FETCH_ALLOW_NETWORKS": f"{NETWORK}.0.0/16", "COPYDESK_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    from scripts.intake import Wishes, take_in
    from shared.database import engine
    from shared.schema import migrate

    migrate()
    addresses = [f"http://{address(number % hosts)}:{PORT}/{number}\n" for number in range(pages)]
    (folder / "urls.txt").write_text("".join(addresses))
    take_in([str(folder / "urls.txt")], Wishes())
    engine().dispose()


def fetch(workers: int, server_s: Callable[[], float]) -> tuple[float, float]:
    """Let workers work until nothing waits; returns their CPU seconds and the database server's."""
    context = multiprocessing.get_context("spawn")
    start, used = context.Barrier(workers + 1), context.SimpleQueue()
    processes = [context.Process(target=work, args=(start, used)) for _ in range(workers)]
    for process in processes:
        process.start()
    start.wait()
    before = server_s()
    for process in processes:
        process.join()
    return sum(used.get() for _ in processes), server_s() - before


def work(start: Any, used: Any) -> None:
    """A fetch worker: shifts as Celery would start them, until the frontier is empty."""
    from shared.database import reading
    from shared.hosts import next_due_in
    from shared.logs import configure_logs
    from workers import broker, frontier

    configure_logs()
    broker.send = lambda *_, **__: True
    broker.hand_on = lambda *_: None  # nothing follows the fetch here
    start.wait()
    began, waits = time.process_time(), True
    while waits:
        frontier.work_a_shift()
        with reading() as connection:
            waits = next_due_in(connection) is not None
    used.put(time.process_time() - began)


# ---- the sites


def address(number: int) -> str:
    return f"{NETWORK}.{number // 250 + 1}.{number % 250 + 1}"


class Sites:
    """Every host has its own address; what is asked when is written down."""

    def __init__(self, latency: float, kilobytes: int) -> None:
        chance = random.Random(1)
        words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(300)]
        markup = (f'<div class="{word}"><p><a href="/{word}">{word}</a></p></div>' for word in words)
        text = " ".join(chance.choices([*words, *markup], k=kilobytes * 160))[: kilobytes * 1000]
        self.page = gzip.compress(f"<!DOCTYPE html><title>A page</title><p>{text}".encode())
        self.latency = latency
        self.visits: dict[str, list[tuple[float, float, str]]] = defaultdict(list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path, began = head.split(b" ", 2)[1].decode(), time.monotonic()
                await asyncio.sleep(self.latency * random.uniform(0.5, 1.5))
                robots = path == "/robots.txt"
                kind, body = ("text/plain", ROBOTS) if robots else ("text/html\r\nContent-Encoding: gzip", self.page)
                reply = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(reply.encode() + body)
                await writer.drain()
                self.visits[host].append((began, time.monotonic(), path))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def judge(self, delay: float, cpu_s: float) -> Report:
        early = pages = twice = 0
        for visits in self.visits.values():
            visits.sort()
            early += sum(later[0] - before[1] < delay - TOLERANCE_S for before, later in pairwise(visits))
            paths = [path for _, _, path in visits if path != "/robots.txt"]
            pages += len(paths)
            twice += len(paths) - len(set(paths))
        times = [moment for visits in self.visits.values() for visit in visits for moment in visit[:2]]
        return Report(len(times) // 2, pages, early, twice, max(times) - min(times), cpu_s)


def serve(connection: Connection, hosts: int, latency: float, kilobytes: int) -> None:
    """The sites in a process of their own, until they are asked for their report."""
    sites = Sites(latency, kilobytes)

    async def run() -> None:
        for number in range(hosts):
            await asyncio.start_server(sites.talk, address(number), PORT, backlog=64)
        connection.send("ready")
        began = time.process_time()
        delay = await asyncio.to_thread(connection.recv)
        connection.send(sites.judge(delay, time.process_time() - began))

    asyncio.run(run())


if __name__ == "__main__":
    main()
