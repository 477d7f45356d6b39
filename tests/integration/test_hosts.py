"""The frontier: a host is asked by one worker at a time, with its delay between, and wakes when there is work."""

import random
import threading
import time

from sqlalchemy import update

from shared import hosts
from shared.database import now, reading, transaction
from shared.models import host
from tests.support.racing import at_once

LEASE_S, TTL_S = 60.0, 3600.0


def claim(limit=100):
    with transaction() as connection:
        return hosts.claim(connection, limit, LEASE_S, TTL_S)


def settle(target, wait_s=0.0, **values):
    with transaction() as connection:
        return hosts.settle(connection, target, wait_s, values)


def test_each_due_host_is_claimed_with_one_of_its_articles(line):
    ids = line.add_urls("https://a.example/1", "https://a.example/2", "https://b.example/1")

    targets = claim()

    assert sorted(target.row.id for target in targets) == [ids[0], ids[2]]
    assert sorted(target.url for target in targets) == ["https://a.example/1", "https://b.example/1"]


def test_a_claimed_host_is_not_claimed_again(line):
    line.add_urls("https://a.example/1", "https://a.example/2")
    assert len(claim()) == 1
    assert claim() == []


def test_claimers_at_once_never_hold_the_same_host(line):
    line.add_urls(*(f"https://{name}.example/{number}" for name in "abcdefghijklmnop" for number in range(3)))

    claimed = at_once(4, lambda: [target.host.name for _ in range(10) for target in claim(3)])

    names = [name for some in claimed for name in some]
    assert sorted(names) == [f"{name}.example" for name in "abcdefghijklmnop"]


def test_an_article_with_a_higher_priority_goes_first(line):
    low, high = line.add_urls("https://a.example/1", "https://a.example/2")
    line.change(high, priority=5)

    (target,) = claim()

    assert target.row.id == high
    assert low != high


def test_the_delay_is_counted_from_the_end_of_the_request(line):
    line.add_urls("https://a.example/1", "https://a.example/2")
    (target,) = claim()

    settle(target, wait_s=30.0)

    with reading() as connection:
        assert 29.0 < hosts.next_due_in(connection) <= 30.0
    assert claim() == []


def test_a_host_whose_delay_has_passed_is_due_again(line):
    line.add_urls("https://a.example/1", "https://a.example/2")
    (first,) = claim()

    settle(first)

    (second,) = claim()
    assert second.row.id != first.row.id


def test_a_claim_that_finds_no_work_puts_the_host_to_sleep(line):
    line.add_urls("https://a.example/1")
    (target,) = claim()
    settle(target)

    assert claim() == []

    assert line.host("a.example").next_allowed_at is None


def test_new_work_wakes_a_host_that_sleeps(line):
    line.add_urls("https://a.example/1")
    settle(claim()[0])
    claim()

    line.add_urls("https://a.example/2")

    assert [target.url for target in claim()] == ["https://a.example/2"]


def test_new_work_does_not_cut_the_delay_of_a_host_short(line):
    line.add_urls("https://a.example/1")
    settle(claim()[0], wait_s=30.0)

    line.add_urls("https://a.example/2")

    assert claim() == []


def test_a_worker_whose_lease_of_a_host_has_ended_does_not_touch_its_clock(line):
    line.add_urls("https://a.example/1", "https://a.example/2")
    (late,) = claim()
    with transaction() as connection:
        connection.execute(update(host).values(next_allowed_at=now()))
    (current,) = claim()

    assert not settle(late, strikes=7)

    row = line.host("a.example")
    assert (row.next_allowed_at, row.strikes) == (current.host.next_allowed_at, 0)


def test_a_host_that_sleeps_although_work_waits_is_woken_by_the_safety_net(line):
    line.add_urls("https://a.example/1")
    with transaction() as connection:
        connection.execute(update(host).values(next_allowed_at=None))

    with transaction() as connection:
        hosts.wake_forgotten(connection)

    assert len(claim()) == 1


def test_a_submitter_and_a_claimer_at_once_never_leave_a_host_asleep_with_work(line):
    """The race: the claimer finds nothing and puts the host to sleep, just as the submitter adds an article to it."""
    stop = threading.Event()

    def keep_claiming():
        while not stop.wait(0.001):
            for target in claim():
                done = {"status": "dropped", "reason": "http_404", "next_stage": None}
                line.change(target.row.id, **done, lease_token=None, leased_until=None)
                settle(target)

    claimers = [threading.Thread(target=keep_claiming) for _ in range(2)]
    for claimer in claimers:
        claimer.start()
    try:
        for number in range(30):
            (added,) = line.add_urls(f"https://a.example/{number}")
            deadline = time.monotonic() + 10
            while line.row(added).next_stage:
                assert time.monotonic() < deadline, "the host sleeps though an article waits for it"
                stop.wait(0.001)
    finally:
        stop.set()
        for claimer in claimers:
            claimer.join()


def test_a_host_can_be_borrowed_only_while_it_is_free(line):
    line.add_urls("https://a.example/1")
    claim()
    with transaction() as connection:
        assert hosts.borrow(connection, "a.example", LEASE_S) is None
    with transaction() as connection:
        borrowed = hosts.borrow(connection, "b.example", LEASE_S)
        assert borrowed is not None
    with transaction() as connection:
        assert hosts.borrow(connection, "b.example", LEASE_S) is None
        hosts.give_back(connection, [borrowed], 0.0)
    with transaction() as connection:
        assert hosts.borrow(connection, "b.example", LEASE_S) == borrowed


def test_submitters_of_the_same_hosts_in_other_orders_do_not_wait_for_each_other(line):
    names = [f"h{number}.example" for number in range(8)]

    def submit():
        me = threading.get_ident()
        order = random.Random(me).sample(names, len(names))
        for number in range(15):
            line.add_urls(*(f"https://{name}/{me}-{number}" for name in order))
        return True

    assert at_once(3, submit) == [True] * 3
    assert line.count() == 3 * 15 * len(names)
    assert {target.host.name for target in claim()} == set(names)
