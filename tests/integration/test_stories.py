"""Clusters that report one event are put into one story, and stories stay right whatever becomes of the clusters."""

import random

import pytest
from sqlalchemy import func, select, true, update

from shared import changes, exporting, pages, stories, submissions
from shared.accounting import progress
from shared.database import now, reading, transaction
from shared.models import article, cluster, page, report, story, story_key, turn
from tests.support import stories as texts
from workers import arranging, dispatch, lifecycle
from workers.app import DISPATCH

FERRY = """the ferry Aurelia; the harbour of Kestrelby; 214 passengers; Captain Ilse Norrland; a sandbank off Brenn;
the coastguard cutter Vigil; two broken propellers; the shipping line Halvorsen Lines; a swell of 3 metres""".split(
    "; "
)
BANK = """Governor Tobias Quell; the Dalmere Reserve Bank; a rate of 4.75 percent; inflation at 3.1 percent; the krone;
the next meeting on 17 June; eight members of the board; mortgage holders in Dalmere; economist Petra Vogt""".split(
    "; "
)
VERBS = "said reported confirmed told described explained repeated announced noted recalled".split()


def a_page(facts, seed):
    """A report of an event in words of its own: most of the facts in another order, each in another sentence."""
    dice = random.Random(seed)
    told = dice.sample(facts, 8)
    sentences = [
        f"{dice.choice(texts.PEOPLE)} {dice.choice(VERBS)} on {dice.choice(texts.PLACES)} radio about {fact}, "
        f"while the {dice.choice(texts.NOUNS)} and the {dice.choice(texts.NOUNS)} {dice.choice(texts.VERBS)} {fact}."
        for fact in told
    ]
    body = "".join(f"<p>{one}</p>" for one in sentences)
    return f"<html lang='en'><head><title>{told[0]} and {told[1]}</title></head><body><article><h1>{told[0]}</h1>{body}</article></body></html>"  # noqa: E501


def run_line(line):
    """Until nothing is left to do, stories included."""
    dispatch.tick()
    while line.work():
        dispatch.tick()
    with transaction() as connection:
        connection.execute(update(turn).values(rests_until=None))
    arranging.process()


def told(line):
    """The ids of the articles of each story. Says what is wrong with any of them."""
    found = {}
    with reading() as connection:
        rows = connection.execute(
            select(article.c.id, report.c.story_id).join_from(
                article, report, report.c.cluster_id == article.c.cluster_id
            )
        ).all()
        stories_ = {row.id: row for row in connection.execute(select(story))}
        assert stories.count_open(connection) == 0
        counts = connection.execute(select(report.c.story_id, func.count()).group_by(report.c.story_id))
        clusters = {row[0]: row[1] for row in counts}
    for row in rows:
        if row.story_id is not None:
            found.setdefault(row.story_id, []).append(row.id)
    for id_, one in stories_.items():
        assert one.articles == len(found.get(id_, [])), f"story {id_} says {one.articles} articles: {found.get(id_)}"
        assert one.reports == clusters.get(id_, 0)
        assert bool(one.ended_at) == (not one.reports)
    return sorted(sorted(ids) for ids in found.values())


def two_events(line):
    """Four reports of each of two events, taken in turns."""
    ids = line.add_pages(*(a_page(facts, seed) for seed in range(4) for facts in (FERRY, BANK)))
    return ids[::2], ids[1::2]


def clean_again(line, article_id, body):
    with transaction() as connection:
        packed = pages.pack(body.encode())
        connection.execute(update(page).where(page.c.article_id == article_id).values(body=packed))
    line.change(article_id, next_stage="clean")
    run_line(line)


def test_reports_of_one_event_are_one_story(line):
    ferry, bank = two_events(line)
    run_line(line)
    assert told(line) == [ferry, bank]


def test_when_all_is_done_nobody_waits_for_beat_to_arrange_stories(line):
    line.add_pages(*(a_page(FERRY, seed) for seed in range(3)))
    dispatch.tick()
    line.work()
    assert line.statuses() == ["done"] * 3
    assert line.client.llen(DISPATCH) == 1
    dispatch.tick()
    assert "copydesk.arrange" in [message.task for message in line.messages()]


def test_an_article_that_a_site_has_yet_to_give_keeps_stories_waiting_and_a_delay_after_the_last_does_not(line):
    line.add_urls("https://a.example/1")
    dispatch.tick()
    with reading() as connection:
        assert not stories.is_idle(connection)
    line.change(1, next_stage=None, status="dropped", reason="http_404")
    with reading() as connection:
        assert line.host("a.example").next_allowed_at is not None
        assert stories.is_idle(connection)


def test_who_waits_for_a_submission_waits_for_its_own_reports_only(line):
    first = line.submission_id
    line.add_pages(a_page(FERRY, 1))
    with transaction() as connection:
        line.submission_id = submissions.open_submission(connection, ["another"], None)
    line.add_pages(a_page(BANK, 1))
    dispatch.tick()
    while line.statuses() != ["done"] * 2:
        line.work()
    with reading() as connection:
        assert [stories.count_open(connection, one) for one in (first, line.submission_id, None)] == [1, 1, 2]
        assert progress(connection, first).open_stories == 1
    arranging.process()
    with reading() as connection:
        assert progress(connection, first).open_stories == 0


