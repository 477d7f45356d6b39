"""Copies find each other whoever processes them and when, and clusters stay whole whatever happens to an article."""

import dataclasses
import random

import pytest
from sqlalchemy import select, update

from shared import duplicates, pages
from shared.database import now, transaction
from shared.models import article, cluster, duplicate_key, page
from tests.support import stories
from tests.support.racing import at_once, in_processes, process_copies
from workers import dispatch, lifecycle
from workers.pipeline import STAGES
from workers.stages import deduplicating

ROUNDS = 30


def a_copy(number, *, left_out=3):
    """The page of article `number` as another paper prints it: without one of its paragraphs."""
    printed = stories.page(number).replace(f"<p>{stories.paragraphs(number)[left_out]}</p>", "")
    assert printed != stories.page(number)
    return printed


def run_line(line):
    dispatch.tick()
    while line.work():
        dispatch.tick()


def to_deduplicate(line, *pages):
    """Articles that wait for the last stage."""
    ids = line.add_pages(*pages)
    lifecycle.process("clean", ids)
    for article_id in ids:
        line.change(article_id, status="extracted", next_stage="deduplicate")
    return ids


def clusters(line):
    """The ids in each cluster. Says what is wrong with any of them."""
    with transaction() as connection:
        heads = {row.id: row for row in connection.execute(select(cluster))}
    members = {}
    for row in line.rows():
        if row.cluster_id is not None:
            members.setdefault(row.cluster_id, []).append(row)
    for root, rows in members.items():
        ids = [row.id for row in rows]
        head = heads[root]
        assert head.merged_into is None, f"{ids} are in cluster {root}, which has been merged"
        assert head.size == len(rows), f"cluster {root} says that it has {head.size} members, it has {ids}"
        assert head.canonical_id in ids, f"cluster {root} of {ids} is shown as {head.canonical_id}"
        for row in rows:
            expected = None if row.id == head.canonical_id else head.canonical_id
            assert row.duplicate_of == expected, f"{row.id} is a duplicate of {row.duplicate_of}, not of {expected}"
            assert (row.relation is None) == (expected is None)
    for head in heads.values():
        assert head.size == len(members.get(head.id, [])), f"cluster {head.id} says that it has {head.size} members"
    return sorted(sorted(row.id for row in rows) for rows in members.values())


# ---- at once


def race(line, rounds, *, one_commit):
    """Two processes take the two copies of each story at the same moment; returns the pairs of ids."""
    rng = random.Random(1)
    stories_ = [line.add_pages(stories.page(number), a_copy(number)) for number in range(1, 2 * rounds + 1)]
    first, second = [], []
    for number in range(rounds):
        (a, a2), (b, b2) = stories_[2 * number : 2 * number + 2]
        mine, theirs = ([a, b], [b2, a2]) if rng.random() < 0.5 else ([a, b2], [b, a2])
        first.append(mine)
        second.append(theirs)
    in_processes([(first, one_commit), (second, one_commit)], process_copies)
    return [sorted(pair) for pair in stories_]


def test_two_copies_processed_at_once_are_never_split(line):
    pairs = race(line, ROUNDS, one_commit=False)

    assert set(line.statuses()) == {"done"}
    assert clusters(line) == pairs


def test_copies_would_be_split_if_keys_and_decision_were_one_commit(line):
    """Without the two commits the test above would fail: it is sharp."""
    pairs = race(line, 3, one_commit=True)
    assert not [pair for pair in pairs if pair in clusters(line)]


def test_five_copies_compared_at_once_become_one_cluster(line):
    ids = to_deduplicate(line, stories.page(1), *(a_copy(1, left_out=number) for number in range(4)))
    waiting = iter(ids)

    at_once(5, lambda: lifecycle.process("deduplicate", [next(waiting)]))

    assert set(line.statuses()) == {"done"}
    assert clusters(line) == [ids]


def test_copies_in_one_batch_become_one_cluster(line):
    ids = to_deduplicate(line, stories.page(1), stories.page(2), a_copy(1), a_copy(2), stories.page(1))

    lifecycle.process("deduplicate", ids)

    assert clusters(line) == [[ids[0], ids[2], ids[4]], [ids[1], ids[3]]]


# ---- what belongs together, and what does not


def test_articles_with_different_texts_stay_apart(line):
    ids = line.add_stories(*range(1, 9))
    run_line(line)
    assert clusters(line) == [[article_id] for article_id in ids]


