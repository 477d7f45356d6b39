"""URLs: identity, spelling for a request, host, shape."""

import pytest
from ada_url import URL
from hypothesis import example, given
from hypothesis import strategies as st

from shared.urls import (
    SPELLED,
    Address,
    BadUrl,
    canonical_url,
    fetch_url,
    host_of,
    looks_like_source,
    main_version,
    read_address,
    resolve_url,
    robots_url,
)

ARTICLE = "https://example.org/2024/story"

SAME = [
    ("http://example.org/2024/story", ARTICLE),
    ("https://www.example.org/2024/story", ARTICLE),
    ("HTTPS://EXAMPLE.ORG/2024/story", ARTICLE),
    ("https://example.org:443/2024/story", ARTICLE),
    ("http://example.org:80/2024/story", ARTICLE),
    ("https://example.org./2024/story", ARTICLE),
    ("https://user:secret@example.org/2024/story", ARTICLE),
    ("https://example.org/2024/story/", ARTICLE),
    ("https://example.org/2024/story#comments", ARTICLE),
    ("https://example.org/2024/story?", ARTICLE),
    ("https://example.org/2024/story?&", ARTICLE),
    ("  https://example.org/2024/story\n", ARTICLE),
    ("https://example.org/2024/./x/../story", ARTICLE),
    ("https://example.org\\2024\\story", ARTICLE),
    ("https://example.org/2024/story?utm_source=rss&utm_medium=feed", ARTICLE),
    ("https://example.org/2024/story?fbclid=abc#x", ARTICLE),
    ("https://example.org/2024/story?UTM_Campaign=x&gclid=1&CMP=share_btn_tw", ARTICLE),
    ("https://example.org/2024/story;jsessionid=0123", ARTICLE),
    ("https://example.org/2024/stor%79", ARTICLE),
    ("https://example.org", "https://example.org/"),
    ("https://example.org/a?b=2&a=1", "https://example.org/a?a=1&b=2"),
    ("https://example.org/a?id=7&utm_term=x", "https://example.org/a?id=7"),
    ("https://example.org/é", "https://example.org/%c3%a9"),
    ("https://example.org/a%2fb", "https://example.org/a%2Fb"),
    ("https://example.org/?q=a+b", "https://example.org/?q=a%20b"),
    ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
    ("https://example.org/a|b", "https://example.org/a%7Cb"),
    ("http://example.org/#!/story/1", "https://example.org/#!/story/1"),
]

DIFFERENT = [
    ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ("https://example.org/?q=a%2Bb", "https://example.org/?q=a+b"),
    ("https://example.org/Story", "https://example.org/story"),
    ("https://example.org/a?id=1", "https://example.org/a?id=2"),
    ("https://example.org/a?id=1", "https://example.org/a"),
    ("https://example.org/a?page=2", "https://example.org/a"),
    ("https://example.org:8080/a", "https://example.org/a"),
    ("https://m.example.org/a", "https://example.org/a"),
    ("https://example.org/a/amp", "https://example.org/a"),
    ("https://example.org/#!/a", "https://example.org/#!/b"),
    ("https://example.org/a?x=1&x=2", "https://example.org/a?x=2&x=1"),
    ("https://example.org/a?ref=42", "https://example.org/a?ref=43"),
]

