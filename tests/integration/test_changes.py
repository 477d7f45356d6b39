"""A reader who follows the change feed misses nothing, although transactions commit out of order."""

import random
import threading
import time

import pytest
from sqlalchemy import insert, select, text, update

from shared import articles, changes, entities
from shared.database import reading, transaction
from shared.errors import UsageError
from shared.models import article, entity, story
from tests.support import stories
from workers import dispatch

WRITERS, ROUNDS = 4, 15


def number_all():
    dispatch.number_changes(100)


def follow(seen=0):
    """What a reader gets who has seen `seen`: [(kind, id)], and how far it has read then."""
    found = []
    with reading() as connection:
        while some := changes.after(connection, seen, 3):
            found += [(one.kind, one.id) for one in some]
            seen = some[-1].number
    return found, seen


def at_rest(line, number):
    """Articles that are in no work."""
    ids = line.add_urls(*(f"https://paper.example/{n}" for n in range(number)))
    with transaction() as connection:
        connection.execute(update(article).values(status="dropped", next_stage=None, reason="http_410"))
    return ids


def test_every_article_at_rest_is_in_the_feed_once_in_the_order_of_its_numbers(line):
    ids = at_rest(line, 5)
    (waiting,) = line.add_urls("https://paper.example/waiting")
    number_all()

    found, seen = follow()

    assert found == [("article", one) for one in ids]
    assert follow(seen) == ([], seen)
    assert line.row(waiting).change is None


def test_what_changed_again_is_there_once_and_last(line):
    first, second, third = at_rest(line, 3)
    number_all()
    _, seen = follow()

    with transaction() as connection:
        changes.announce(connection, article, [second])
    number_all()

    assert follow(seen)[0] == [("article", second)]
    assert follow()[0] == [("article", first), ("article", third), ("article", second)]


def test_an_article_is_announced_when_its_run_has_ended_not_before(line):
    (article_id,) = line.add_pages(stories.page(1))
    number_all()
    assert follow() == ([], 0)

    dispatch.tick()
    while line.work():
        dispatch.tick()
    number_all()

    assert ("article", article_id) in follow()[0]


def test_an_article_that_waits_for_a_retry_is_announced(line):
    (article_id,) = line.add_urls("https://paper.example/1")
    line.change(article_id, due_at=line.row(article_id).created_at, reason="http_404")
    number_all()
    assert follow()[0] == [("article", article_id)]


def test_merging_two_entities_announces_the_articles_that_name_them(line):
    _, second = at_rest(line, 2)
    number_all()
    _, seen = follow()
    with transaction() as connection:
        connection.execute(insert(entity), [{"type": "PER", "key": key, "name": key} for key in ("ada", "ada l")])
        connection.execute(
            text("insert into mention (article_id, start, \"end\", entity_id, surface) values (:id, 0, 3, 2, 'Ada')"),
            {"id": second},
        )
        lesser, greater = connection.execute(select(entity).order_by(entity.c.id.desc())).all()
        entities.merge(connection, lesser, greater)
    number_all()
    assert follow(seen)[0] == [("article", second)]


def test_stories_are_in_the_feed_too(line):
    with transaction() as connection:
        connection.execute(insert(story), [{"headline": "A ferry is aground"}])
    number_all()
    assert follow()[0] == [("story", 1)]


# ---- at once


def write_slowly(ids, seed, take_number):
    """Change articles one by one, each in a transaction that takes its time."""
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        article_id = dice.choice(ids)
        with transaction() as connection:
            take_number(connection, article_id)
            time.sleep(dice.choice((0.0, 0.001, 0.02)))


def read_along(done, number):
    """The last number seen of every article, by a reader who never looks back."""
    last, seen = {}, 0
    while True:
        ended = done.is_set()
        number()
        with reading() as connection:
            while some := changes.after(connection, seen, 10):
                last |= {one.id: one.number for one in some}
                seen = some[-1].number
        if ended:
            return last


def race(line, take_number, number):
    """Writers of different speed, and a reader; returns what the reader saw, and what there is in the end."""
    ids, done = at_rest(line, 8), threading.Event()
    found = {}
    reader = threading.Thread(target=lambda: found.update(read_along(done, number)))
    writers = [threading.Thread(target=write_slowly, args=(ids, seed, take_number)) for seed in range(WRITERS)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    return found, {row.id: row.change for row in line.rows() if row.change is not None}


def set_to_null(connection, article_id):
    connection.execute(update(article).where(article.c.id == article_id).values(change=None))


def test_a_reader_misses_nothing_of_slow_and_fast_transactions(line):
    seen, there = race(line, set_to_null, number_all)

    assert len(there) == 8
    assert seen == there


def test_a_sequence_would_lose_changes_where_several_write_at_once(line, engine_name):
    """Without the numbering of committed rows the test above could fail: it is sharp. SQLite has one writer anyway."""
    at_rest(line, 2)
    slow_has_taken, reader_has_read = threading.Event(), threading.Event()
    take = "coalesce((select max(change) from article), 0) + 1"
    if engine_name == "postgresql":
        take = "nextval('numbers')"
        with transaction() as connection:
            connection.execute(text("create sequence numbers"))

    def write(article_id):
        with transaction() as connection:
            connection.execute(text(f"update article set change = {take} where id = {article_id}"))  # noqa: S608
            if article_id == 1:
                slow_has_taken.set()
                reader_has_read.wait(0.5)

    slow, fast = (threading.Thread(target=write, args=(one,)) for one in (1, 2))
    slow.start()
    slow_has_taken.wait()
    fast.start()
    fast.join()
    first, seen = follow()
    reader_has_read.set()
    slow.join()
    then, _ = follow(seen)

    missed = {("article", 1), ("article", 2)} - {*first, *then}
    assert missed == ({("article", 1)} if engine_name == "postgresql" else set())


def test_two_who_number_at_once_give_every_number_once(line):
    at_rest(line, 200)
    threads = [threading.Thread(target=number_all) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row.change for row in line.rows()) == list(range(1, 201))


# ---- cursors


def test_a_cursor_says_how_far_its_reader_has_read(line):
    at_rest(line, 3)
    number_all()
    with reading() as connection:
        assert changes.parse(connection, changes.current(connection)) == 3
        assert changes.parse(connection, changes.cursor(connection, 2)) == 2


@pytest.mark.parametrize("given", ["", "7", "abc", "abc-", "-7", "abc-7", "abc-x7"])
def test_what_is_no_cursor_of_this_database_is_refused_with_its_words(line, given):
    with reading() as connection, pytest.raises(UsageError, match="cursor") as error:
        changes.parse(connection, given)
    assert repr(given) in str(error.value)


def test_a_cursor_from_the_future_is_refused(line):
    with reading() as connection, pytest.raises(UsageError, match="ahead"):
        changes.parse(connection, changes.cursor(connection, 1))


def test_an_article_given_up_is_announced(line):
    (article_id,) = line.add_pages(stories.page(1))
    line.change(article_id, lost=9)
    with transaction() as connection:
        articles.give_up_lost(connection, [line.row(article_id)], 2)
    number_all()
    assert follow()[0] == [("article", article_id)]
