"""Claims: an article is one worker's at a time, whoever else asks, and a lost one is counted once."""

from shared import claims
from shared.database import now, transaction
from shared.models import article
from tests.support.racing import at_once


def claim(ids, lease_s=60.0, stage="clean"):
    with transaction() as connection:
        return claims.claim(connection, article, stage, ids, lease_s)


def test_a_claimed_article_cannot_be_claimed_again(line):
    ids = line.add_stories(1, 2)

    first, second = claim(ids), claim(ids)

    assert [row.id for row in first.rows] == ids
    assert second.rows == []


def test_workers_that_claim_the_same_articles_at_once_get_different_ones(line):
    ids = line.add_pages(*["<p>x"] * 40)

    claimed = at_once(6, lambda: [row.id for _ in range(8) for row in claim(ids[::3] + ids[1::3] + ids[2::3]).rows])

    got = [article_id for some in claimed for article_id in some]
    assert sorted(got) == ids
    assert {row.attempts for row in line.rows()} == {1}


def test_an_article_that_waits_for_another_stage_is_not_claimed(line):
    ids = line.add_stories(1)
    assert claim(ids, stage="extract").rows == []


def test_an_article_that_is_to_be_tried_later_is_not_claimed(line):
    ids = line.add_stories(1)
    line.change(ids[0], due_at=now(60))
    assert claim(ids).rows == []


def test_the_attempt_is_counted_by_the_claim(line):
    (article_id,) = line.add_stories(1)
    claim([article_id])
    assert line.row(article_id).attempts == 1


def test_what_is_put_back_is_as_if_never_claimed(line):
    (article_id,) = line.add_stories(1)
    claimed = claim([article_id])

    with transaction() as connection:
        claims.put_back(connection, article, claimed)

    row = line.row(article_id)
    assert (row.attempts, row.lease_token, row.leased_until) == (0, None, None)
    assert len(claim([article_id]).rows) == 1


def test_what_another_has_claimed_meanwhile_is_not_put_back(line):
    (article_id,) = line.add_stories(1)
    late = claim([article_id])
    line.expire_lease(article_id)
    with transaction() as connection:
        claims.take_lost(connection, article, 10)
    current = claim([article_id])

    with transaction() as connection:
        claims.put_back(connection, article, late)

    assert line.row(article_id).lease_token == current.token


def test_a_lost_lease_is_counted_once_though_several_look_for_it(line):
    ids = line.add_stories(1, 2, 3)
    claim(ids)
    line.expire_lease(*ids)

    def take():
        with transaction() as connection:
            return [row.id for row in claims.take_lost(connection, article, 10)]

    taken = at_once(4, take)

    assert sorted(article_id for some in taken for article_id in some) == ids
    assert {row.lost for row in line.rows()} == {1}


def test_a_lease_that_has_not_ended_is_not_taken(line):
    claim(line.add_stories(1))
    with transaction() as connection:
        assert claims.take_lost(connection, article, 10) == []


def test_a_token_holds_only_as_long_as_the_lease_carries_it(line):
    (article_id,) = line.add_stories(1)
    claimed = claim([article_id])
    with transaction() as connection:
        assert claims.held(connection, article, claimed.tokens) == {article_id}

    line.expire_lease(article_id)
    with transaction() as connection:
        claims.take_lost(connection, article, 10)
    with transaction() as connection:
        assert claims.held(connection, article, claimed.tokens) == set()


def unsent(stale_s=60.0):
    with transaction() as connection:
        return [row.id for row in claims.take_unsent(connection, article, "clean", 10, stale_s)]


def test_what_no_message_names_is_sent_once(line):
    ids = line.add_stories(1, 2)
    assert unsent() == ids
    assert unsent() == []


def test_what_was_sent_long_ago_and_not_begun_is_sent_again(line):
    old, fresh = line.add_stories(1, 2)
    line.change(old, queued_at=now(-61))
    line.change(fresh, queued_at=now(-5))
    assert unsent() == [old]


def test_a_retry_is_released_when_its_time_has_come_and_not_before(line):
    due, later = line.add_stories(1, 2)
    line.change(due, due_at=now(-1))
    line.change(later, due_at=now(60))

    with transaction() as connection:
        released = claims.release_due(connection, article, 10)

    assert [row.id for row in released] == [due]
    assert [row.id for row in claim([due, later]).rows] == [due]
