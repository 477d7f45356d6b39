"""The bench: a process of its own in which a worker has pages worked on, one at a time, that it can do without.

What strangers wrote is parsed there. A page that hangs, eats the memory or kills the process costs the bench; the
worker sees which page it was and why, stores that as its outcome, and goes on with a new bench. Each thread that works
has its own. It is forked, so it starts in milliseconds with everything imported; it has no connection to anything.
"""

import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog

from shared.processes import close_all_but, die_with_parent, fork
from shared.reasons import Failed
from shared.settings import settings
from workers import carrying, pipeline

POLL_S = 0.05  # how often the worker looks at a bench that works
LARGEST_ANSWER = 256_000_000
PAGE_SIZE: Final = resource.getpagesize()
HEADER: Final = struct.Struct("!Q")
IGNORED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
Keep = Callable[[], None]
log = structlog.get_logger(__name__)
_state = {"used": False}
_mine = threading.local()


def use() -> None:
    """From now on this process, and those forked from it, have pages worked on at a bench."""
    _state["used"] = True
    carrying.OURS.update(stage.module.partition(".")[0] for stage in pipeline.STAGES.values())


def work(job: str, who: int, value: Any, keep: Keep) -> Any:
    """What `job` (see `pipeline.job`) makes of `value`; a Failed where that took too long, too much, or the process.

    `who` names the row in logs; `keep` is called now and then meanwhile. Where no bench is used, the work is done here.
    """
    if not _state["used"]:
        return _attempt(job, who, value)
    bench = getattr(_mine, "bench", None)
    if bench is None:
        bench = _mine.bench = Bench()
    result = bench.ask(job, who, value, keep)
    if bench.is_spent:
        bench.close()
        _mine.bench = None
    return result


def limit_s() -> float:
    """How long one page may take: as set, but no more than leaves room for others in a batch."""
    return min(settings().article_time_limit_s, 0.6 * settings().time_limit_s)


def breaks(result: Any) -> bool:
    """Whether a bench broke over it."""
    return isinstance(result, Failed) and result.reason in ("time_limit", "memory_limit", "worker_lost")


def _attempt(job: str, who: int, value: Any) -> Any:
    try:
        return pipeline.job(job)(value)
    except MemoryError:
        return Failed("memory_limit", "no more memory was given")
    except Exception as error:  # the one place that catches broadly: neighbours must not suffer
        log.exception("stage_failed", stage=job, id=who)
        return Failed("stage_error", f"{type(error).__name__}: {error}")


class _Gone(Exception):
    """The bench gives no answer."""

    def __init__(self, failed: Failed) -> None:
        self.failed = failed