def test_a_story_has_a_headline_and_times_and_an_article_says_which_it_belongs_to(line):
    ferry, _ = two_events(line)
    run_line(line)
    with reading() as connection:
        found = stories.of_article(connection, ferry[2])
        lines = stories.timeline(connection, found.id)
        exported = {one["id"]: one for one in exporting.stream(true())}
        assert stories.hosts_of(connection, found.id) == ["paper.example"]
        assert stories.largest(connection).reports == 4
    assert found.headline in {line.row(one).title for one in ferry}
    assert sorted(one.id for one in lines) == ferry
    assert found.first_at <= found.last_at
    assert [exported[one]["story"] for one in ferry] == [found.id] * 4


def test_a_copy_belongs_to_the_story_of_its_cluster(line):
    ferry, bank = two_events(line)
    run_line(line)
    copy = line.add_pages(a_page(FERRY, 0), site="other.example")
    run_line(line)
    assert line.row(copy[0]).duplicate_of == ferry[0]
    assert told(line) == [sorted([*ferry, *copy]), bank]


def test_the_end_does_not_depend_on_the_order_or_on_who_arranges_when(line):
    bodies = [a_page(facts, seed) for seed in range(5) for facts in (FERRY, BANK)]
    places = list(range(10))
    random.Random(3).shuffle(places)
    for start in range(0, 10, 3):
        line.add_pages(*(bodies[place] for place in places[start : start + 3]))
        run_line(line)
    by_text = sorted(sorted(places[one - 1] for one in ids) for ids in told(line))
    assert by_text == [list(range(0, 10, 2)), list(range(1, 10, 2))]


def test_an_article_that_tells_another_event_later_moves(line):
    ferry, bank = two_events(line)
    run_line(line)
    clean_again(line, ferry[1], a_page(BANK, 77))
    assert told(line) == sorted([sorted({*ferry} - {ferry[1]}), sorted([*bank, ferry[1]])])


def test_an_article_that_turns_out_to_be_none_leaves_its_story(line):
    ferry, bank = two_events(line)
    run_line(line)
    clean_again(line, ferry[0], "<html><head><title>Gone</title></head><body><p>Page not found.</p></body></html>")
    assert line.row(ferry[0]).status == "dropped"
    assert told(line) == sorted([ferry[1:], bank])


def test_a_younger_story_that_turns_out_to_be_the_older_one_points_to_it_and_is_announced(line):
    ferry, bank = two_events(line)
    run_line(line)
    with transaction() as connection:  # as if half of it had been taken for another event
        (younger,) = stories.place(connection, dict.fromkeys(ferry[2:], -1), {}, again=True) - {1, 2}
        stories.refresh(connection, [1, 2, younger])
    dispatch.number_changes(10)
    with reading() as connection:
        seen = changes.parse(connection, changes.current(connection))
    run_line(line)
    dispatch.number_changes(10)

    assert told(line) == [ferry, bank]
    with reading() as connection:
        row = connection.execute(select(story).where(story.c.id == younger)).one()
        announced = {(one.kind, one.id) for one in changes.after(connection, seen)}
    assert (row.merged_into, row.reports) == (1, 0)
    assert ("story", younger) in announced
    assert {("article", one) for one in ferry[2:]} <= announced


def test_arranging_again_changes_nothing(line):
    two_events(line)
    run_line(line)
    dispatch.number_changes(10)
    with transaction() as connection:
        stories.mark(connection, list(connection.scalars(select(cluster.c.id))))
        connection.execute(update(story).values(mark=1))
    arranging.process()
    with reading() as connection:
        assert changes.count_unnumbered(connection) == 0
        assert stories.count_open(connection) == 0


@pytest.mark.parametrize("step", ["store_terms", "place", "refresh", "clear_marks"])
def test_a_crash_while_arranging_loses_nothing(line, step, monkeypatch):
    ferry, bank = two_events(line)
    dispatch.tick()
    while line.client.llen("articles"):
        line.work()
        with transaction() as connection:
            connection.execute(update(turn).values(queued_at=now()))  # nobody arranges yet
    with monkeypatch.context() as patch:
        patch.setattr(stories, step, lambda *_args, **_options: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            arranging.process()
    run_line(line)
    assert told(line) == [ferry, bank]


def test_who_has_lost_the_turn_stores_nothing(line):
    two_events(line)
    for stage in ("clean", "extract", "deduplicate"):
        lifecycle.process(stage, [row.id for row in line.rows()])
    with transaction() as connection:
        token = stories.claim(connection, -1.0)
        assert stories.claim(connection, 60.0) != token
        assert not stories.hold(connection, token)
    assert not arranging._arrange_new(token)
    with reading() as connection:
        assert connection.scalar(select(func.count()).select_from(story)) == 0


def test_a_silent_story_ends_and_its_terms_leave_in_small_steps(line):
    ferry, bank = two_events(line)
    run_line(line)
    with transaction() as connection:
        connection.execute(update(story).where(story.c.id == 1).values(joined_at=now(-11 * 86_400.0)))
        assert stories.end_silent(connection, 10, 50) == 1
        assert stories.end_silent(connection, 10, 50) == 0
        assert connection.scalar(select(func.count()).select_from(report).where(report.c.terms.is_(None))) == 4
        assert set(connection.scalars(select(story_key.c.cluster_id))) == set(bank)

    late = line.add_pages(a_page(FERRY, 9))
    copy = line.add_pages(a_page(FERRY, 0), site="other.example")
    run_line(line)
    with reading() as connection:
        assert stories.of_article(connection, late[0]).id not in (1, 2)
        assert stories.of_article(connection, copy[0]).id == 1
        assert stories.of_article(connection, ferry[0]).articles == 5
