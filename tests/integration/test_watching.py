"""Watched sources: polled for ever, and articles that they call updated."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from shared import revisions, sources, urls
from shared.database import now, reading, transaction
from shared.models import article, source
from shared.sources import NewSource
from tests.support import stories
from tests.support.site import NETWORKS
from workers import dispatch, frontier

TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def poll(line, configure):
    """Let the line do all that is to be done now."""
    configure(fetch_allow_networks=NETWORKS, fetch_delay_s=0.0, fetch_shift_s=0.3, fetch_deadline_s=5)

    def work():
        for _ in range(3):
            frontier.work_a_shift()
            dispatch.tick()
            line.work()

    return work


def feed(site, *items, updated=None):
    """An Atom feed that names these paths."""
    rows = "".join(
        f"<entry><id>{site.url(path)}</id><title>{path}</title><link href='{site.url(path)}'/>"
        f"<updated>{(updated or datetime(2026, 1, 2, tzinfo=UTC)).isoformat()}</updated></entry>"
        for path in items
    )
    return (
        f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><id>f</id><title>The feed</title>{rows}</feed>"
    )


def watch(line, url):
    with transaction() as connection:
        new = NewSource(url, urls.canonical_url(url), urls.host_of(url), line.submission_id, watched=True)
        sources.add(connection, [new])


def the_source():
    with reading() as connection:
        return connection.execute(select(source)).one()


def make_due():
    """The time of the next poll has come."""
    with transaction() as connection:
        connection.execute(update(source).values(due_at=now(-1)))


def test_a_watched_feed_is_polled_again_and_brings_what_is_new(line, site, poll):
    for path in ("/1", "/2"):
        site.put(path, stories.page(int(path[1:])))
    watch(line, site.put("/feed", feed(site, "/1"), Content_Type="application/atom+xml"))
    poll()
    assert line.statuses() == ["done"]
    assert the_source().due_at is not None

    site.put("/feed", feed(site, "/1", "/2"), Content_Type="application/atom+xml")
    make_due()
    poll()

    assert line.statuses() == ["done", "done"]
    assert (the_source().found, the_source().new, the_source().title) == (3, 2, "The feed")
    assert site.asked("/1") == 1


def test_a_feed_that_has_not_changed_is_asked_for_conditionally_and_less_often(line, site, poll):
    site.put("/1", stories.page(1))
    watch(line, site.put("/feed", feed(site, "/1"), Content_Type="application/atom+xml", ETag='"one"'))
    poll()
    before = the_source().interval_s

    site.put("/feed", "", status=304)
    make_due()
    poll()

    assert site.asked("/feed") == 2
    assert the_source().interval_s == pytest.approx(1.25 * before)
    assert the_source().reason is None


def test_a_failing_feed_goes_on_after_three_errors_says_why_and_is_retired_in_the_end(line, site, poll, configure):
    watch(line, site.put("/feed", "", status=500))
    for _ in range(4):
        poll()
        make_due()
    row = the_source()
    assert (row.failures >= 3, row.next_stage, row.reason, row.paused) == (True, "fetch", "http_5xx", False)

    with transaction() as connection:
        connection.execute(update(source).values(failures=29))
    poll()

    row = the_source()
    assert (row.failures, row.next_stage, row.reason, row.paused) == (30, None, "http_5xx", True)


def test_a_retired_feed_is_read_at_once_when_a_person_resumes_it(line, site, poll):
    site.put("/1", stories.page(1))
    watch(line, site.put("/feed", feed(site, "/1"), Content_Type="application/atom+xml"))
    with transaction() as connection:
        connection.execute(update(source).values(paused=True, failures=30, next_stage=None, reason="dns"))
    poll()
    assert site.asked("/feed") == 0

    with transaction() as connection:
        sources.poll_now(connection, the_source().id)
    poll()

    assert line.statuses() == ["done"]
    assert (the_source().failures, the_source().reason) == (0, None)


def test_an_item_that_its_feed_calls_updated_becomes_a_revision_when_its_text_differs(line, site, poll):
    site.put("/1", stories.page(1))
    watch(line, site.put("/feed", feed(site, "/1"), Content_Type="application/atom+xml"))
    poll()
    first = line.rows()[0]

    site.put("/1", stories.page(2))
    site.put("/feed", feed(site, "/1", updated=TOMORROW), Content_Type="application/atom+xml")
    make_due()
    poll()

    again = line.rows()[0]
    assert (len(line.rows()), again.status, again.revision) == (1, "done", 2)
    assert again.text != first.text
    with reading() as connection:
        (kept,) = revisions.of_article(connection, first.id)
    assert (kept.number, kept.text, kept.exact_key) == (1, first.text, first.exact_key)


def test_the_same_text_again_changes_nothing(line, site, poll):
    site.put("/1", stories.page(1))
    watch(line, site.put("/feed", feed(site, "/1"), Content_Type="application/atom+xml"))
    poll()
    first = line.rows()[0]

    site.put("/feed", feed(site, "/1", updated=TOMORROW), Content_Type="application/atom+xml")
    make_due()
    poll()

    again = line.rows()[0]
    assert site.asked("/1") == 2
    assert (again.status, again.revision, again.text, again.cluster_id) == ("done", 1, first.text, first.cluster_id)
    with reading() as connection:
        assert revisions.of_article(connection, first.id) == []


def test_an_updated_article_that_has_gone_keeps_what_we_have(line, site, poll):
    site.put("/1", stories.page(1))
    watch(line, site.put("/feed", feed(site, "/1"), Content_Type="application/atom+xml"))
    poll()

    site.put("/1", "gone", status=410)
    site.put("/feed", feed(site, "/1", updated=TOMORROW), Content_Type="application/atom+xml")
    make_due()
    poll()

    row = line.rows()[0]
    assert (row.status, row.next_stage, row.reason) == ("done", None, None)
    assert line.life(row.id)[-1] == ("fetch", "dropped", "http_410")


def test_a_site_without_feeds_is_not_silent(line, site, poll):
    watch(line, site.put("/", "<html><body><h1>Hello</h1><p>No feed here.</p></body></html>"))

    for _ in range(3):
        poll()
        make_due()

    with reading() as connection:
        rows = connection.execute(select(source).where(~source.c.guessed)).all()
        left = connection.execute(select(source).where(source.c.guessed)).all()
    assert [row.failures > 0 or row.found == 0 for row in rows] == [True]
    assert left == []  # the usual places were tried, and forgotten again


def test_a_removed_source_leaves_its_articles(line, site, poll):
    site.put("/1", stories.page(1))
    watch(line, site.put("/feed", feed(site, "/1"), Content_Type="application/atom+xml"))
    poll()

    with transaction() as connection:
        sources.remove(connection, the_source().id)

    with reading() as connection:
        assert connection.execute(select(source)).first() is None
        assert connection.execute(select(article.c.status, article.c.source_id)).one() == ("done", None)
