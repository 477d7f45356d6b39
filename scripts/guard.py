"""The guard: keeps the embedded services alive for as long as `copydesk run`, and not a moment longer.

A process forked from the run before that has opened anything. It imports what workers need, once, while the run goes
on preparing; forks the workers, which so start at once and share that memory; starts again what dies; and ends them
all when its socket closes: that happens however the run ends, SIGKILL included.
"""

import contextlib
import os
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from shared.processes import close_all_but, die_with_parent, fork

GRACE_S: Final = 3.0  # between asking and killing
FIRST_PAUSE_S: Final = 0.2  # before a service that died is started again; doubled each time
LONGEST_PAUSE_S: Final = 10.0
POLL_S: Final = 0.2
START, FINISHED = b"s", b"f"  # what the run says


@dataclass(frozen=True, slots=True)
class Plan:
    """What the guard is to do. `broker` is a command; `workers` are the arguments of Celery for each of them."""

    broker: Sequence[str] | None
    workers: Sequence[Sequence[str]]
    load: Callable[[], None]  # imports what workers need
    environment: Mapping[str, str]
    log: Path


class Guard:
    """The guard's process, as the run sees it."""

    def __init__(self, plan: Plan) -> None:
        self._socket, theirs = socket.socketpair()
        # other threads of the run (the sample newsroom's) only wait for requests
        self._pid = fork(partial(_keep_guard, theirs, plan))
        theirs.close()

    def start_workers(self) -> None:
        """Everything that workers expect is there. A guard that has died is found by its workers' absence."""
        with contextlib.suppress(OSError):
            self._socket.sendall(START)

    def end(self, *, finished: bool) -> None:
        """End the services and wait for that; at once where they have `finished`, and so have nothing to lose."""
        with contextlib.suppress(OSError):
            self._socket.sendall(FINISHED if finished else b"")
        self._socket.close()  # which is a word too
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


# ---- what runs in the guard


class Service:
    """A process, started as often as it dies."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work, self._pause_s, self._start_at = work, FIRST_PAUSE_S, 0.0
        self.pid = 0

    def keep(self) -> None:
        """Start it if it is not running and its pause has passed."""
        if self.pid and not self.has_ended():
            return
        if self.pid:
            stop(self.pid, signal.SIGKILL)  # what a killed worker leaves behind
            self.pid, self._start_at = 0, time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        if time.monotonic() >= self._start_at:
            self.pid = fork(self._run)

    def has_ended(self) -> bool:
        """Whether it is dead; then its process is no more."""
        try:
            return os.waitpid(self.pid, os.WNOHANG)[0] != 0
        except ChildProcessError:
            return True

    def _run(self) -> None:
        os.setsid()
        die_with_parent()
        self._work()


def _keep_guard(control: socket.socket, plan: Plan) -> None:
    _part_from_run(control, plan)
    # what is killed tidies nothing up: workers make their temporary folders in one that goes with the guard
    with tempfile.TemporaryDirectory(prefix="copydesk-", ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = folder
        _keep_services(control, plan)


def _keep_services(control: socket.socket, plan: Plan) -> None:
    broker = [Service(partial(_execute, plan.broker))] if plan.broker else []
    workers = [Service(partial(_work, words)) for words in plan.workers]
    finished = False
    try:
        for service in broker:
            service.keep()
        _load(plan)
        if _said(control, None) == START:
            finished = _watch(control, [*broker, *workers])
    finally:
        for some in (workers, broker):  # the broker last: workers tell it what they have done
            _end_together([service for service in some if service.pid], 0.0 if finished else GRACE_S)


def _part_from_run(control: socket.socket, plan: Plan) -> None:
    """Let go of what is the run's: its terminal and signals, the lock on its directory, a newsroom's listeners."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the run decides
    close_all_but(control.fileno())
    log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    os.environ |= plan.environment
    from setproctitle import setproctitle

    setproctitle("[copydesk: guard]")  # workers get titles from Celery


def _load(plan: Plan) -> None:
    try:
        plan.load()
    except Exception:  # noqa: BLE001  (workers will fail over the same, again and again, and say so in the log)
        traceback.print_exc()


def _execute(words: Sequence[str]) -> NoReturn:
    os.execv(words[0], list(words))  # noqa: S606  (no shell)


def _work(words: Sequence[str]) -> NoReturn:
    from celery.__main__ import main

    sys.argv = ["celery", *words]
    main()
    sys.exit(0)


def _said(control: socket.socket, wait_s: float | None) -> bytes | None:
    """What the run says next; nothing where it has gone, None where it is silent for so long."""
    if not select.select([control], [], [], wait_s)[0]:
        return None
    try:
        return control.recv(1)
    except OSError:
        return b""


def _watch(control: socket.socket, services: Sequence[Service]) -> bool:
    """Keep them alive until the run ends; whether it has said that everything is finished."""
    wait_s = 0.0  # a run that has gone meanwhile needs no workers any more
    while (said := _said(control, wait_s)) is None:
        for service in services:
            service.keep()
        wait_s = POLL_S
    return said == FINISHED


def stop(pid: int, number: int) -> None:
    """Signal a whole session, as far as it still exists."""
    with contextlib.suppress(OSError):
        os.killpg(pid, number)


def _end_together(services: Sequence[Service], grace_s: float) -> None:
    """Ask, wait a little, make sure."""
    if grace_s:
        for service in services:
            stop(service.pid, signal.SIGTERM)
    deadline, left = time.monotonic() + grace_s, list(services)
    while left and time.monotonic() < deadline:
        left = [service for service in left if not service.has_ended()]
        time.sleep(0.02)
    for service in services:
        stop(service.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(service.pid, 0)
