"""Fetching from a real site: robots.txt, redirects, refusals and failures, and what becomes of host and article."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import select, update

from shared import claims, hosts
from shared.database import now, transaction
from shared.models import article, host, page, source
from tests.support import stories
from tests.support.line import Message
from tests.support.site import NETWORKS, serving
from workers import dispatch, frontier


@pytest.fixture
def fetch(line, configure):
    """Let a fetch worker work a shift."""
    configure(fetch_allow_networks=NETWORKS, fetch_delay_s=0.0, fetch_shift_s=10, fetch_deadline_s=5)

    def work(**changes):
        configure(**changes)
        frontier.work_a_shift()

    return work


def test_a_page_is_fetched_stored_and_handed_on(line, site, fetch):
    (article_id,) = line.add_urls(site.put("/a", stories.page(1)))

    fetch()

    row = line.row(article_id)
    assert (row.status, row.next_stage) == ("fetched", "clean")
    assert row.fetched_at is not None
    assert line.life(article_id) == [("fetch", "done", None)]
    assert line.messages() == [Message("copydesk.clean", (article_id,))]
    with transaction() as connection:
        stored = connection.execute(select(page)).one()
    assert (stored.status_code, stored.size) == (200, len(stories.page(1).encode()))


def test_robots_txt_is_asked_for_first_and_once(line, site, fetch):
    line.add_urls(*(site.put(f"/{number}", stories.page(number)) for number in range(4)))

    fetch()

    assert site.visits[0].path == "/robots.txt"
    assert site.asked("/robots.txt") == 1
    assert line.statuses() == ["fetched"] * 4


def test_robots_txt_is_asked_for_again_when_our_copy_is_old(line, site, fetch):
    line.add_urls(site.put("/1", stories.page(1)))
    fetch()
    with transaction() as connection:
        connection.execute(update(host).values(robots_checked_at=now(-90_000)))

    line.add_urls(site.put("/2", stories.page(2)))
    fetch()

    assert site.asked("/robots.txt") == 2
    assert line.statuses() == ["fetched"] * 2


def test_what_robots_txt_forbids_is_dropped_without_a_request(line, site, fetch):
    site.forbid("User-agent: *\nDisallow: /private/")
    denied, allowed = line.add_urls(site.put("/private/a", stories.page(1)), site.put("/a", stories.page(2)))

    fetch()

    assert (line.row(denied).status, line.row(denied).reason) == ("dropped", "robots_denied")
    assert line.row(allowed).status == "fetched"
    assert site.asked("/private/a") == 0


def test_a_robots_txt_that_fails_puts_the_article_off(line, site, fetch):
    site.put("/robots.txt", "broken", status=500)
    (article_id,) = line.add_urls(site.put("/a", stories.page(1)))

    fetch()

    row = line.row(article_id)
    assert (row.status, row.next_stage, row.reason) == ("submitted", "fetch", "robots_unreachable")
    assert row.due_at is not None
    assert site.asked("/a") == 0


def test_an_old_robots_txt_serves_while_the_new_one_cannot_be_read(line, site, fetch):
    site.forbid("User-agent: *\nDisallow: /private/")
    line.add_urls(site.put("/1", stories.page(1)))
    fetch()
    with transaction() as connection:
        connection.execute(update(host).values(robots_checked_at=now(-90_000)))
    site.put("/robots.txt", "broken", status=500)

    allowed, denied = line.add_urls(site.put("/2", stories.page(2)), site.put("/private/3", stories.page(3)))
    fetch()

    assert line.row(allowed).status == "fetched"
    assert line.row(denied).reason == "robots_denied"


def test_a_host_is_asked_one_thing_at_a_time_with_the_delay_between(line, site, fetch):
    site.slow_s = 0.05
    line.add_urls(*(site.put(f"/{number}", stories.page(number)) for number in range(4)))

    fetch(fetch_delay_s=0.3)

    assert len(site.visits) == 5
    gaps = [later.began - earlier.ended for earlier, later in zip(site.visits, site.visits[1:], strict=False)]
    assert min(gaps) >= 0.3 - 0.02  # the database counts milliseconds


def test_a_published_crawl_delay_replaces_the_setting(line, site, fetch):
    site.forbid("User-agent: *\nCrawl-delay: 0.5")
    line.add_urls(*(site.put(f"/{number}", stories.page(number)) for number in range(2)))

    fetch()

    gaps = [later.began - earlier.ended for earlier, later in zip(site.visits, site.visits[1:], strict=False)]
    assert len(gaps) == 2
    assert min(gaps) >= 0.5 - 0.02


def test_a_redirect_to_another_host_becomes_a_claim_of_that_host(line, site, fetch):
    target = site.url("/new", host="localhost")
    site.put("/new", stories.page(1))
    (article_id,) = line.add_urls(site.redirect("/old", target))

    fetch()

    assert line.row(article_id).status == "fetched"
    assert [(visit.host, visit.path) for visit in site.visits] == [
        ("127.0.0.1", "/robots.txt"),
        ("127.0.0.1", "/old"),
        ("localhost", "/robots.txt"),
        ("localhost", "/new"),
    ]
    with transaction() as connection:
        assert connection.scalar(select(page.c.url)) == target


def test_a_redirect_to_what_the_other_host_forbids_is_not_followed(line, site, fetch):
    with serving() as other:
        other.forbid("User-agent: *\nDisallow: /")
        (article_id,) = line.add_urls(site.redirect("/old", other.url("/new", host="localhost")))
        fetch()
        assert other.asked("/new") == 0

    assert (line.row(article_id).status, line.row(article_id).reason) == ("dropped", "robots_denied")


def test_redirects_in_a_circle_end(line, site, fetch):
    site.redirect("/b", "/a")
    (article_id,) = line.add_urls(site.redirect("/a", "/b"))

    fetch()

    assert line.row(article_id).reason == "redirect_loop"
    assert line.row(article_id).status == "dropped"


def test_a_redirect_uses_up_no_attempt(line, site, fetch):
    site.put("/new", "gone", status=500)
    (article_id,) = line.add_urls(site.redirect("/old", "/new"))

    fetch()

    assert (line.row(article_id).reason, line.row(article_id).attempts) == ("http_5xx", 1)


@pytest.mark.parametrize(("status", "reason"), [(404, "http_404"), (503, "http_503"), (500, "http_5xx")])
def test_a_page_that_may_come_back_is_tried_again_later(line, site, fetch, status, reason):
    (article_id,) = line.add_urls(site.put("/a", "sorry", status=status))

    fetch()

    row = line.row(article_id)
    assert (row.next_stage, row.reason, row.attempts) == ("fetch", reason, 1)
    assert row.due_at is not None
    assert line.life(article_id) == [("fetch", "retry", reason)]


def test_a_page_that_is_gone_is_dropped(line, site, fetch):
    (article_id,) = line.add_urls(site.put("/a", "gone", status=410))
    fetch()
    assert (line.row(article_id).status, line.row(article_id).reason) == ("dropped", "http_410")


def test_a_server_that_is_overloaded_is_left_alone_for_as_long_as_it_asks(line, site, fetch):
    line.add_urls(site.put("/a", "busy", status=503, Retry_After="120"), site.put("/b", stories.page(1)))

    fetch()

    assert site.asked("/b") == 0
    with transaction() as connection:
        wait = connection.execute(select(host.c.next_allowed_at, now())).one()
    assert 100 < (wait[0] - wait[1]).total_seconds() <= 120


def test_an_address_that_is_not_public_is_never_asked(line, site, fetch, configure):
    configure(fetch_allow_networks="")
    frontier._one_desk.cache_clear()  # what may be reached is decided once per process
    (article_id,) = line.add_urls(site.put("/a", stories.page(1)))
    try:
        frontier.work_a_shift()
    finally:
        frontier._one_desk.cache_clear()

    assert site.visits == []
    assert line.row(article_id).reason in ("blocked_address", "robots_unreachable")


def test_a_feed_given_as_an_article_is_read_as_a_source(line, site, fetch):
    feed = "<rss version='2.0'><channel><title>T</title><item><link>http://a.example/1</link></item></channel></rss>"
    (article_id,) = line.add_urls(site.put("/a", feed, Content_Type="application/rss+xml"))

    fetch()

    assert (line.row(article_id).status, line.row(article_id).reason) == ("dropped", "is_source")
    with transaction() as connection:
        assert connection.execute(select(source.c.next_stage)).scalars().all() == ["discover"]


def test_a_host_that_does_not_answer_gets_a_strike_and_its_article_a_retry(line, site, fetch):
    (article_id,) = line.add_urls("http://127.0.0.1:1/a")

    fetch()

    assert line.row(article_id).reason in ("refused", "robots_unreachable")
    assert line.row(article_id).due_at is not None
    assert line.host("127.0.0.1").strikes == 1


def test_a_fetcher_that_stores_late_and_dispatch_do_not_wait_for_each_other(line):
    """The one locks a host and then its article, while the other takes the article's lease and wakes the host."""
    (article_id,) = line.add_urls("https://a.example/1")
    with transaction() as connection:
        (target,) = hosts.claim(connection, 1, 60.0, 3600.0)
    line.expire_lease(article_id)

    with ThreadPoolExecutor(1) as dispatcher:
        with transaction() as connection:
            hosts.lock(connection, [target.host.id])
            tick = dispatcher.submit(dispatch.tick)
            wait([tick], 0.5)  # it comes as far as it can
            claims.held(connection, article, {article_id: target.token})
        tick.result(30)

    assert line.row(article_id).lost == 1
