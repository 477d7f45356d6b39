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
