"""A process forked from another one ends as a program of its own would."""

import gc
import os
import sys
from contextlib import suppress

import pytest

from shared.processes import close_all_but, fork


@pytest.mark.parametrize(
    ("reason", "status", "said"),
    [(None, 0, ""), (3, 3, ""), ("the database has no tables", 1, "the database has no tables\n")],
)
def test_it_says_why_it_ends(reason, status, said, capfd):
    pid = fork(lambda: sys.exit(reason))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == status
    assert capfd.readouterr().err == said


class Left:
    """What is no longer needed, and has an open file until it is collected: a connection that knows its pool, say."""

    def __init__(self) -> None:
        self.number, self.itself = os.dup(1), self

    def __del__(self) -> None:
        with suppress(OSError):
            os.close(self.number)


def test_what_a_forked_process_opens_is_not_closed_by_what_its_parent_has_left(tmp_path):
    def work() -> None:
        close_all_but(2)
        opened = [os.open(tmp_path / "new", os.O_WRONLY | os.O_CREAT | os.O_APPEND) for _ in range(100)]
        gc.collect()
        for number in opened:
            os.write(number, b".")

    for _ in range(20):  # under as many numbers
        Left()

    os.waitpid(fork(work), 0)

    assert (tmp_path / "new").read_text() == 100 * "."
