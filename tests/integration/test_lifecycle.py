"""The life of articles in the real stages, whatever happens to workers, messages and broker."""

import dataclasses
from collections import Counter

import pytest
from sqlalchemy import delete, update

from shared import claims
from shared.database import now, transaction
from shared.models import article, page
from shared.reasons import PLANS
from tests.support import stories
from tests.support.line import Message, read_message
from tests.support.racing import at_once
from workers import broker, dispatch, lifecycle
from workers.pipeline import STAGES


@pytest.fixture
def replace_work(monkeypatch):
    """Put another function in the place of a stage's work: it gets the value and the real work."""

    def replace(stage_name, work):
        stage = STAGES[stage_name]
        monkeypatch.setitem(STAGES, stage_name, dataclasses.replace(stage, work=lambda value: work(value, stage.work)))

    return replace


def run_line(line):
    """Let dispatch and a worker go on until there is nothing to do."""
    dispatch.tick()
    while line.work():
        dispatch.tick()


def lose_worker(line, *article_ids):
    """A worker takes these articles and is never heard of again."""
    with transaction() as connection:
        for stage_name in STAGES:
            claims.claim(connection, article, stage_name, article_ids, 60.0)
    line.expire_lease(*article_ids)


def test_a_page_becomes_an_article_with_text_entities_and_cluster(line):
    (article_id,) = line.add_stories(7)

    run_line(line)

    row = line.row(article_id)
    assert (row.status, row.next_stage, row.lease_token, row.reason) == ("done", None, None, None)
    assert row.title == stories.title(7)
    assert all(paragraph in row.text for paragraph in stories.paragraphs(7))
    assert row.language == "en"
    assert row.markdown is None  # it would be the text once more
    assert row.cluster_id == article_id
    assert line.life(article_id) == [(stage, "done", None) for stage in ("clean", "extract", "deduplicate")]


def test_headings_and_lists_of_a_text_are_marked_beside_it(line):
    first, *others = stories.paragraphs(7)
    heading = "<h2>What the council will measure next</h2>"
    body = f"<p>{first}</p>{heading}" + "".join(f"<p>{one}</p>" for one in others)
    (article_id,) = line.add_pages(f"<html lang='en'><body><article><h1>The harbour</h1>{body}</article></body></html>")

    run_line(line)

    assert "What the council will measure next" in line.row(article_id).text.split("\n")
    assert "\n\n## What the council will measure next\n\n" in line.row(article_id).markdown


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)  # SQLite has one writer: it waits
def test_an_article_that_is_held_by_another_transaction_when_its_message_comes_is_named_again(line):
    held, free = line.add_stories(1, 2)

    with transaction() as other:
        other.execute(update(article).where(article.c.id == held).values(label="changed"))
        lifecycle.process("clean", [held, free])

    assert line.messages() == [Message("copydesk.clean", (held,)), Message("copydesk.extract", (free,))]


def test_a_batch_hands_its_articles_on_in_messages_of_batch_size(line, configure):
    configure(batch_size=2)
    ids = line.add_stories(1, 2, 3)

    lifecycle.process("clean", ids)

    assert line.messages() == [Message("copydesk.extract", tuple(ids[:2])), Message("copydesk.extract", (ids[2],))]
    assert {row.status for row in line.rows()} == {"cleaned"}


def test_a_message_that_comes_twice_does_nothing_the_second_time(line):
    ids = line.add_stories(1)
    lifecycle.process("clean", ids)
    before = (line.row(ids[0]), line.life(ids[0]))

    lifecycle.process("clean", ids)

    assert (line.row(ids[0]), line.life(ids[0])) == before


def test_the_attempt_is_counted_before_the_work_begins(line, replace_work):
    (article_id,) = line.add_stories(1)
    seen = []
    replace_work("clean", lambda page, clean: seen.append(line.row(article_id).attempts) or clean(page))

    lifecycle.process("clean", [article_id])

    assert seen == [1]


