"""The tally is what counting would say, whoever changes articles, and however. Every test of the line ends so, too."""

import threading

from sqlalchemy import delete, insert, update

from shared import tallying
from shared.accounting import account, progress
from shared.database import is_sqlite, now, reading, transaction
from shared.models import article, tally, tally_change
from tests.support import stories
from tests.support.racing import at_once
from workers import dispatch


def counted(submission_id=None):
    with reading() as connection:
        return tallying.read(connection, submission_id)


def finish(line):
    dispatch.tick()
    while line.work():
        dispatch.tick()


def test_articles_are_counted_when_they_are_added_and_when_they_end(line):
    line.add_pages(stories.page(1), stories.page(1), "<html><body></body></html>")
    assert (counted().submitted, counted().final) == (3, 0)

    finish(line)

    found = counted()
    assert (found.submitted, found.of("done"), found.duplicates, found.of("dropped")) == (3, 2, 1, 1)
    assert [(one.status, one.reason) for one in found.ended if one.status == "dropped"] == [("dropped", "no_text")]


def test_a_submission_has_a_tally_of_its_own(line):
    line.add_stories(1, 2)
    finish(line)

    assert counted(line.submission_id).of("done") == 2
    assert counted(line.submission_id + 1).submitted == 0


def test_folding_changes_no_count(line):
    line.add_stories(1, 2, 3)
    finish(line)
    before = counted()

    with transaction() as connection:
        tallying.fold(connection)

    assert counted() == before
    with reading() as connection:
        assert connection.execute(tally_change.select()).all() == []


def test_folding_twice_at_once_counts_every_change_once(line):
    line.add_stories(*range(20))
    with transaction() as connection:
        connection.execute(update(article).values(status="dropped", next_stage=None, reason="no_text"))

    def fold():
        with transaction() as connection:
            tallying.fold(connection, 7)

    for _ in range(5):
        at_once(2, fold)

    assert counted().of("dropped") == 20


def test_what_anybody_does_to_an_article_is_counted(line):
    ids = line.add_stories(1, 2, 3, 4)
    line.change(ids[0], status="dropped", next_stage=None, reason="no_text")
    line.change(ids[0], reason="not_article")
    line.change(ids[1], status="quarantined", next_stage=None, reason="stage_error")
    line.change(ids[1], next_stage="clean")
    line.change(ids[2], status="quarantined", next_stage=None, reason="stage_error")
    with transaction() as connection:
        connection.execute(delete(article).where(article.c.id.in_([ids[2], ids[3]])))

    found = counted()

    assert (found.submitted, found.of("dropped"), found.of("quarantined")) == (2, 1, 0)
    assert [one.reason for one in found.ended] == ["not_article"]


def test_a_recount_finds_and_repairs_what_is_wrong(line):
    line.add_stories(1, 2)
    finish(line)
    with transaction() as connection:
        tallying.fold(connection)
        connection.execute(update(tally).where(tally.c.state == "done").values(articles=7))
        table = tally if is_sqlite(connection) else tally_change
        row = {"submission_id": line.submission_id, "reason": "dns", "state": "dropped", "duplicate": False}
        connection.execute(insert(table).values(**row, articles=1))

    with transaction() as connection:
        wrong = tallying.recount(connection)

    assert [(one.state, one.reason, one.tallied, one.counted) for one in wrong] == [
        ("done", "", 7, 2),
        ("dropped", "dns", 1, 0),
    ]
    with reading() as connection:
        assert tallying.differences(connection) == []
        assert account(connection).holds


def test_nobody_sees_a_wrong_tally_while_articles_end_and_dispatch_folds(line):
    """The tally of one reading is the count of the same reading."""
    wrong, finished = [], threading.Event()

    def submit():
        for number in range(6):
            line.add_pages(stories.page(number), stories.page(number), "", site=f"s{number}.example")
            finish(line)
        finished.set()

    def look():
        while not finished.is_set():
            with reading() as connection:
                wrong.extend(tallying.differences(connection))

    def fold():
        while not finished.is_set():
            with transaction() as connection:
                tallying.fold(connection, 3)

    jobs = iter([submit, look, fold])
    at_once(3, lambda: next(jobs)())  # noqa: PLW0108  (each its own)

    assert wrong == []


def test_progress_of_a_submission_is_read_from_the_tally(line):
    ids = line.add_stories(1, 2, 3)
    finish(line)
    line.change(ids[0], next_stage="clean", due_at=now(600))

    with reading() as connection:
        found = progress(connection, line.submission_id)

    assert (found.counts, found.open_articles, found.postponed) == ({"done": 2, "in_progress": 1}, 1, 1)
