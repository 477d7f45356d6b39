"""More than one machine, simulated: many fetch workers on many hosts, and many article workers that do nothing.

The database is a real PostgreSQL; the network is a pause. `python -m tests.benchmarks.scale` prints what the
database allows: requests and claims per second, how long a claim takes, and whether every host was left alone for as
long as it should be.
"""

import multiprocessing
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import click
from sqlalchemy import update

from shared import hosts, submissions
from shared.database import engine, now, transaction
from shared.models import article, host
from shared.schema import migrate
from shared.submissions import NewArticle
from tests.benchmarks import cluster, idle_stages, overhead
from tests.benchmarks.figures import Figure, percentile, show
from tests.benchmarks.measuring import Server, postgres_server

LATENCY_S = 0.1
THREADS = 25  # fetch workers in a process
Visit = tuple[int, float, float]  # host, start, end
FETCHED = {"status": "fetched", "next_stage": "clean", "lease_token": None, "leased_until": None, "queued_at": None}


def fetching(server: Server, number: int, sites: int, seconds: float, delay: float) -> Iterator[Figure]:
    """`number` fetch workers on `sites` hosts for some seconds."""
    with prepared(server, "fetching"):
        _add_hosts(sites, int(seconds / delay) + 2)
        results: Any = multiprocessing.get_context("spawn").SimpleQueue()
        before = server.cpu_s()
        jobs = [(results, min(THREADS, number - start), seconds, delay) for start in range(0, number, THREADS)]
        visits, claims_s = _collect(_fetch_process, jobs, results)
        used = server.cpu_s() - before
    by_host: dict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        by_host[visit[0]].append(visit)
    early = sum(_early(some, delay) for some in by_host.values())
    span = max(end for _, _, end in visits) - min(start for _, start, _ in visits)
    name = f"{number} fetch workers, {sites} hosts"
    yield Figure(f"{name}: requests", len(visits) / span, "1/s", f"<= {sites / (delay + LATENCY_S):.0f}")
    yield Figure(f"{name}: hosts asked too early", early, "of all", "0")
    yield Figure(f"{name}: a claim, p50", 1000 * percentile(claims_s, 0.5), "ms")
    yield Figure(f"{name}: a claim, p99", 1000 * percentile(claims_s, 0.99), "ms")
    yield Figure(f"{name}: database per request", 1000 * used / len(visits), "ms CPU")


def _early(visits: list[Visit], delay: float) -> int:
    """Requests that began sooner than `delay` after the end of the one before."""
    ordered = sorted(visits, key=lambda visit: visit[1])
    return sum(after[1] - before[2] < delay for before, after in pairwise(ordered))


def _fetch_process(results: Any, threads: int, *how: float) -> None:
    visits: list[Visit] = []
    claims_s: list[float] = []
    workers = [threading.Thread(target=_fetch_worker, args=(visits, claims_s, *how)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    results.put((visits, claims_s))


def _fetch_worker(visits: list[Visit], claims_s: list[float], seconds: float, delay: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        began = time.monotonic()
        with transaction() as connection:
            targets = hosts.claim(connection, 16, 60.0, 1e9)
        claims_s.append(time.monotonic() - began)
        start = time.monotonic()
        time.sleep(LATENCY_S)  # the network
        end = time.monotonic()
        if not targets:
            continue
        with transaction() as connection:
            hosts.lock(connection, [target.host.id for target in targets])
            connection.execute(
                update(article).where(article.c.id.in_([target.row.id for target in targets])).values(FETCHED)
            )
            hosts.settle_all(connection, [(target, delay, {"strikes": 0}) for target in targets])
        visits += [(target.host.id, start, end) for target in targets]


def _add_hosts(sites: int, each: int) -> None:
    with transaction() as connection:
        submission_id = submissions.open_submission(connection, ["a simulation"], None)
    for start in range(0, sites, 1000):
        names = [f"site{number}.example" for number in range(start, min(sites, start + 1000))]
        new = [NewArticle(f"https://{n}/{k}", f"https://{n}/{k}", n) for n in names for k in range(each)]
        for first in range(0, len(new), 4000):
            with transaction() as connection:
                submissions.add_articles(connection, submission_id, new[first : first + 4000])
    with transaction() as connection:
        connection.execute(update(host).values(robots_checked_at=now()))
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("analyze")


def claiming(server: Server, workers: int, batches: int, size: int) -> Iterator[Figure]:
    """`workers` processes that take articles through stages that do nothing, as fast as they can."""
    with prepared(server, f"claiming_{workers}"):
        ids = [sorted(cluster.add(overhead.articles(n * size, size))) for n in range(workers * batches)]
        results: Any = multiprocessing.get_context("spawn").SimpleQueue()
        before = server.cpu_s()
        jobs = [(results, ids[n::workers]) for n in range(workers)]
        began = time.monotonic()
        spans, used_s = _collect(_claim_process, jobs, results)
        wall_s, server_s = time.monotonic() - began, server.cpu_s() - before
    claims = 3 * workers * batches * size
    name = f"{workers} workers that do nothing, batches of {size}"
    span = max(end for _, _, end in spans) - min(start for _, start, _ in spans)
    yield Figure(f"{name}: claims", claims / min(span, wall_s), "1/s")
    yield Figure(f"{name}: database per claim", 1e6 * server_s / claims, "µs CPU")
    yield Figure(f"{name}: worker per claim", 1e6 * sum(used_s) / claims, "µs CPU")


def _claim_process(results: Any, batches: list[list[int]]) -> None:
    from shared.logs import configure_logs
    from workers import broker, lifecycle
    from workers.pipeline import STAGES

    configure_logs()
    STAGES.update({name: getattr(idle_stages, name) for name in STAGES})
    broker.send = lambda *_, **__: True  # type: ignore[assignment]  # the next stage is here already
    start, used = time.monotonic(), time.process_time()
    for ids in batches:
        for stage in STAGES:
            lifecycle.process(stage, ids)
    results.put(([(0, start, time.monotonic())], [time.process_time() - used]))


def _collect(act: Any, jobs: list[tuple[Any, ...]], results: Any) -> tuple[list[Visit], list[float]]:
    """Run every job in a process of its own; what they put into `results`, together."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=act, args=job) for job in jobs]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return [one for visits, _ in found for one in visits], [one for _, times in found for one in times]


@contextmanager
def prepared(server: Server, name: str) -> Iterator[None]:
    """Settings that name a new, migrated database."""
    with cluster.configured(database_url=server.new_database(name), log_level="ERROR"):
        migrate()
        yield


@click.command()
@click.option("--workers", default=100, show_default=True, help="Fetch workers.")
@click.option("--hosts", "sites", default=10_000, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="How long they fetch.")
@click.option("--delay", default=10.0, show_default=True, help="Seconds that a host is left alone.")
def main(workers: int, sites: int, seconds: float, delay: float) -> None:
    """Simulate and print."""
    with postgres_server() as server:
        show(fetching(server, workers, sites, seconds, delay))
        for number in (1, 2, 4, 8):
            show(claiming(server, number, 40 // number, 32))


if __name__ == "__main__":
    main()
