"""Site memory in the line: what a site puts into every article leaves all of them, whoever works in whatever order."""

import json
import random
from collections import Counter

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from scripts.main import cli
from shared import sites
from shared.accounting import account, progress
from shared.database import now, reading, transaction
from shared.models import article_blocks, site, site_block, stage_run
from tests.support import stories
from tests.support.racing import at_once
from workers import dispatch, lifecycle, remembering

# It reads like news: only that it recurs gives it away.
FURNITURE = (
    "The council of the harbour said on Tuesday that the keeper had asked the ferry company for another timetable.",
    "Helen Marsh told reporters in Lisbon that the lighthouse was repaired after the storm of the previous winter.",
)


def page(number, furniture=FURNITURE, like=None):
    """The page of story `number` with the furniture of its site; with the text of story `like`, a copy of that."""
    lines = "".join(f"<p>{line}</p>" for line in furniture)
    return stories.page(number if like is None else like).replace("</article>", f"{lines}</article>")


def run_line(line):
    """Let dispatch and a worker go on until there is nothing to do."""
    dispatch.tick()
    while line.work():
        dispatch.tick()


def run_line_with_two_workers(line):
    dispatch.tick()
    while sum(at_once(2, line.work)):
        dispatch.tick()


def furniture_left(line, *furniture):
    return [row.id for row in line.rows() if any(one in (row.text or "") for one in furniture or FURNITURE)]


def blocks_known():
    """Hash, count and state of every block that is known."""
    with reading() as connection:
        rows = connection.execute(select(site_block).order_by(site_block.c.block_hash))
        return [(row.block_hash, row.articles, row.state, row.sample) for row in rows]


def test_five_articles_with_one_appeal_end_without_it(line):
    ids = line.add_pages(*(page(number) for number in range(5)))

    run_line(line)

    assert furniture_left(line) == []
    assert line.statuses() == ["done"] * 5
    for article_id, number in zip(ids, range(5), strict=True):
        row = line.row(article_id)
        assert all(paragraph in row.text for paragraph in stories.paragraphs(number))
        assert {one["text"] for one in row.removed} >= set(FURNITURE)
        assert "site" in {one["reason"] for one in row.removed}
        assert row.cluster_id == article_id


def test_the_first_articles_are_cleaned_again_when_the_fourth_has_come(line):
    early = line.add_pages(*(page(number) for number in range(3)))
    run_line(line)
    assert furniture_left(line) == early

    line.add_pages(page(3))
    run_line(line)

    assert furniture_left(line) == []
    assert Counter(line.life(early[0]))["clean", "done", None] == 2
    with reading() as connection:
        books = account(connection)
    assert (books.done, books.in_progress, books.holds) == (4, 0, True)


def test_later_articles_lose_it_at_once(line):
    line.add_pages(*(page(number) for number in range(4)))
    run_line(line)

    (late,) = line.add_pages(page(4))
    lifecycle.process("clean", [late])

    assert furniture_left(line) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_the_order_and_the_number_of_workers_the_end_is_the_same(line, seed, configure):
    configure(batch_size=2)
    numbers = [*range(10)]
    random.Random(seed).shuffle(numbers)
    for start in range(0, len(numbers), 4):  # some arrive when others are done
        line.add_pages(*(page(number) if number % 3 else stories.page(number) for number in numbers[start : start + 4]))
        run_line_with_two_workers(line)

    assert furniture_left(line) == []
    assert line.statuses() == ["done"] * 10
    texts = {row.title: row.text for row in line.rows()}
    for number in numbers:
        assert texts[stories.title(number)].split("\n")[-4:] == stories.paragraphs(number)
    known = {(sample, count, state) for _, count, state, sample in blocks_known()}
    assert known == {(text, 6, "boilerplate") for text in FURNITURE}


def test_all_articles_of_a_large_site_are_cleaned_again_though_only_the_newest_teach(line, monkeypatch):
    monkeypatch.setattr(sites, "MOST_ARTICLES", 4)
    ids = line.add_pages(*(page(number) for number in range(10)))
    lifecycle.process("clean", ids)
    assert furniture_left(line) == ids

    run_line(line)

    assert furniture_left(line) == []
    with reading() as connection:
        assert progress(connection).finished


def test_copies_of_one_article_do_not_make_its_paragraphs_boilerplate(line):
    line.add_pages(*(page(number, furniture=(), like=1) for number in range(6)))

    run_line(line)

    assert all(all(paragraph in row.text for paragraph in stories.paragraphs(1)) for row in line.rows())
    assert {row.duplicate_of for row in line.rows()} == {None, 1}


def test_furniture_does_not_join_unrelated_articles_in_one_cluster(line):
    long = tuple(f"{line} This is line {number} of the masthead of it." for number in range(8) for line in FURNITURE)
    long = tuple(dict.fromkeys(text.replace(str(n), "abcdefgh"[n]) for n in range(8) for text in long))
    line.add_pages(*(page(number, furniture=long[:12]) for number in range(5)))

    run_line(line)

    assert [row.cluster_id for row in line.rows()] == [row.id for row in line.rows()]
    assert {row.duplicate_of for row in line.rows()} == {None}


def test_other_sites_do_not_forget_what_one_site_repeats(line):
    line.add_pages(*(page(number) for number in range(4)), site="one.example")
    (other,) = line.add_pages(page(9), site="two.example")

    run_line(line)

    assert furniture_left(line) == [other]


