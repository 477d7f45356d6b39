"""One article at a time on a cluster that has nothing else to do; what a tick costs; how soon a command is there."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from scripts.main import COMMANDS
from scripts.submit import tell_cluster
from shared.database import reading
from shared.models import article
from tests.benchmarks import cluster, line
from tests.benchmarks.figures import Figure, median, percentile
from tests.benchmarks.measuring import own_cpu
from workers import dispatch

PATIENCE_S = 60.0


def one_at_a_time(engine: str, count: int) -> Iterator[Figure]:
    """From the moment at which a page is submitted to `done`."""
    bodies = line.made(count + 16)
    with cluster.running(engine):
        line.add(bodies[:16], 0)
        cluster.wait()
        times = [_time(body, number) for number, body in enumerate(bodies[16:], 16)]
        began = time.process_time()
        for _ in range(20):
            dispatch.tick()
        tick_s = (time.process_time() - began) / 20
    yield Figure(f"one submitted page, idle cluster, {engine}: p50", percentile(times, 0.5), "s", "< 0.5")
    yield Figure(f"one submitted page, idle cluster, {engine}: p99", percentile(times, 0.99), "s", "< 1.5")
    yield Figure(f"a tick of dispatch with nothing to do, {engine}", 1000 * tick_s, "ms CPU")


def _time(body: bytes, number: int) -> float:
    began = time.monotonic()
    line.add([body], number)
    tell_cluster()
    while not _is_done(number):
        if time.monotonic() > began + PATIENCE_S:
            raise TimeoutError("an article is not done")
        time.sleep(0.01)
    return time.monotonic() - began


def _is_done(number: int) -> bool:
    with reading() as connection:
        query = select(article.c.status).where(article.c.url.endswith(f"/{number}"))
        return connection.scalar(query) == "done"


def start_up(times: int = 3) -> Iterator[Figure]:
    """CPU from calling a command to its help, all its imports done."""
    copydesk = str(Path(sys.executable).with_name("copydesk"))
    for name in COMMANDS:
        used = []
        for _ in range(times):
            before = own_cpu()
            subprocess.run([copydesk, name, "--help"], check=True, stdout=subprocess.DEVNULL)
            used.append(own_cpu() - before)
        yield Figure(f"copydesk {name} --help", median(used), "s CPU")
