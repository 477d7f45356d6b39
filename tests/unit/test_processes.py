"""A process forked from another one ends as a program of its own would."""

import os
import sys

import pytest

from shared.processes import fork


@pytest.mark.parametrize(
    ("reason", "status", "said"),
    [(None, 0, ""), (3, 3, ""), ("the database has no tables", 1, "the database has no tables\n")],
)
def test_it_says_why_it_ends(reason, status, said, capfd):
    pid = fork(lambda: sys.exit(reason))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == status
    assert capfd.readouterr().err == said
