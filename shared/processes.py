"""Processes forked from this one: the guard of a run with its workers, and the benches of a worker."""

import ctypes
import gc
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Final

PR_SET_PDEATHSIG: Final = 1
MOST_FILES: Final = 65_536


def fork(work: Callable[[], object]) -> int:
    """The id of a new process that does `work` and ends; it never returns into the code of its parent.

    Whoever calls sees to it that the other threads of this process hold no lock that `work` could wait for.
    """
    _flush()  # or what is buffered would be written twice
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        return pid
    try:
        work()
        status = 0
    except SystemExit as ended:
        status = _status(ended)
    except BaseException:  # noqa: BLE001  (nobody is left to tell but the log)
        traceback.print_exc()
        status = 1
    finally:
        _flush()
        os._exit(status)


def _status(ended: SystemExit) -> int:
    """As the interpreter would end: what is no number is said, and is a failure."""
    if ended.code is None or isinstance(ended.code, int):
        return ended.code or 0
    sys.stderr.write(f"{ended.code}\n")
    return 1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def close_all_but(number: int) -> None:
    """Let go of all open files but the standard ones and `number`: they are the parent's.

    Whatever held them is never collected: it would close, under the same numbers, what is opened from now on.
    """
    gc.freeze()
    os.closerange(3, number)
    os.closerange(number + 1, MOST_FILES)


def die_with_parent() -> None:
    """Let the kernel end this process if its parent is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
