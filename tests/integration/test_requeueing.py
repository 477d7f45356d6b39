"""Articles run again from any stage, by condition: what goes, what stays, and what happens to those in work."""

import pytest

from shared import claims, selecting
from shared.database import now, reading, transaction
from shared.models import article
from shared.requeueing import plan, replay, requeue
from workers import dispatch


def run(line):
    dispatch.tick()
    while line.work():
        dispatch.tick()


def planned(text, stage=None):
    with reading() as connection:
        return plan(connection, selecting.parse(text), stage)


def again(text, stage=None, limit=None):
    return requeue(selecting.parse(text), stage, limit)


def stages_run(line, article_id):
    return [stage for stage, _, _ in line.life(article_id)]


@pytest.mark.parametrize(
    ("stage", "runs"),
    [("clean", ["clean"]), ("extract", ["extract", "deduplicate"]), ("deduplicate", ["deduplicate"])],
)
def test_an_article_runs_again_from_the_stage_that_is_asked_for(line, stage, runs):
    one, other = line.add_stories(1, 2)
    run(line)

    assert again(f"id={one}", stage) == 1
    run(line)

    # cleaned to the very text that it had, it goes on from where it was
    assert stages_run(line, one) == ["clean", "extract", "deduplicate", *runs]
    assert stages_run(line, other) == ["clean", "extract", "deduplicate"]
    assert line.statuses() == ["done", "done"]


def test_a_quarantined_article_is_replayed_where_it_stopped_with_fresh_attempts(line):
    (one,) = line.add_stories(1)
    run(line)
    line.change(one, status="quarantined", reason="worker_lost", attempts=9, lost=2)

    assert planned("status=quarantined").stages == {"deduplicate": 1}
    assert again("status=quarantined reason=worker_lost") == 1
    assert (line.row(one).next_stage, line.row(one).attempts, line.row(one).lost) == ("deduplicate", 0, 0)
    run(line)
    assert (line.row(one).status, line.row(one).reason) == ("done", None)


def test_replaying_takes_the_quarantined_only_and_none_that_waits_already(line):
    cleaned, other, well = line.add_stories(1, 2, 3)
    run(line)
    line.change(cleaned, status="quarantined", reason="worker_lost")
    line.change(other, status="quarantined", reason="stage_error")

    assert replay(selecting.parse("reason=time_limit")) == 0
    assert replay(selecting.parse("host=paper.example"), 1) == 1
    assert replay(selecting.parse("reason=worker_lost")) == 0  # it waits already
    assert replay([]) == 1
    assert [line.row(one).next_stage for one in (cleaned, other, well)] == ["deduplicate", "deduplicate", None]


def test_nothing_is_fetched_unless_from_fetch(line):
    line.add_urls("https://a.example/1", "https://a.example/2")
    line.change(1, status="dropped", next_stage=None, reason="http_404")
    line.change(2, status="dropped", next_stage=None, reason="http_410")

    assert (planned("status=dropped", "clean").articles, planned("status=dropped", "clean").lacking) == (
        0,
        {"clean": 2},
    )
    assert again("status=dropped", "clean") == 0
    assert again("reason=http_404", "fetch") == 1

    assert [row.next_stage for row in line.rows()] == ["fetch", None]
    assert line.host("a.example").next_allowed_at is not None


@pytest.mark.parametrize("stage", ["fetch", None])
def test_what_a_person_has_deleted_comes_back_only_if_that_is_asked_for(line, stage):
    line.add_urls("https://a.example/1", "https://a.example/2")
    line.change(1, status="dropped", next_stage=None, reason="deleted")
    line.change(2, status="dropped", next_stage=None, reason="http_410")

    assert planned("host=a.example", stage).articles == again("host=a.example", stage) == 1
    assert [row.next_stage for row in line.rows()] == [None, "fetch"]

    assert again("reason=deleted", stage) == 1
    assert [row.next_stage for row in line.rows()] == ["fetch", "fetch"]


def test_an_article_in_work_goes_back_when_its_present_stage_has_ended(line):
    (one,) = line.add_stories(1)
    run(line)
    again(f"id={one}", "extract")
    with transaction() as connection:
        claimed = claims.claim(connection, article, "extract", [one], 60)

    assert again(f"id={one}", "clean") == 1

    row = line.row(one)
    assert (row.next_stage, row.lease_token, row.rerun_from) == ("extract", claimed.token, "clean")
    line.expire_lease(one)  # however it ends
    run(line)
    assert stages_run(line, one)[-2:] == ["extract", "clean"]
    assert (line.row(one).status, line.row(one).rerun_from, line.row(one).next_stage) == ("done", None, None)


def test_an_article_that_has_not_come_so_far_is_left_alone(line):
    (one,) = line.add_stories(1)

    assert planned(f"id={one}", "deduplicate").coming == 1
    assert again(f"id={one}", "deduplicate") == 0
    assert line.row(one).next_stage == "clean"


def test_a_retry_that_is_due_later_is_tried_now(line):
    (one,) = line.add_stories(1)
    line.change(one, due_at=now(9999), reason="stage_error", attempts=2)

    assert again("stage=clean", "clean") == 1

    assert (line.row(one).due_at, line.row(one).attempts) == (None, 0)


def test_a_limit_takes_the_lowest_ids(line):
    ids = line.add_stories(1, 2, 3)
    run(line)

    assert again("status=done", "clean", 2) == 2

    assert [row.next_stage for row in line.rows()] == ["clean", "clean", None]
    assert (planned("status=done", "clean").articles, planned("status=done", "clean").coming) == (len(ids) - 2, 2)
