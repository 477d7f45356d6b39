"""A source whose newest articles are unlike those before is found by dispatch, on both databases."""

import pytest
from sqlalchemy import insert, select, update

from shared import sources, yields
from shared.database import now, reading, transaction
from shared.models import article, cluster, source
from shared.sources import NewSource
from shared.submissions import NewArticle, add_articles
from workers import dispatch

URL = "https://paper.example/feed.xml"


@pytest.fixture
def feed(line):
    """A source, and what gives it articles that have ended so."""
    with transaction() as connection:
        sources.add(connection, [NewSource(URL, URL, "paper.example", line.submission_id, watched=True)])
        source_id = connection.scalar(select(source.c.id))

    def bring(count, status, reason, words=None, first=0):
        new = [
            NewArticle(f"https://paper.example/{first + n}", f"https://paper.example/{first + n}", "paper.example",
                       source_id=source_id)
            for n in range(count)
        ]  # fmt: skip
        with transaction() as connection:
            ids = add_articles(connection, line.submission_id, new)
            ended = {"status": status, "reason": reason, "next_stage": None, "word_count": words}
            connection.execute(update(article).where(article.c.id.in_(ids)).values(**ended))

    return bring


def row():
    with reading() as connection:
        return connection.execute(select(source)).one()


def forget_judgement():
    with transaction() as connection:
        connection.execute(update(source).values(judged_at=now(-2 * yields.JUDGED_EVERY_S)))


def test_dispatch_gives_an_alarm_and_takes_it_back(feed):
    feed(30, "quarantined", "stage_error")
    feed(20, "dropped", "not_article", first=100)
    dispatch.tick()
    assert (row().alarm, row().judged_at is not None) == (None, True)

    with transaction() as connection:  # the old ones were fine
        cluster_ids = connection.scalars(select(article.c.id).where(article.c.status == "quarantined")).all()
        connection.execute(insert(cluster), [{"id": one} for one in cluster_ids])
        done = {"status": "done", "reason": None, "cluster_id": article.c.id, "word_count": 300}
        connection.execute(update(article).where(article.c.status == "quarantined").values(**done))
    dispatch.tick()
    assert row().alarm is None  # judged a moment ago
    forget_judgement()
    dispatch.tick()
    assert row().alarm == "yield"
    with reading() as connection:
        assert yields.count_alarms(connection) == {"yield": 1}
        (found,) = yields.measure(connection, [row()]).values()
    assert (found.recent.done, found.past.done, found.past.words) == (0.0, 1.0, 300)

    with transaction() as connection:
        connection.execute(update(article).where(article.c.status == "dropped").values(source_id=None))
    forget_judgement()
    dispatch.tick()
    assert row().alarm is None
