"""Quarantined articles are tried again where they were given up, on both databases."""

import pytest

from shared import replaying, selecting, tallying
from shared.articles import write_ledger
from shared.database import reading, transaction

RUN = {"version": 1, "attempt": 2, "outcome": "quarantined", "detail": None, "seconds": 0.5, "waited_s": None}


@pytest.fixture
def quarantined(line):
    """One article that was given up in cleaning, one in fetching, and one that is well."""
    cleaned, well = line.add_stories(1, 2)
    (fetched,) = line.add_urls("https://other.example/1")
    given_up = {"status": "quarantined", "next_stage": None, "attempts": 2, "lost": 2}
    line.change(cleaned, reason="worker_lost", **given_up)
    line.change(fetched, reason="stage_error", **given_up)
    rows = [(cleaned, "clean", "worker_lost"), (fetched, "fetch", "stage_error")]
    with transaction() as connection:
        write_ledger(connection, [RUN | {"article_id": one, "stage": stage, "reason": why} for one, stage, why in rows])
    return line, cleaned, fetched, well


def replay(text, limit=100):
    with transaction() as connection:
        return replaying.replay(connection, selecting.parse(text), limit)


def test_each_goes_on_at_the_stage_that_gave_it_up(quarantined):
    line, cleaned, fetched, well = quarantined
    assert replay("") == 2
    assert [line.row(one).next_stage for one in (cleaned, fetched, well)] == ["clean", "fetch", "clean"]
    assert (line.row(cleaned).attempts, line.row(cleaned).lost) == (0, 0)
    assert line.host("other.example").next_allowed_at is not None
    with reading() as connection:
        assert tallying.read(connection).of("quarantined") == 0


def test_only_what_is_asked_for_is_replayed_and_only_once(quarantined):
    line, cleaned, fetched, _ = quarantined
    assert replay("reason=time_limit") == 0
    assert replay("reason=worker_lost host=paper.example") == 1
    assert (line.row(cleaned).next_stage, line.row(fetched).next_stage) == ("clean", None)
    assert replay("reason=worker_lost") == 0
    assert replay("", limit=0) == 0
    assert replay("", limit=5) == 1
