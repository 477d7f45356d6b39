"""Time, CPU and memory of what is measured, and a PostgreSQL server to measure on."""

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support import postgres


@dataclass(frozen=True, slots=True)
class Cost:
    """What `number` pieces of work took; `own_s` is CPU of this process and its children, `server_s` of the server."""

    number: int
    wall_s: float
    own_s: float
    server_s: float = 0.0

    @property
    def rate(self) -> float:
        """Pieces per second of wall time."""
        return self.number / self.wall_s

    @property
    def own_us(self) -> float:
        return 1e6 * self.own_s / self.number

    @property
    def server_us(self) -> float:
        return 1e6 * self.server_s / self.number


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server and its main process."""

    postgres: postgres.Postgres
    pid: int

    def cpu_s(self) -> float:
        return cpu_of_tree(self.pid)

    def new_database(self, name: str) -> str:
        """The URL of an empty database."""
        self.postgres.run(f"create database {name}")
        return self.postgres.url(name)


@contextmanager
def postgres_server() -> Iterator[Server]:
    """A server in a folder of its own, without durability: the disk is not what is measured."""
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres.running(folder) as server:
            yield Server(server, int((folder / "data" / "postmaster.pid").read_text().split()[0]))


def measure(work: Callable[[], int], server_cpu: Callable[[], float] = lambda: 0.0) -> Cost:
    """Runs `work`, which returns how many pieces it did."""
    began, own, server = time.monotonic(), own_cpu(), server_cpu()
    number = work()
    return Cost(number, time.monotonic() - began, own_cpu() - own, server_cpu() - server)


def own_cpu() -> float:
    """CPU seconds of this process and of all its descendants that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def cpu_of_tree(pid: int | None) -> float:
    """CPU seconds of a process, of its children, and of those that have ended."""
    top = psutil.Process(pid)
    ended = top.cpu_times()
    living = [process.cpu_times() for process in (top, *top.children(recursive=True))]
    return ended.children_user + ended.children_system + sum(one.user + one.system for one in living)


def children_peak_mb() -> float:
    """The most memory that any ended descendant of this process has had."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