BAD = [
    "ftp://example.org/a",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "mailto:a@example.org",
    "feed:http://example.org/",
    "example.org/a",
    "http://",
    "https:///",
    "http://exa mple.org/",
    "http://[::1",
    "http://example.org:99999/",
    "",
    "https://example.org/" + "a" * 2048,
    "https://example.org/" + "a" * 100_000,
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_address_are_one_article(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_that_may_hold_other_articles_stay_apart(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize("url", BAD)
def test_what_cannot_be_fetched_is_refused_in_one_line(url: str) -> None:
    for function in (canonical_url, fetch_url):
        with pytest.raises(BadUrl) as caught:
            function(url)
        assert str(caught.value)
        assert "\n" not in str(caught.value)


@given(st.text(alphabet="abcABC%2fF3~?&=+;#!/.:@é \\|-_", max_size=60))
def test_a_canonical_url_is_its_own_canonical_url(tail: str) -> None:
    try:
        url = canonical_url("https://www.example.org/" + tail)
    except BadUrl:
        return
    assert canonical_url(url) == url
    assert url.isascii()


def test_a_port_keeps_its_scheme() -> None:
    assert canonical_url("http://127.1.0.1:8800/a") == "http://127.1.0.1:8800/a"


def test_a_url_to_fetch_keeps_scheme_port_www_order_and_slash() -> None:
    assert fetch_url("http://www.example.org:8080/a/?b=2&a=1&b=3#x") == "http://www.example.org:8080/a/?b=2&a=1&b=3"


def test_a_url_to_fetch_has_no_trackers() -> None:
    assert fetch_url("https://example.org/a?utm_source=rss&id=1") == "https://example.org/a?id=1"


def test_a_url_with_a_user_name_is_not_fetched() -> None:
    with pytest.raises(BadUrl, match="user name"):
        fetch_url("https://public.example@127.0.0.1/")


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "0177.0.0.1", "①②⑦.⓪.⓪.①", "%31%32%37.0.0.1"])
def test_every_notation_of_an_address_is_one_host(host: str) -> None:
    assert host_of(f"http://{host}:8990/") == "127.0.0.1"


def test_a_host_has_no_port_no_capitals_no_brackets() -> None:
    assert host_of("https://News.Example.org.:8443/a") == "news.example.org"
    assert host_of("https://[2606:2800::1]:8443/a") == "2606:2800::1"


def test_a_redirect_is_resolved_against_the_page_that_gave_it() -> None:
    assert resolve_url("https://example.org/a/b?x=1", "../c?utm_source=y#z") == "https://example.org/c?utm_source=y"
    with pytest.raises(BadUrl):
        resolve_url("https://example.org/", "file:///etc/passwd")


def test_robots_txt_belongs_to_scheme_host_and_port() -> None:
    assert robots_url("http://example.org:8080/a/b?c") == "http://example.org:8080/robots.txt"


@pytest.mark.parametrize(
    "path",
    ["", "/", "/feed", "/feed/", "/rss", "/index.xml", "/news/rss.xml", "/atom.xml", "/feed.json", "/?feed=rss2",
     "/sitemap.xml", "/sitemap_index.xml.gz", "/news-sitemap.xml", "/subscriptions.opml", "/a?format=rss"],
)  # fmt: skip
def test_the_shape_of_a_source_is_recognised(path: str) -> None:
    assert looks_like_source(f"https://example.org{path}")


@pytest.mark.parametrize(
    "path",
    ["/2024/story", "/story.html", "/feed/2024/story-of-a-feed", "/?p=123", "/rss-is-not-dead", "/a.json", "/world/"],
)
def test_in_doubt_an_address_is_an_article(path: str) -> None:
    assert not looks_like_source(f"https://example.org{path}")


@pytest.mark.parametrize(
    "url",
    ["https://amp.example.org/a", "https://m.example.org/a", "https://example.org/amp/a", "https://example.org/a/amp/",
     "https://example.org/a?amp=1", "https://example.org/a?outputType=amp", "https://example.org/a/print"],
)  # fmt: skip
def test_amp_mobile_and_print_pages_name_the_article_they_may_be(url: str) -> None:
    assert main_version(url) == "https://example.org/a"


def test_an_ordinary_page_is_a_version_of_nothing() -> None:
    assert main_version("https://example.org/amplifiers/a?b=1") is None


def test_an_address_is_read_at_once() -> None:
    assert read_address("http://www.Example.org/a/?utm_source=rss#x") == Address(
        "http://www.example.org/a/", "https://example.org/a", "www.example.org"
    )


@given(st.from_regex(SPELLED, fullmatch=True))
@example("https://a.b/.")
@example("http://xn--a.org/")
@example("https://1.2.3.ab/a..b/...?a&&b=")
def test_what_passes_as_spelled_is_what_the_parser_would_write(url: str) -> None:
    if SPELLED.fullmatch(url):
        assert URL(url).href == url


@given(st.text(alphabet="abxn-._~0:/?=&%#@", max_size=30))
def test_no_other_spelling_passes_as_spelled(tail: str) -> None:
    url = f"https://{tail}"
    if SPELLED.fullmatch(url):
        assert URL(url).href == url
