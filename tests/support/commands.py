"""The real `copydesk` in processes of its own, and what a test needs to watch and disturb it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

PATIENCE_S = 100.0
COPYDESK = Path(sys.executable).with_name("copydesk")
MARK = "COPYDESK_TEST_MARK"  # every process of one run inherits it
QUICK = {"COPYDESK_FETCH_DELAY_S": "0.05", "COPYDESK_FETCH_ALLOW_NETWORKS": "127.0.0.0/8,::1/128"}


@dataclass(frozen=True, slots=True)
class Result:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Everything that was printed, line by line."""
        return [line for line in (self.out + self.err).splitlines() if line.strip()]

    def naming(self, what: str) -> list[str]:
        """The lines that name something."""
        return [line for line in self.lines if what in line]


@dataclass
class Running:
    """A command that has been started, in a process group of its own, as a terminal does it."""

    process: "subprocess.Popen[str]"
    mark: str
    socket: Path  # of its broker, which hides its environment

    def end(self, limit_s: float = PATIENCE_S) -> Result:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=limit_s)
        assert "Traceback" not in out + err, out + err
        return Result(self.process.returncode, out, err)

    def interrupt(self) -> None:
        """Ctrl-C: a terminal tells every process of the foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        self.process.kill()

    def processes(self) -> list[psutil.Process]:
        """All processes of this run, however they are related."""
        return [
            process
            for process in psutil.process_iter()
            if _environment(process).get(MARK) == self.mark or f"unixsocket:{self.socket}" in " ".join(_words(process))
        ]

    def broker(self) -> psutil.Process:
        """The broker that the run has started."""
        (broker,) = [
            process for process in self.processes() if f"unixsocket:{self.socket}" in " ".join(_words(process))
        ]
        return broker

    def pool(self) -> list[psutil.Process]:
        """The processes that take batches of articles; each has its pages worked on by another one, its bench."""
        workers = [process for process in self.processes() if "articles@" in " ".join(_words(process))]
        pids = {process.pid for process in workers}
        main = {process.pid for process in workers if process.ppid() not in pids}
        return [process for process in workers if process.ppid() in main]


@dataclass
class Desk:
    """Runs commands in one data directory."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    home: Path = Path("/")  # where the commands are started
    started: list[Running] = field(default_factory=list)

    def start(self, *arguments: object, stdin: Any = subprocess.DEVNULL) -> Running:
        """Start `copydesk ARGUMENTS`."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYDESK_")}
        mark = uuid4().hex
        words = [str(COPYDESK), *map(str, arguments), "--data", str(self.data), *self.options]
        kept = {MARK: mark, "SPT_NOENV": "1"}  # titles of processes leave their environments alone
        environment = inherited | QUICK | self.environment | kept
        process = subprocess.Popen(
            words, env=environment, cwd=self.home, text=True, start_new_session=True,
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.started.append(Running(process, mark, self.data / "broker.sock"))
        return self.started[-1]

    def __call__(self, *arguments: object, given: str | None = None) -> Result:
        """Run `copydesk ARGUMENTS` to its end."""
        if given is None:
            return self.start(*arguments).end()
        running = self.start(*arguments, stdin=subprocess.PIPE)
        assert running.process.stdin is not None
        running.process.stdin.write(given)
        running.process.stdin.close()
        running.process.stdin = None
        return running.end()

    def monitor(self) -> Any:
        return self("monitor", "--once", "--json").json

    def articles(self) -> list[Any]:
        """Every article, as exported."""
        return [json.loads(line) for line in self("export").out.splitlines()]

    def query(self, sql: str) -> list[Any]:
        """Rows of the embedded database, read beside whoever works on it; none as long as there are no tables."""
        path = f"file:{self.data / 'copydesk.db'}?mode=ro"
        with closing(sqlite3.connect(path, uri=True, timeout=30)) as connection:
            return connection.execute(sql).fetchall()

    def count(self, condition: str = "true") -> int:
        """How many articles meet `condition`; none as long as there is no database."""
        try:
            return int(self.query(f"select count(*) from article where {condition}")[0][0])  # noqa: S608
        except sqlite3.OperationalError:
            return 0

    def close(self) -> None:
        """End what a failed test has left."""
        for running in self.started:
            for process in [running.process, *running.processes()] if running.process.poll() is None else []:
                process.kill()
            running.process.wait()
            for stream in (running.process.stdin, running.process.stdout, running.process.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A data directory that does not exist yet."""
    desk = Desk(tmp_path / "data")
    yield desk
    desk.close()


def until(true: Callable[[], object], limit_s: float = 60.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, f"not within {limit_s:.0f} s"
        time.sleep(0.05)


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ() if process.status() != psutil.STATUS_ZOMBIE else {}
    except (psutil.Error, OSError):
        return {}


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
