"""When a watched source is read again."""

from shared import polling
from shared.polling import next_attempt_s, next_interval_s


def test_the_first_poll_after_the_first_is_in_half_an_hour():
    assert next_interval_s(None, new_items=7) == 1800


def test_a_source_that_brings_news_is_read_more_often_and_one_that_does_not_less_often():
    assert next_interval_s(4000, new_items=1) == 3000
    assert next_interval_s(4000, new_items=0) == 5000


def test_the_interval_stays_between_ten_minutes_and_a_day():
    assert next_interval_s(601, new_items=5) == 600
    assert next_interval_s(80_000, new_items=0) == 86_400


def test_a_source_is_never_read_more_often_than_it_asks_for():
    assert next_interval_s(800, new_items=5, floor_s=3600) == 3600


def test_three_failures_do_not_stop_a_feed():
    waits = [next_attempt_s(failures) for failures in (1, 2, 3)]

    assert waits == [600, 1200, 2400]


def test_a_source_is_retired_after_thirty_failures_in_a_row():
    assert next_attempt_s(polling.MOST_FAILURES - 1) == 86_400
    assert next_attempt_s(polling.MOST_FAILURES) is None


def test_retry_after_lengthens_the_pause_up_to_a_day():
    assert next_attempt_s(1, retry_after_s=5000) == 5000
    assert next_attempt_s(1, retry_after_s=10**9) == 86_400