def test_a_duplicate_says_what_it_is_a_copy_of_and_how_alike(line):
    ids = line.add_pages(stories.page(1), a_copy(1))
    run_line(line)

    (copy,) = [row for row in line.rows() if row.duplicate_of]
    assert copy.duplicate_of in ids
    assert copy.relation == "copy"
    assert 0.5 < copy.similarity <= 1.0


def test_texts_too_short_for_keys_are_copies_only_if_equal(line):
    page = (
        "<html><head><meta property='og:type' content='article'></head><body><article><h1>A flash</h1>"
        "<p>The council of {} has met again and closed the old bridge today.</p>"
    )
    ids = line.add_pages(page.format("Lisbon"), page.format("Lisbon"), page.format("Oslo"))
    run_line(line)
    assert clusters(line) == [ids[:2], ids[2:]]


def test_a_round_up_of_two_stories_joins_neither(line):
    both = stories.page(1).replace("</article>", "".join(f"<p>{one}</p>" for one in stories.paragraphs(2)))
    ids = line.add_pages(stories.page(1), stories.page(2))
    run_line(line)
    ids += line.add_pages(both)
    run_line(line)

    assert clusters(line) == [[article_id] for article_id in ids]


def test_a_round_up_that_is_found_out_at_the_same_moment_joins_nobody(line, monkeypatch):
    """It was alone and stays alone; only its place in the index goes."""
    known = line.add_pages(stories.page(1), stories.page(2))
    run_line(line)
    both = stories.page(1).replace(
        "</article>", "".join(f"<p>{one}</p>" for one in stories.paragraphs(2)) + "</article>"
    )
    roundup, copy = to_deduplicate(line, both, a_copy(1))
    stage = STAGES["deduplicate"]
    waiting = [roundup]

    def load_and_let_another_worker_go_first(connection, article_ids):
        found = stage.load(connection, article_ids)
        if waiting and article_ids == [copy]:
            assert {known[0], roundup} <= set(found[copy].candidates)
            connection.commit()
            lifecycle.process("deduplicate", [waiting.pop()])
        return found

    monkeypatch.setitem(STAGES, "deduplicate", dataclasses.replace(stage, load=load_and_let_another_worker_go_first))
    lifecycle.process("deduplicate", [copy])

    assert set(line.statuses()) == {"done"}
    assert clusters(line) == [[known[0], copy], [known[1]], [roundup]]


def test_a_round_up_that_came_first_is_found_out_later(line):
    both = stories.page(1).replace("</article>", "".join(f"<p>{one}</p>" for one in stories.paragraphs(2)))
    ids = []
    for body in (both, stories.page(1), stories.page(2)):
        ids += line.add_pages(body)
        run_line(line)

    assert clusters(line) == [[article_id] for article_id in ids]


# ---- what changes later


def clean_again(line, article_id, page):
    """The page of an article is another one now; it goes through the line once more."""
    with transaction() as connection:
        pages.store(connection, [{
            "article_id": article_id, "url": line.row(article_id).url, "status_code": 200, "headers": {},
            "content_type": "text/html", "body": pages.pack(page.encode()), "size": len(page), "given": None,
        }])  # fmt: skip
    line.change(article_id, next_stage="clean")
    run_line(line)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_an_article_whose_text_has_changed_leaves_its_cluster(line, which):
    ids = line.add_pages(stories.page(1), a_copy(1), a_copy(1, left_out=0))
    run_line(line)
    assert clusters(line) == [ids]

    clean_again(line, ids[which], stories.page(9))

    others = [article_id for article_id in ids if article_id != ids[which]]
    assert clusters(line) == sorted([others, [ids[which]]])
    assert set(line.statuses()) == {"done"}


def test_an_article_that_is_cleaned_again_with_the_same_text_stays_in_its_cluster(line):
    ids = line.add_pages(stories.page(1), a_copy(1), a_copy(1, left_out=0))
    run_line(line)

    clean_again(line, ids[0], stories.page(1))

    assert clusters(line) == [ids]


def test_an_article_that_has_become_a_copy_joins_the_cluster(line):
    ids = line.add_pages(stories.page(1), stories.page(2), a_copy(1))
    run_line(line)
    assert clusters(line) == [[ids[0], ids[2]], [ids[1]]]

    clean_again(line, ids[1], a_copy(1, left_out=0))

    assert clusters(line) == [ids]


def test_the_keys_of_a_changed_text_replace_those_of_the_old_one(line):
    (article_id,) = line.add_stories(1)
    run_line(line)

    clean_again(line, article_id, stories.page(2))

    with transaction() as connection:
        keys = connection.scalars(select(duplicate_key.c.key).order_by(duplicate_key.c.key)).all()
    assert tuple(keys) == deduplicating.fingerprint(line.row(article_id).text).keys