def test_an_article_in_work_elsewhere_is_cleaned_again_later(line):
    ids = line.add_pages(*(page(number) for number in range(4)))
    lifecycle.process("clean", ids)
    line.change(ids[0], lease_token=1, leased_until=now(100.0))  # somebody extracts it

    line.lose_messages()
    remembering.process([line.row(ids[0]).host_id])
    assert line.row(ids[0]).next_stage == "extract"
    with reading() as connection:
        assert progress(connection).open_sites == 1
    line.change(ids[0], lease_token=None, leased_until=None)
    run_line(line)

    assert furniture_left(line) == []
    with reading() as connection:
        assert progress(connection).finished


def test_a_run_is_not_finished_while_a_site_is_to_be_learnt_from(line):
    ids = line.add_pages(*(page(number) for number in range(4)))
    for stage in ("clean", "extract", "deduplicate"):
        lifecycle.process(stage, ids)
    with reading() as connection:
        waited_for = progress(connection, line.submission_id)
    assert (waited_for.open_articles, waited_for.open_sites, waited_for.finished) == (0, 1, False)


def test_a_worker_that_dies_while_learning_is_replaced(line):
    ids = line.add_pages(*(page(number) for number in range(4)))
    lifecycle.process("clean", ids)
    host_id = line.row(ids[0]).host_id
    with transaction() as connection:
        token, claimed = sites.claim(connection, [host_id], 60.0)
        assert claimed == [host_id]
        assert sites.claim(connection, [host_id], 60.0)[1] == []
        connection.execute(update(site).values(leased_until=now(-1.0)))

    run_line(line)

    assert furniture_left(line) == []
    with transaction() as connection:
        assert sites.store(connection, host_id, token, sites.Learnt()) is None  # it wakes too late


def test_a_site_that_kills_its_workers_keeps_nobody_waiting(line):
    ids = line.add_pages(*(page(number) for number in range(4)))
    for stage in ("clean", "extract", "deduplicate"):
        lifecycle.process(stage, ids)
    with transaction() as connection:
        for _ in range(sites.MOST_ATTEMPTS):
            assert sites.claim(connection, [line.row(ids[0]).host_id], -1.0)[1]
    with reading() as connection:
        books = progress(connection)
        assert (books.open_articles, books.open_sites) == (0, 0)


def test_what_is_stored_while_somebody_learns_is_learnt_from_later(line, monkeypatch):
    ids = line.add_pages(*(page(number) for number in range(4)))
    lifecycle.process("clean", ids[:3])
    learn = remembering._learn

    def learn_slowly(connection, host_id):
        monkeypatch.setattr(remembering, "_learn", learn)
        learnt = learn(connection, host_id)
        connection.rollback()
        lifecycle.process("clean", ids[3:])
        return learnt

    monkeypatch.setattr(remembering, "_learn", learn_slowly)
    remembering.process([line.row(ids[0]).host_id])
    with reading() as connection:
        marked = connection.scalars(select(article_blocks.c.article_id).where(article_blocks.c.mark.is_not(None))).all()
    assert marked == [ids[3]]
    run_line(line)

    assert furniture_left(line) == []


def ask(*arguments):
    """Call `copydesk sites` for the host of the tests; what it prints as JSON."""
    done = CliRunner().invoke(cli, ["sites", "paper.example", *arguments, "--json"], standalone_mode=False)
    assert done.exception is None, done.exception
    return {row["sample"]: row for row in json.loads(done.stdout)}


def test_a_person_may_keep_forbid_and_forget(line):
    line.add_pages(*(page(number) for number in range(5)))
    run_line(line)
    rows = ask()
    assert {(row["articles"], row["state"]) for row in rows.values()} == {(5, "boilerplate")}

    ask("--keep", rows[FURNITURE[0]]["hash"])
    run_line(line)
    assert furniture_left(line, FURNITURE[0]) == [row.id for row in line.rows()]
    assert furniture_left(line, FURNITURE[1]) == []

    own = stories.paragraphs(2)[1]
    ask("--forbid", own)
    run_line(line)
    assert furniture_left(line, own) == []
    assert ("forbidden", own) in {(one["reason"], one["text"]) for one in line.rows()[2].removed}

    ask("--forget")
    run_line(line)
    assert furniture_left(line) == []
    assert furniture_left(line, own) == [line.rows()[2].id]


def test_an_article_cleaned_again_to_the_same_text_ends_as_it_was(line):
    first, copy = line.add_pages(page(1), page(1))
    run_line(line)
    before = [said(line.row(article_id)) for article_id in (first, copy)]
    assert before[1]["duplicate_of"] == first

    line.change(copy, next_stage="clean")
    run_line(line)

    assert Counter(run for run, _, _ in line.life(copy)) == {"clean": 2, "extract": 1, "deduplicate": 1}
    assert [said(line.row(article_id)) for article_id in (first, copy)] == before


def said(row):
    """All that is stored about an article, but for its place in the change feed: that it ran again is announced."""
    return {name: value for name, value in row._mapping.items() if name != "change"}


def test_a_newer_version_of_a_later_stage_runs_even_on_the_same_text(line):
    (article_id,) = line.add_pages(page(1))
    run_line(line)
    with transaction() as connection:
        connection.execute(update(stage_run).where(stage_run.c.stage == "extract").values(version=0))

    line.change(article_id, next_stage="clean")
    run_line(line)

    assert Counter(run for run, _, _ in line.life(article_id)) == {"clean": 2, "extract": 2, "deduplicate": 2}