def test_an_error_in_a_stage_is_tried_again_and_harms_no_neighbour(line, replace_work):
    before, poison, after = line.add_stories(1, 2, 3)

    def fail(material, clean):
        page, _memory = material
        if page.article_id == poison:
            raise ZeroDivisionError("seven by zero")
        return clean(material)

    replace_work("clean", fail)
    run_line(line)

    assert line.row(before).status == line.row(after).status == "done"
    row = line.row(poison)
    assert (row.status, row.next_stage, row.reason) == ("fetched", "clean", "stage_error")
    assert row.detail == "ZeroDivisionError: seven by zero"
    assert line.life(poison) == [("clean", "retry", "stage_error")]


def test_an_error_that_stays_ends_in_quarantine(line, replace_work):
    (article_id,) = line.add_stories(1)

    def fail(page, clean):
        raise ZeroDivisionError("seven by zero")

    replace_work("clean", fail)
    attempts = len(PLANS["stage_error"].delays_s) + 1
    for _ in range(attempts):
        line.change(article_id, due_at=now(-1))
        run_line(line)

    row = line.row(article_id)
    assert (row.status, row.next_stage, row.reason) == ("quarantined", None, "stage_error")
    assert Counter(line.life(article_id)) == {
        ("clean", "retry", "stage_error"): attempts - 1,
        ("clean", "quarantined", "stage_error"): 1,
    }


def test_an_error_that_passes_leaves_no_trace_but_the_ledger(line, replace_work):
    (article_id,) = line.add_stories(1)
    failures = [ZeroDivisionError("once")]

    def fail_once(page, clean):
        if failures:
            raise failures.pop()
        return clean(page)

    replace_work("clean", fail_once)
    run_line(line)
    line.change(article_id, due_at=now(-1))
    run_line(line)

    row = line.row(article_id)
    assert (row.status, row.reason, row.detail, row.due_at) == ("done", None, None, None)
    assert line.life(article_id)[:2] == [("clean", "retry", "stage_error"), ("clean", "done", None)]


def test_a_retry_waits_for_its_time(line, replace_work):
    (article_id,) = line.add_stories(1)
    replace_work("clean", lambda page, clean: 1 / 0)
    run_line(line)

    replace_work("clean", lambda page, clean: clean(page))
    run_line(line)

    assert line.row(article_id).attempts == 1
    assert line.messages() == []


@pytest.mark.parametrize("body", [b"no zstandard frame", b""])
def test_a_stored_page_that_cannot_be_read_is_quarantined(line, body):
    (bad,) = line.add_pages("", packed=body)
    (good,) = line.add_stories(1)

    run_line(line)

    assert (line.row(bad).status, line.row(bad).reason) == ("quarantined", "bad_page")
    assert line.row(good).status == "done"


def test_an_article_whose_page_is_gone_is_quarantined(line):
    (article_id,) = line.add_stories(1)
    line.change(article_id, status="cleaned", next_stage="clean")
    with transaction() as connection:
        connection.execute(delete(page))

    run_line(line)

    assert (line.row(article_id).status, line.row(article_id).reason) == ("quarantined", "bad_row")


def test_a_page_without_text_is_dropped_with_the_reason(line):
    (article_id,) = line.add_pages("<html><body><nav><a href='/'>Home</a></nav></body></html>")

    run_line(line)

    row = line.row(article_id)
    assert (row.status, row.next_stage) == ("dropped", None)
    assert row.reason in PLANS
    assert line.life(article_id) == [("clean", "dropped", row.reason)]


# ---- workers that die, and workers that wake up late


def test_an_article_whose_worker_died_is_done_by_another(line):
    (article_id,) = line.add_stories(1)
    lose_worker(line, article_id)

    run_line(line)

    assert line.row(article_id).status == "done"
    assert line.life(article_id)[:2] == [("clean", "lost", "worker_lost"), ("clean", "done", None)]


def test_the_batch_of_a_dead_worker_comes_back_one_article_at_a_time(line):
    ids = line.add_stories(1, 2, 3)
    lose_worker(line, *ids)

    dispatch.tick()

    assert sorted(message.ids for message in line.messages()) == [(article_id,) for article_id in ids]