def test_who_is_linked_only_through_an_article_that_leaves_is_on_its_own(line):
    """a and c are copies of b and not of each other: without b nothing holds them together."""
    a, b, c = line.add_stories(1, 2, 3)
    run_line(line)
    comparison = deduplicating.Comparison(*_fields(relation="copy", similarity=0.9, jaccard=0.9, containment=0.9))
    with transaction() as connection:
        duplicates.lock(connection, [a, b, c])
        duplicates.store_links(connection, [(a, b, comparison), (b, c, comparison)])
        duplicates.merge(connection, [a, b, c], lambda rows: min(row.id for row in rows))
    assert clusters(line) == [[a, b, c]]

    clean_again(line, b, stories.page(8))

    assert clusters(line) == [[a], [b], [c]]


def _fields(**values):
    return [values.get(field.name) for field in dataclasses.fields(deduplicating.Comparison)]


def test_a_lock_of_a_cluster_that_has_been_merged_is_refused(line):
    ids = line.add_pages(stories.page(1), a_copy(1))
    run_line(line)
    assert clusters(line) == [ids]

    with pytest.raises(duplicates.Moved), transaction() as connection:
        duplicates.lock(connection, ids)


def test_an_article_whose_cluster_moves_while_it_is_compared_is_compared_again(line, monkeypatch):
    first, second, third = to_deduplicate(line, stories.page(1), a_copy(1), a_copy(1, left_out=0))
    stage, interrupted = STAGES["deduplicate"], []

    def compare_slowly(material):
        decision = stage.work(material)
        if not interrupted:
            interrupted.append(True)
            lifecycle.process("deduplicate", [first, second])
        return decision

    monkeypatch.setitem(STAGES, "deduplicate", dataclasses.replace(stage, work=compare_slowly))
    lifecycle.process("deduplicate", [third])

    assert set(line.statuses()) == {"done"}
    assert clusters(line) == [[first, second, third]]


def test_every_article_that_is_done_is_in_exactly_one_cluster(line):
    line.add_pages(*(page for number in range(6) for page in (stories.page(number), a_copy(number))))
    run_line(line)

    assert sum(len(ids) for ids in clusters(line)) == line.count() == 12
    with transaction() as connection:
        assert connection.scalars(select(article.c.id).where(article.c.cluster_id.is_(None))).all() == []


def test_an_article_that_turns_out_to_be_none_stands_for_its_copies_no_more(line):
    first, copy = line.add_stories(1), line.add_stories(1, site="other.example")
    run_line(line)
    (original,), (duplicate,) = first, copy
    assert line.row(duplicate).duplicate_of == original

    with transaction() as connection:
        body = pages.pack(b"<html><head><title>Gone</title></head><body><p>Page not found.</p></body></html>")
        connection.execute(update(page).where(page.c.article_id == original).values(body=body))
    line.change(original, next_stage="clean")
    lifecycle.process("clean", [original])

    assert line.row(original).status == "dropped"
    assert line.row(duplicate).duplicate_of is None
    assert line.row(duplicate).cluster_id != line.row(original).cluster_id


def test_near_keys_of_old_articles_leave_the_index_in_small_steps(line):
    ids = line.add_stories(1, 2, 3, 4)
    run_line(line)
    for one in (ids[0], ids[2], ids[3]):
        line.change(one, created_at=now(-40 * 86_400.0))
    line.change(ids[2], fetched_at=now())  # its text may be new

    def keyed():
        with transaction() as connection:
            return sorted(set(connection.scalars(select(duplicate_key.c.article_id))))

    assert keyed() == ids
    place = duplicates.START
    for _ in range(10):
        with transaction() as connection:
            place = duplicates.forget_old_keys(connection, 30, place, 10)
    assert place == duplicates.START  # it has come round
    assert keyed() == ids[1:3]


def test_an_equal_text_is_found_although_its_near_keys_have_gone(line):
    (first,) = line.add_stories(1)
    run_line(line)
    line.change(first, created_at=now(-40 * 86_400.0))
    with transaction() as connection:
        duplicates.forget_old_keys(connection, 30, duplicates.START, 100)
        assert connection.scalar(select(duplicate_key.c.key)) is None
    (second,) = line.add_stories(1, site="other.example")
    run_line(line)
    assert clusters(line) == [[first, second]]
