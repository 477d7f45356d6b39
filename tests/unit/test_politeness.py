"""How long a host is left alone."""

from types import SimpleNamespace

import pytest

from shared.reasons import Failed
from workers.politeness import pace_after


def host(**known):
    return SimpleNamespace(**({"crawl_delay_s": None, "delay_s": None, "strikes": 0, "successes": 0} | known))


def test_the_setting_is_the_delay_of_a_host_that_asks_for_none():
    assert pace_after(host(), None, setting_s=2.0).wait_s == 2.0


def test_a_published_delay_replaces_the_setting_shorter_or_longer():
    assert pace_after(host(crawl_delay_s=0.1), None, setting_s=2.0).wait_s == 0.1
    assert pace_after(host(crawl_delay_s=30.0), None, setting_s=2.0).wait_s == 30.0


@pytest.mark.parametrize("reason", ["http_429", "http_503"])
def test_a_host_that_asks_for_rest_gets_twice_the_delay(reason):
    first = pace_after(host(), Failed(reason), setting_s=2.0)
    second = pace_after(host(delay_s=first.delay_s), Failed(reason), setting_s=2.0)

    assert (first.wait_s, second.wait_s) == (4.0, 8.0)


def test_a_slowed_host_gets_faster_again_but_never_faster_than_it_asked_for():
    slowed = host(delay_s=8.0, successes=9)

    faster = pace_after(slowed, None, setting_s=2.0)
    floor = pace_after(host(delay_s=2.1, successes=9), None, setting_s=2.0)

    assert faster.delay_s == pytest.approx(7.2)
    assert (floor.wait_s, floor.delay_s) == (2.0, None)


def test_retry_after_pauses_the_host_for_a_day_at_most():
    assert pace_after(host(), Failed("http_429", retry_after_s=500), setting_s=2.0).wait_s == 500
    assert pace_after(host(), Failed("http_429", retry_after_s=10**7), setting_s=2.0).wait_s == 86_400


def test_a_host_that_cannot_be_reached_is_left_alone_longer_each_time():
    waits, strikes = [], 0
    for _ in range(6):
        pace = pace_after(host(strikes=strikes), Failed("refused"), setting_s=2.0)
        waits.append(pace.wait_s)
        strikes = pace.strikes

    assert waits == [2.0, 2.0, 600.0, 1200.0, 2400.0, 4800.0]


def test_one_good_answer_forgives_all_strikes():
    assert pace_after(host(strikes=7), None, setting_s=2.0).strikes == 0


def test_a_page_that_is_missing_is_not_the_fault_of_its_host():
    pace = pace_after(host(), Failed("http_404"), setting_s=2.0)

    assert (pace.wait_s, pace.strikes) == (2.0, 0)