def test_an_article_that_kills_two_workers_is_quarantined_and_its_neighbours_finish(line, configure):
    configure(max_lost=2)
    before, poison, after = line.add_stories(1, 2, 3)
    lose_worker(line, before, poison, after)
    dispatch.tick()
    while raw := line.client.rpop("articles"):
        message = read_message(raw)
        if poison in message.ids:
            assert message.ids == (poison,)
            lose_worker(line, poison)
        else:
            lifecycle.process(message.task.removeprefix("copydesk."), message.ids)

    run_line(line)

    row = line.row(poison)
    assert (row.status, row.next_stage, row.reason) == ("quarantined", None, "worker_lost")
    assert line.life(poison) == [("clean", "lost", "worker_lost"), ("clean", "quarantined", "worker_lost")]
    assert line.row(before).status == line.row(after).status == "done"


def wake_late(line, replace_work):
    """A worker sleeps over its work; meanwhile another finishes the article. Returns the id and the texts of both."""
    (article_id,) = line.add_stories(1)
    asleep = [True]

    def oversleep(page, clean):
        cleaned, prints, given = clean(page)
        if not asleep:
            return cleaned, prints, given
        asleep.clear()
        line.expire_lease(article_id)
        run_line(line)
        assert line.row(article_id).status == "done"
        return dataclasses.replace(cleaned, title="Stored too late"), prints, given

    replace_work("clean", oversleep)
    lifecycle.process("clean", [article_id])
    return article_id


def test_a_worker_that_wakes_too_late_stores_nothing(line, replace_work):
    article_id = wake_late(line, replace_work)

    assert line.row(article_id).title == stories.title(1)
    assert line.row(article_id).status == "done"
    assert line.life(article_id) == [
        ("clean", "lost", "worker_lost"),
        ("clean", "done", None),
        ("extract", "done", None),
        ("deduplicate", "done", None),
    ]
    assert line.messages() == []


def test_it_is_the_token_that_stops_a_late_worker(line, replace_work, monkeypatch):
    """Without the look at the token the test above would fail: it is sharp."""
    monkeypatch.setattr(claims, "held", lambda connection, table, tokens: set(tokens))
    article_id = wake_late(line, replace_work)
    assert line.row(article_id).title == "Stored too late"


# ---- messages that get lost


def test_an_article_whose_message_was_lost_is_sent_again_after_a_while(line, configure):
    (article_id,) = line.add_stories(1)
    dispatch.tick()
    line.client.delete("articles")
    dispatch.tick()
    assert line.messages() == []

    line.change(article_id, queued_at=now(-61))
    dispatch.tick()

    assert line.messages() == [Message("copydesk.clean", (article_id,))]


def test_a_broker_that_forgot_everything_is_noticed_at_once(line):
    ids = line.add_stories(1, 2)
    lifecycle.process("clean", ids)
    dispatch.tick()
    assert broker.remembers()
    line.lose_messages()

    dispatch.tick()

    named = [one for message in line.messages() if message.task == "copydesk.extract" for one in message.ids]
    assert sorted(named) == sorted(ids)


def test_while_the_broker_is_away_the_work_goes_on_and_nothing_is_lost(line):
    ids = line.add_stories(1, 2)
    line.cut_broker()

    lifecycle.process("clean", ids)
    dispatch.tick()

    assert {row.status for row in line.rows()} == {"cleaned"}
    line.mend_broker()
    run_line(line)
    assert {row.status for row in line.rows()} == {"done"}


def test_the_queue_is_bounded_and_what_is_beyond_it_waits_as_rows(line, configure):
    configure(queue_bound=2, batch_size=2)
    ids = line.add_stories(1, 2, 3, 4, 5, 6)

    for _ in range(3):
        dispatch.tick()

    assert sorted(article_id for message in line.messages() for article_id in message.ids) == ids[:4]
    run_line(line)
    assert {row.status for row in line.rows()} == {"done"}


def test_two_dispatchers_at_once_send_nothing_twice(line):
    ids = line.add_stories(*range(1, 41))
    broker.remembers()

    at_once(2, dispatch.tick)

    assert sorted(article_id for message in line.messages() for article_id in message.ids) == ids


def test_few_articles_are_spread_over_workers_and_many_share_a_message(line, configure):
    configure(batch_size=4)
    few = line.add_pages(*("<p>x</p>" for _ in range(3)))
    dispatch.tick()
    assert sorted(message.ids for message in line.messages()) == [(article_id,) for article_id in few]

    line.add_pages(*("<p>x</p>" for _ in range(40)))
    dispatch.tick()
    assert max(len(message.ids) for message in line.messages()) == 4
