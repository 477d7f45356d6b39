"""The sample newsroom over HTTP: what it serves, and how."""

import gzip
import http.client
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import feedparser
import lxml.etree
import lxml.html
import pytest
from protego import Protego

from scripts.newsroom.edition import Edition
from scripts.newsroom.gold import Expected, gold
from scripts.newsroom.server import Newsroom, serving
from scripts.newsroom.sites import SITES

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def room() -> Iterator[Newsroom]:
    with serving() as room:
        yield room


@pytest.fixture(scope="module")
def expected(room: Newsroom) -> dict[str, Expected]:
    return gold(room.edition)


def get(url: str, method: str = "GET", **headers: str) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def announced(url: str) -> list[str]:
    """The links of the feed or sitemap at `url`."""
    status, headers, body = get(url)
    assert status == 200
    if headers["content-type"] == "application/feed+json":
        return [item["url"] for item in json.loads(body)["items"]]
    if headers["content-type"] == "application/gzip":
        return [place.text or "" for place in lxml.etree.fromstring(gzip.decompress(body)).iter("{*}loc")]
    feed = feedparser.parse(body, response_headers={"content-type": headers["content-type"]})
    assert not feed.bozo
    assert all(
        entry.title and entry.author and entry.keys() & {"published_parsed", "updated_parsed"} for entry in feed.entries
    )
    return [entry.link for entry in feed.entries]


def feeds(room: Newsroom) -> list[str]:
    return [room.origins[site.key] + site.feed_path for site in SITES if site.feed_path]


def test_every_format_of_feed_is_there_and_parses(room: Newsroom) -> None:
    assert {site.feed for site in SITES} == {"rss", "atom", "json", "news_sitemap", "none"}
    assert all(len(announced(url)) >= 5 for url in feeds(room))


def test_the_sources_lead_to_every_story(room: Newsroom, expected: dict[str, Expected]) -> None:
    found = set(room.sources()).union(*(announced(url) for url in feeds(room)))
    stories = {url for url, page in expected.items() if page.paragraphs}
    assert len(stories) >= 60
    assert stories <= {url.partition("?utm_")[0] for url in found}


def test_what_is_announced_is_served_with_trackers_or_without(room: Newsroom, expected: dict[str, Expected]) -> None:
    links = [link for url in feeds(room) for link in announced(url)]
    assert any("utm_source=" in link for link in links)
    for link in links:
        status, _, body = get(link)
        page = expected[link.partition("?utm_")[0]]
        assert status == (404 if page.outcome == "http_404" else 200)
        assert not page.paragraphs or body == room.edition.pages[page.url].body


def test_every_link_on_every_page_is_served(room: Newsroom) -> None:
    for url, page in room.edition.pages.items():
        if not page.type.startswith("text/html") or not page.body:
            continue
        tree = lxml.html.fromstring(page.body)
        for element in tree.iter("a", "link", "img"):
            link = element.get("href") or element.get("src") or "#"
            assert link == "#" or room.find(urljoin(url, link)), f"{url} links to {link}"


def test_every_page_has_the_status_that_is_expected_of_it(room: Newsroom, expected: dict[str, Expected]) -> None:
    statuses = {"http_404": 404, "redirect": 301}
    for url, page in expected.items():
        assert get(url)[0] == statuses.get(page.outcome, 200), url


def test_redirects_lead_to_stories_on_the_same_site_and_on_another(expected: dict[str, Expected]) -> None:
    moved = [page for page in expected.values() if page.outcome == "redirect"]
    for page in moved:
        status, headers, _ = get(page.url)
        assert (status, headers["location"]) == (301, page.target)
        assert expected[page.target].paragraphs
    assert {urlsplit(page.url).netloc == urlsplit(page.target).netloc for page in moved} == {True, False}


def test_robots_txt_forbids_what_is_expected_to_be_denied_and_nothing_else(
    room: Newsroom, expected: dict[str, Expected]
) -> None:
    for origin in room.origins.values():
        rules = Protego.parse(get(f"{origin}/robots.txt")[2].decode())
        assert rules.crawl_delay("copydesk") == 0.25
        for url, page in expected.items():
            if url.startswith(origin + "/"):
                assert rules.can_fetch(url, "copydesk") == (page.outcome != "robots_denied"), url


