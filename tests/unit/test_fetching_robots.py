"""robots.txt: what it allows and what its absence means."""

import time

import pytest

from shared.reasons import Failed
from workers.stages.fetching import NotModified, Response, Robots, rules_for

RULES = """\
User-agent: BadBot
Disallow: /

User-agent: *
Disallow: /private/
Allow: /private/press
Crawl-delay: 7

Sitemap: https://example.org/sitemap.xml
Sitemap: https://example.org/sitemap.xml
Sitemap: https://example.org/news.xml
"""


def test_the_longest_rule_decides() -> None:
    robots = Robots(RULES)
    assert robots.allows("https://example.org/story", "copydesk")
    assert not robots.allows("https://example.org/private/a", "copydesk")
    assert robots.allows("https://example.org/private/press", "copydesk")
    assert not robots.allows("https://example.org/story", "BadBot")


def test_robots_txt_itself_is_always_allowed() -> None:
    assert Robots("User-agent: *\nDisallow: /").allows("https://example.org/robots.txt", "copydesk")


def test_an_empty_robots_txt_allows_all_and_publishes_no_delay() -> None:
    assert Robots("").allows("https://example.org/", "copydesk")
    assert Robots("").crawl_delay_s("copydesk") is None


@pytest.mark.parametrize(("published", "kept"), [("7", 7), ("0.01", 0.1), ("0", 0.1), ("3600", 30), ("soon", None)])
def test_a_crawl_delay_is_kept_within_reason(published: str, kept: float | None) -> None:
    assert Robots(f"User-agent: *\nCrawl-delay: {published}\nDisallow:").crawl_delay_s("copydesk") == kept


def test_sitemaps_are_listed_once() -> None:
    assert Robots(RULES).sitemaps == ["https://example.org/sitemap.xml", "https://example.org/news.xml"]


@pytest.mark.parametrize("reason", ["http_404", "http_403", "http_401", "http_410", "http_4xx", "too_many_redirects"])
def test_a_site_that_has_no_rules_allows_all(reason: str) -> None:
    assert rules_for(Failed(reason)) == ""


@pytest.mark.parametrize(
    "reason", ["http_5xx", "http_503", "http_429", "http_408", "disconnected", "deadline", "too_big"]
)
def test_rules_that_cannot_be_read_forbid_for_now(reason: str) -> None:
    rules = rules_for(Failed(reason, "x", 30.0))
    assert isinstance(rules, Failed)
    assert (rules.reason, rules.retry_after_s) == ("robots_unreachable", 30.0)
    assert reason in rules.detail


@pytest.mark.parametrize("reason", ["dns", "refused", "connect_timeout", "tls", "blocked_address"])
def test_a_host_that_cannot_be_reached_says_so_of_the_article(reason: str) -> None:
    here, elsewhere = rules_for(Failed(reason)), rules_for(Failed(reason), hops=1)
    assert isinstance(here, Failed)
    assert isinstance(elsewhere, Failed)
    assert (here.reason, elsewhere.reason) == (reason, "robots_unreachable")


def test_rules_that_did_not_change_are_the_callers() -> None:
    with pytest.raises(ValueError, match="held"):
        rules_for(NotModified("https://example.org/robots.txt"))


@pytest.mark.parametrize("body", [bytes(range(256)) * 40, b"<!DOCTYPE html><title>Home</title>", b"", b"\xff\xfe" * 99])
def test_rubbish_instead_of_rules_allows_all(body: bytes) -> None:
    rules = rules_for(Response("https://example.org/robots.txt", 200, body, "text"))
    assert isinstance(rules, str)
    assert Robots(rules).allows("https://example.org/story", "copydesk")


def test_hostile_rules_are_matched_quickly() -> None:
    """Stars without end and half a megabyte of groups: seconds in a matcher that backtracks."""
    stars = "User-agent: *\nDisallow: /" + "a*" * 900 + "b\n"
    groups = "".join(f"User-agent: bot{number}\nDisallow: /{number}*x*y$\n" for number in range(15_000))
    began = time.process_time()
    assert Robots(stars + groups).allows("https://example.org/" + "a" * 2000, "copydesk")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("agent", ["copydesk", "Copydesk/1.0", "copydesk bot", "COPYDESK # a comment"])
def test_an_agent_is_one_word(agent: str) -> None:
    assert not Robots(f"User-Agent: {agent}\nDisallow: /").allows("https://example.org/", "copydesk")
    assert Robots(f"User-Agent: {agent}-news\nDisallow: /").allows("https://example.org/", "other")


def test_a_line_that_is_not_known_ends_no_group() -> None:
    robots = Robots("User-agent: a\nNoindex: /x\nUser-agent: b\nDisallow: /")
    assert not robots.allows("https://example.org/", "a")
    assert not robots.allows("https://example.org/", "b")
