"""submitted = done + dropped + quarantined + in progress: to the row, at every moment."""

import threading

from shared import claims
from shared.accounting import account, progress
from shared.database import now, reading, transaction
from shared.models import article
from shared.requeueing import requeue
from tests.support import stories
from tests.support.racing import at_once
from workers import dispatch


def books():
    with reading() as connection:
        return account(connection)


def test_an_empty_database_balances(line):
    found = books()
    assert found.holds
    assert found.submitted == 0


def test_the_books_balance_at_every_moment_of_a_run(line):
    """While one submits and two work, somebody looks all the time."""
    batches, finished, looks = 12, threading.Event(), []
    nothing = "<html><body><nav><a href='/'>Home</a></nav></body></html>"

    def submit():
        for number in range(batches):
            line.add_pages(stories.page(number), stories.page(number + 1000), nothing, site=f"s{number}.example")
            line.add_pages("", packed=b"broken", site=f"b{number}.example")
            dispatch.tick()
        while not books_closed():
            dispatch.tick()
            line.work()
        finished.set()

    def books_closed():
        return books().in_progress == 0

    def work():
        while not finished.is_set():
            line.work()

    def look():
        while not finished.is_set():
            looks.append(books())

    jobs = iter([submit, work, look])
    at_once(3, lambda: next(jobs)())  # noqa: PLW0108  (each its own)

    assert [one for one in looks if not one.holds] == []
    submitted = [one.submitted for one in looks]
    assert submitted == sorted(submitted)
    last = books()
    assert (last.submitted, last.done, last.dropped, last.quarantined) == (
        4 * batches,
        2 * batches,
        batches,
        batches,
    )


def test_every_article_is_counted_once_whatever_its_state(line):
    ids = line.add_stories(*range(1, 9))
    fetching = line.add_urls("https://a.example/1", "https://a.example/2")
    line.change(ids[1], status="dropped", next_stage=None, reason="no_text")
    line.change(ids[2], status="quarantined", next_stage=None, reason="stage_error")
    line.change(ids[3], due_at=now(600))
    line.change(fetching[0], due_at=now(600))
    with transaction() as connection:
        claims.claim(connection, article, "clean", [ids[4]], 60)

    found = books()

    assert found.holds
    assert (found.submitted, found.dropped, found.quarantined, found.in_progress) == (10, 1, 1, 8)
    assert found.postponed == 2
    assert found.postponed_until is not None
    assert (found.stages["clean"].waiting, found.stages["clean"].running) == (5, 1)
    assert found.stages["fetch"].waiting == 2


def test_an_article_that_is_run_again_is_in_progress_and_counted_once(line):
    (article_id,) = line.add_stories(1)
    dispatch.tick()
    line.work()
    assert books().done == 1

    line.change(article_id, next_stage="clean")

    found = books()
    assert (found.submitted, found.done, found.in_progress, found.holds) == (1, 0, 1, True)


def test_nothing_waits_when_only_postponed_articles_are_open(line):
    (article_id,) = line.add_stories(1)
    with reading() as connection:
        assert not progress(connection).finished
    line.change(article_id, due_at=now(600))
    with reading() as connection:
        assert progress(connection).finished


def test_whoever_waits_sees_that_articles_are_cleaned_again(line):
    """Nothing ends by it: it took the work for a standstill, and asked whether workers run."""
    line.add_pages(stories.page(1))
    dispatch.tick()
    line.work()
    with reading() as connection:
        before = progress(connection)

    requeue([], "clean")
    dispatch.tick()
    line.work()

    with reading() as connection:
        after = progress(connection)
    assert after.counts == before.counts == {"done": 1}
    assert after != before
