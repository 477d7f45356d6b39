"""Keeps the embedded services alive for as long as `copydesk run`, and not a moment longer.

Started with `python -I -S guard.py`: reads one line of JSON from its standard input, [{"name", "argv", "log"}, ...],
the broker first, starts each command in a session of its own, starts it again if it dies, and ends them all when
standard input closes: that happens however the parent ends, SIGKILL included. Standard library only: it starts in
20 ms and holds little memory.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time

GRACE_S = 3.0  # between asking and killing
FIRST_PAUSE_S = 0.2  # before a command that died is started again; doubled each time
LONGEST_PAUSE_S = 10.0
PR_SET_PDEATHSIG = 1


class Service:
    """One command, started as often as it dies."""

    def __init__(self, name: str, argv: list[str], log: str) -> None:
        self.name, self.argv, self.log = name, argv, log
        self.pause_s, self.start_at = FIRST_PAUSE_S, 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        """Start the command if it is not running and its pause has passed."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            stop(self.process.pid, signal.SIGKILL)  # what a killed worker leaves behind
            self.process, self.start_at = None, time.monotonic() + self.pause_s
            self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
        if time.monotonic() >= self.start_at:
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                    preexec_fn=die_with_parent if sys.platform == "linux" else None,
                )  # fmt: skip


def read_line(number: int) -> bytes:
    """The first line, and not a byte more: `select` must see the rest."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(number, 1)):
        line += byte
    return line


def die_with_parent() -> None:
    """Linux only: let the kernel end the child if the guard itself is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def stop(pid: int, number: int) -> None:
    """Signal a whole session, as far as it still exists."""
    with contextlib.suppress(OSError):
        os.killpg(pid, number)


def watch(services: list[Service]) -> None:
    """Until standard input closes."""
    while True:
        for service in services:
            service.keep()
        ready, _, _ = select.select([sys.stdin], [], [], 0.2)
        if ready and not os.read(sys.stdin.fileno(), 4096):
            return


def end(services: list[Service]) -> None:
    """End everybody, the broker last: workers tell it what they have done."""
    broker, workers = services[:1], services[1:]
    for some in (workers, broker):
        end_together([service.process for service in some if service.process is not None])


def end_together(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask, wait a little, make sure."""
    for process in processes:
        stop(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        stop(process.pid, signal.SIGKILL)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent decides
    services = [Service(**one) for one in json.loads(read_line(sys.stdin.fileno()))]
    try:
        watch(services)
    finally:
        end(services)


if __name__ == "__main__":
    main()