def test_a_page_that_did_not_change_is_not_sent_again(room: Newsroom) -> None:
    url = feeds(room)[0]
    _, headers, _ = get(url)
    assert get(url, if_none_match=headers["etag"])[0::2] == (304, b"")
    assert get(url, if_modified_since=headers["last-modified"])[0::2] == (304, b"")
    assert get(url, if_none_match='"other"', if_modified_since=headers["last-modified"])[0] == 200


def test_a_page_is_compressed_for_those_who_ask(room: Newsroom) -> None:
    _, headers, body = get(feeds(room)[0], accept_encoding="gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == get(feeds(room)[0])[2]


def test_head_sends_no_body_and_other_methods_are_refused(room: Newsroom) -> None:
    url = feeds(room)[0]
    status, headers, body = get(url, method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) == len(get(url)[2])
    assert get(url, method="POST")[0] == 405


def test_an_unknown_address_is_not_found(room: Newsroom) -> None:
    assert get(room.origins["courier"] + "/nothing/here")[0] == 404


def test_a_connection_serves_several_requests(room: Newsroom) -> None:
    parts = urlsplit(room.origins["meridian"])
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    for path in ("/robots.txt", "/feed.xml", "/about"):
        connection.request("GET", path)
        assert connection.getresponse().read()
    connection.close()


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"x" * 40_000, b"GET / HTTP/1.1\r\n"])
def test_what_is_not_http_harms_nobody(room: Newsroom, sent: bytes) -> None:
    parts = urlsplit(room.origins["meridian"])
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(sent)
    assert get(room.origins["meridian"] + "/feed.xml")[0] == 200


def test_visits_are_counted() -> None:
    with serving() as room:
        url = room.origins["ledger"] + "/atom.xml"
        get(url)
        get(url)
        assert room.visits == {(url, 200): 2}


def test_on_one_address_every_site_has_a_port() -> None:
    with serving(bind="127.0.0.1") as room:
        ports = [urlsplit(origin).port for origin in room.origins.values()]
        assert ports == list(range(ports[0] or 0, (ports[0] or 0) + len(SITES)))
        assert room.networks == ["127.0.0.1/32"]
        assert all(get(url)[0] == 200 for url in feeds(room))


def test_where_loopback_has_one_address_every_site_has_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody_here = tuple(f"192.0.2.{number}" for number in range(1, len(SITES) + 1))
    monkeypatch.setattr("scripts.newsroom.server.ADDRESSES", nobody_here)
    with serving() as room:
        assert {urlsplit(origin).hostname for origin in room.origins.values()} == {"127.0.0.1"}
        assert get(feeds(room)[-1])[0] == 200


def test_others_may_know_the_machine_by_a_name() -> None:
    with serving(bind="127.0.0.1", name="newsroom") as room:
        assert all(url.startswith("http://newsroom:") for url in room.sources())


def test_two_newsrooms_do_not_meet(room: Newsroom) -> None:
    with serving() as other:
        assert not set(room.origins.values()) & set(other.origins.values())


def test_a_port_that_is_taken_is_an_error_where_it_was_asked_for(room: Newsroom) -> None:
    taken = urlsplit(room.origins["meridian"]).port
    with pytest.raises(OSError, match="in use"):
        Newsroom(port=taken)


def test_nothing_answers_after_the_end_and_the_addresses_are_free_again() -> None:
    with serving() as room:
        connection = http.client.HTTPConnection(room.origins["meridian"].removeprefix("http://"), timeout=5)
        connection.request("GET", "/feed.xml")
        assert connection.getresponse().read()
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        get(room.origins["meridian"] + "/feed.xml")
    with serving(port=urlsplit(room.origins["meridian"]).port):
        pass


def test_the_edition_needs_no_network() -> None:
    edition = Edition({site.key: f"http://{site.key}.example" for site in SITES}, datetime(2026, 1, 2, tzinfo=UTC))
    assert edition.address("meridian/danube-low-water") == "http://meridian.example/wire/danube-low-water"
