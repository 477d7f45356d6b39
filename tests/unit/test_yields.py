"""When a source's newest articles are so unlike those before that a person should look."""

from collections import namedtuple

from shared.yields import LEAST_PAST, LEAST_RECENT, Stretch, judge, judge_silence, stretch

Row = namedtuple("Row", "status word_count dated")
GOOD = Stretch(articles=100, done=0.95, dated=1.0, words=500)
DAY = 86_400.0


def recent(**changes):
    return Stretch(**({"articles": 20, "done": 0.95, "dated": 1.0, "words": 480} | changes))


def test_a_source_as_it_always_was_gives_no_alarm():
    assert judge(recent(), GOOD) is None


def test_a_layout_that_changed_shows_as_lost_yield_lost_text_or_lost_dates():
    assert judge(recent(done=0.4), GOOD) == "yield"
    assert judge(recent(done=0.0, words=None, dated=None), GOOD) == "yield"
    assert judge(recent(words=120), GOOD) == "length"
    assert judge(recent(words=2000), GOOD) == "length"
    assert judge(recent(dated=0.2), GOOD) == "dates"


def test_a_source_that_was_always_poor_gives_no_alarm():
    assert judge(recent(done=0.1, words=9), Stretch(articles=100, done=0.15, dated=0.0, words=100)) is None
    assert judge(recent(done=0.0), Stretch(articles=100, done=0.0)) is None


def test_a_few_articles_say_nothing():
    assert judge(recent(articles=LEAST_RECENT - 1, done=0.0), GOOD) is None
    assert judge(recent(done=0.0), Stretch(articles=LEAST_PAST - 1, done=1.0)) is None


def test_silence_is_measured_by_what_is_usual():
    assert judge_silence(3 * DAY, DAY / 20, 200) == "silence"
    assert judge_silence(3 * DAY, DAY, 200) is None
    assert judge_silence(DAY / 2, 60.0, 200) is None
    assert judge_silence(30 * DAY, DAY / 20, LEAST_PAST - 1) is None
    assert judge_silence(300 * DAY, 30 * DAY, 200) is None


def test_a_stretch_is_what_its_articles_come_to():
    rows = [
        Row("done", 100, True),
        Row("done", 300, False),
        Row("dropped", None, False),
        Row("quarantined", None, False),
    ]
    assert stretch(rows) == Stretch(articles=4, done=0.5, dated=0.5, words=200)
    assert stretch([]) == Stretch()