class Bench:
    """One process, as its worker sees it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self.pid = fork(partial(_serve, theirs))  # the other threads of a worker only sleep and look
        theirs.close()
        self._memory = _open_memory(self.pid)
        self.is_spent = False

    def ask(self, job: str, who: int, value: Any, keep: Keep) -> Any:
        """Have one value worked on."""
        try:
            self._send(carrying.pack([job, who, value]))
            result = carrying.unpack(self._answer(keep))
        except _Gone as gone:
            log.warning("bench_lost", job=job, id=who, reason=gone.failed.reason, detail=gone.failed.detail)
            result = gone.failed
        except ValueError as error:
            result, self.is_spent = Failed("stage_error", f"no answer that can be read: {error}"), True
        self.is_spent = self.is_spent or breaks(result)
        return result

    def _send(self, question: bytes) -> None:
        self._socket.settimeout(limit_s())
        try:
            self._socket.sendall(HEADER.pack(len(question)) + question)
        except OSError:
            self._fail(None)

    def _answer(self, keep: Keep) -> bytes:
        ends_at, wanted, found = time.monotonic() + limit_s(), HEADER.size, bytearray()
        while len(found) < wanted:
            if select.select([self._socket], [], [], POLL_S)[0]:
                found += self._receive(wanted - len(found))
                if wanted == HEADER.size == len(found):
                    wanted += self._size(found)
            elif time.monotonic() > ends_at:
                self._fail(Failed("time_limit", f"more than {limit_s():g} s"))
            self._check_memory()
            keep()
        return bytes(found[HEADER.size :])

    def _receive(self, size: int) -> bytes:
        try:
            part = self._socket.recv(min(size, 1 << 20))
        except OSError:
            part = b""
        return part or self._fail(None)

    def _size(self, header: bytearray) -> int:
        (size,) = HEADER.unpack(header)
        if size > LARGEST_ANSWER:
            self._fail(Failed("memory_limit", f"a result of {size} bytes"))
        return int(size)

    def _check_memory(self) -> None:
        used_mb, most_mb = self._resident_mb(), settings().memory_limit_mb
        if used_mb > most_mb:
            self._fail(Failed("memory_limit", f"more than {most_mb} MB"))
        if used_mb > most_mb / 2:
            self.is_spent = True  # what it keeps is not to be charged to the next page

    def _resident_mb(self) -> float:
        """The memory that it has in use; 0 where the system does not say so (only Linux does)."""
        if self._memory is None:
            return 0.0
        try:
            pages = int(os.pread(self._memory, 100, 0).split()[1])
        except (OSError, IndexError):
            return 0.0
        return pages * PAGE_SIZE / 1e6

    def _fail(self, failed: Failed | None) -> NoReturn:
        """End the bench; without a reason it has died by itself, and its status tells."""
        self.is_spent = True
        if failed is not None:
            self.close()
            raise _Gone(failed)
        raise _Gone(_why_ended(self._reap()))

    def _reap(self) -> int:
        """Its status; a bench that has closed its end and lives on is ended."""
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return status
            time.sleep(0.005)
        self.close()
        return 0

    def close(self) -> None:
        """End it."""
        self._socket.close()
        if self._memory is not None:
            os.close(self._memory)
            self._memory = None
        if self.pid:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        self.pid = 0


def _why_ended(status: int) -> Failed:
    if not os.WIFSIGNALED(status):
        return Failed("worker_lost", f"the process ended with status {os.waitstatus_to_exitcode(status)}")
    number = os.WTERMSIG(status)
    if number == signal.SIGALRM:
        return Failed("time_limit", "the process ended itself")
    return Failed("worker_lost", f"the process was ended by {signal.Signals(number).name}")


def _open_memory(pid: int) -> int | None:
    """Where the system says how much memory a process has: open, since it is asked for every page."""
    try:
        return os.open(f"/proc/{pid}/statm", os.O_RDONLY)
    except OSError:
        return None


# ---- what runs in the bench


def _serve(mine: socket.socket) -> None:
    """Answer until the worker is gone."""
    try:
        _part_from_worker(mine.fileno())
        while True:
            (size,) = HEADER.unpack(_read(mine, HEADER.size))
            job, who, value = carrying.unpack(_read(mine, size))
            signal.setitimer(signal.ITIMER_REAL, 2 * limit_s())  # should nobody be there any more who watches
            answer = _packed(_attempt(job, who, value))
            signal.setitimer(signal.ITIMER_REAL, 0)
            mine.sendall(HEADER.pack(len(answer)) + answer)
    except (OSError, struct.error):
        return  # the worker has gone
    except BaseException:
        log.exception("bench_failed")
        sys.exit(1)


def _packed(result: Any) -> bytes:
    try:
        return carrying.pack(result)
    except (carrying.NotCarried, MemoryError) as error:
        return carrying.pack(Failed("stage_error", f"{type(error).__name__}: {error}"))


def _read(mine: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size and (part := mine.recv(min(size - len(found), 1 << 20))):
        found += part
    return bytes(found)


def _part_from_worker(number: int) -> None:
    """Let go of what is the worker's: its signals, its connections; and take limits of our own."""
    for one in IGNORED:
        signal.signal(one, signal.SIG_IGN)  # who ends the worker ends us; until then it waits for our answer
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    close_all_but(number)
    die_with_parent()
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")  # rather us than the worker, or a database
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # a wall behind the worker's own look at our memory, which takes place only every so often
    most = 2 * settings().memory_limit_mb * 1_000_000
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
