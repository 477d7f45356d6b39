"""Bars stand where they should."""

from datetime import UTC, datetime, timedelta

from scripts.dashboard import charts

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_a_minute_without_articles_has_a_place_and_no_height():
    chart = charts.over_time({NOON: 4}, 60, NOON - timedelta(minutes=1), NOON, "articles")
    assert [(bar.x, bar.height) for bar in chart.bars] == [(1, 0), (11, 96)]
    assert (chart.first, chart.last, chart.summary) == ("11:59", "12:00", "at most 4 articles in a minute")


def test_a_timeline_holds_every_moment_in_steps_that_fit_its_length():
    for length in (timedelta(minutes=5), timedelta(days=2), timedelta(days=400), timedelta(days=40_000)):
        moments = [NOON - length * share for share in (0, 0.25, 0.5, 1)]
        chart = charts.timeline(moments, "articles")
        assert sum(int(bar.label.split(": ")[1].split()[0]) for bar in chart.bars) == 4
        assert charts.FEWEST_STEPS <= len(chart.bars) <= 130


def test_of_nothing_there_is_no_timeline():
    assert charts.timeline([], "articles") is None


def test_parts_fill_the_bar_as_far_as_articles_have_ended():
    found = charts.parts({"done": 1, "dropped": 1, "quarantined": 0}, 4)
    assert [(part.kind, part.x, part.width) for part in found] == [
        ("done", 0, 25), ("dropped", 25, 25), ("quarantined", 50, 0),
    ]  # fmt: skip


def test_parts_of_nothing_are_empty():
    assert [part.width for part in charts.parts({"done": 0}, 0)] == [0]
