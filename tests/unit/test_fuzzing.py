"""A few mutated inputs for every reader of what comes from outside; `make fuzz` reads thousands."""

import pytest

from tests.fuzzing.running import try_input
from tests.fuzzing.subjects import SUBJECTS

SEED = 2026
INPUTS = 400


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_every_input_ends_as_declared(subject):
    seeds = subject.seeds()
    results = [try_input(subject, seeds, SEED, number) for number in range(round(INPUTS * subject.share))]
    assert [f"number {result.number}: {result.fault}" for result in results if result.fault] == []


@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param("pages", 97, id="trafilatura asks thousands of nested elements for all that is in them"),
        pytest.param("pages", 2554, id="articles in articles, with times in all of them"),
        pytest.param("feeds", 432, id="a reference to a character that there is not, which feedparser dies of"),
        pytest.param("copies", 32, id="a text that holds another, compared in either order"),
    ],
)
def test_what_was_a_fault_is_none(name, number):
    (subject,) = (one for one in SUBJECTS if one.name == name)
    assert not try_input(subject, subject.seeds(), 1, number).fault
