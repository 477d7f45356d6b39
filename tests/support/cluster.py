"""A whole cluster of real processes on one machine, to be hurt; each is started again if it dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import redis
from sqlalchemy.engine import make_url

from scripts.embedded import redis_server
from shared.processes import die_with_parent
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy, proxy

PATIENCE_S = 180.0
CELERY = [sys.executable, "-m", "celery", "-A", "workers.app"]
QUICK = ["--without-mingle", "--without-gossip"]
WORKERS = {
    "fetch": ["worker", "-Q", "fetch", "-P", "threads", "-c", "2", "-n", "fetch@here", *QUICK],
    "articles1": ["worker", "-Q", "articles", "-c", "1", "-n", "articles1@here", *QUICK],
    "articles2": ["worker", "-Q", "articles", "-c", "1", "-n", "articles2@here", *QUICK],
    "beat": ["beat", "--pidfile="],
}
# Everything that is waited for comes soon; limits stay far above what a batch takes on a busy machine.
IMPATIENT = {
    "COPYDESK_LEASE_S": "6", "COPYDESK_HOST_LEASE_S": "8", "COPYDESK_FETCH_DEADLINE_S": "6",
    "COPYDESK_TIME_LIMIT_S": "30", "COPYDESK_ARTICLE_TIME_LIMIT_S": "15", "COPYDESK_HAND_ON_TIMEOUT_S": "8",
    "COPYDESK_VISIBILITY_TIMEOUT_S": "60", "COPYDESK_SILENCE_S": "10", "COPYDESK_BATCH_SIZE": "4",
    "COPYDESK_FETCH_DELAY_S": "0.01", "COPYDESK_FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
    "COPYDESK_ENTITY_MODEL": "rules", "COPYDESK_LOG_FORMAT": "json", "OMP_NUM_THREADS": "1",
}  # fmt: skip


@dataclass
class Member:
    """One process of the cluster, in a session of its own with all that it starts."""

    name: str
    argv: list[str]
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    held_down: bool = False  # is not to be started again yet
    starts: int = 0

    def start(self) -> None:
        dying = {"preexec_fn": die_with_parent if sys.platform == "linux" else None}  # also when the tests are killed
        with self.log.open("ab") as log:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            self.process = subprocess.Popen(self.argv, env=self.environment, start_new_session=True, **quiet, **dying)
        self.held_down, self.starts = False, self.starts + 1

    @property
    def main(self) -> psutil.Process:
        assert self.process is not None
        return psutil.Process(self.process.pid)

    def children(self, depth: int) -> list[psutil.Process]:
        """The pool (depth 1) or the benches (depth 2)."""
        with suppress(psutil.Error):
            found = self.main.children()
            return found if depth == 1 else [child for one in found for child in one.children()]
        return []

    def signal(self, number: int) -> None:
        """To the whole session."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL to the main process alone; its children are left to themselves."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def end(self) -> None:
        self.held_down = True
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


@dataclass
class Cluster:
    """The members, and the proxies through which they reach broker and database."""

    folder: Path
    environment: dict[str, str]
    broker: Member
    broker_proxy: Proxy
    postgres: Postgres | None = None
    database_proxy: Proxy | None = None
    members: dict[str, Member] = field(default_factory=dict)

    def tend(self) -> None:
        """Start again what has died, as a supervisor does."""
        for member in (self.broker, *self.members.values()):
            if not member.held_down and (member.process is None or member.process.poll() is not None):
                member.start()

    def until(self, true: Callable[[], Any], limit_s: float = PATIENCE_S) -> None:
        """Wait until something is true, and tend to the cluster meanwhile."""
        deadline = time.monotonic() + limit_s
        while not true():
            assert time.monotonic() < deadline, f"not within {limit_s:.0f} s; logs in {self.folder}"
            self.tend()
            time.sleep(0.05)

    def wait(self, seconds: float) -> None:
        """Let time pass, which is what a harm is made of."""
        ends_at = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > ends_at, seconds + 10)

    def redis(self) -> "redis.Redis":
        """The broker, not by way of the proxy."""
        target = self.broker_proxy.target
        assert isinstance(target, Path)
        return redis.Redis(unix_socket_path=str(target))

    def logs(self) -> dict[str, str]:
        """What the members have said."""
        return {path.stem: path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log"))}


@contextmanager
def running(folder: Path, database_url: str, postgres: Postgres | None = None, **more: str) -> Iterator[Cluster]:
    """A cluster on this database; `more`: variables of the workers. PostgreSQL is reached through a proxy."""
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "broker.sock"
    argv = [redis_server(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    with ExitStack() as stack:
        broker = Member("broker", argv, dict(os.environ), folder / "broker.log")
        cluster = Cluster(folder, {}, broker, stack.enter_context(proxy(socket)), postgres)
        if postgres is not None:
            cluster.database_proxy = stack.enter_context(proxy(postgres.socket_dir / ".s.PGSQL.5432"))
            name = make_url(database_url).database
            database_url = f"postgresql://postgres@127.0.0.1:{cluster.database_proxy.port}/{name}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYDESK_")}
        cluster.environment = inherited | IMPATIENT | more | {
            "COPYDESK_DATABASE_URL": database_url,
            "COPYDESK_BROKER_URL": f"redis://127.0.0.1:{cluster.broker_proxy.port}/0",
            "COPYDESK_DATA_DIR": str(folder),
        }  # fmt: skip
        for name, words in WORKERS.items():
            cluster.members[name] = Member(name, [*CELERY, *words], cluster.environment, folder / f"{name}.log")
        try:
            cluster.tend()
            yield cluster
        finally:
            for member in (*cluster.members.values(), broker):
                member.end()
