"""Feeds: every dialect gives the same items, and none stops the reader."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.stages.discovering import Discovered, Item, discover

HOME = "https://example.org/feed"
MOMENT = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
STORY = Item("https://example.org/story?id=1", "Mill & mine reopen", MOMENT, None)

RSS2 = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>The Gazette</title><link>https://example.org/</link>
<ttl>30</ttl><item><title>Mill &amp; mine reopen</title><link>/story?id=1&amp;utm_source=rss</link>
<pubDate>Fri, 01 Mar 2024 13:30:00 +0100</pubDate>
<description>&lt;p&gt;Half the town</description></item></channel></rss>"""
RSS1 = b"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://example.org/"><title>The Gazette</title></channel>
<item rdf:about="https://example.org/story"><title>Mill &amp; mine reopen</title>
<link>https://example.org/story?id=1</link><dc:date>2024-03-01T12:30:00Z</dc:date></item></rdf:RDF>"""
RSS091 = b"""<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>The Gazette</title><item><title>Mill &amp; mine reopen</title>
<link>https://example.org/story?id=1</link><pubDate>2024-03-01T12:30:00Z</pubDate></item></channel></rss>"""
ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>The Gazette</title>
<entry><id>tag:example.org,2024:1</id><title type="html">Mill &amp;amp; mine reopen</title>
<link rel="self" href="https://example.org/feed/1"/><link href="https://example.org/story?id=1"/>
<published>2024-03-01T12:30:00Z</published><content type="xhtml"><a href="x">Half</a></content></entry></feed>"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Gazette",
        "items": [
            {"id": "1", "url": "/story?id=1", "title": "Mill & mine reopen", "date_published": "2024-03-01T12:30:00Z"},
            {"id": "2"},
            "not an item",
        ],
    }
).encode()


def read(body: bytes, content_type: str = "") -> tuple[Discovered, list[Item]]:
    found = discover(body, HOME, content_type)
    return found, list(found.items)


@pytest.mark.parametrize("body", [RSS2, RSS1, RSS091, ATOM, JSON])
def test_every_dialect_says_the_same(body: bytes) -> None:
    found, items = read(body)
    assert (found.title, replace(items[0], updated_at=None)) == ("The Gazette", STORY)


def test_a_feed_says_how_long_to_wait() -> None:
    assert read(RSS2)[0].ttl_s == 1800
    assert read(RSS2.replace(b"<ttl>30", b"<ttl>99999999"))[0].ttl_s == 86_400
    assert read(RSS2.replace(b"<ttl>30", b"<ttl>soon"))[0].ttl_s is None


def test_an_update_is_told_from_a_first_publication() -> None:
    atom = ATOM.replace(b"</published>", b"</published><updated>2024-03-02T00:00:00Z</updated>")
    (item,) = read(atom)[1]
    assert (item.published_at, item.updated_at) == (MOMENT, datetime(2024, 3, 2, tzinfo=UTC))


def test_items_without_an_address_are_named() -> None:
    found, items = read(JSON)
    assert len(items) == 1
    assert found.problems == ["item 2: no url", "item 3: no url"]
    found, items = read(RSS2.replace(b"/story?id=1", b"ftp://example.org/story"))
    assert not items
    assert found.problems[0].startswith("item 1: ftp://example.org/story")


def test_a_guid_that_is_an_address_serves_as_link() -> None:
    body = b"<rss version='2.0'><channel><item><guid>https://example.org/a</guid></item></channel></rss>"
    assert read(body)[1][0].url == "https://example.org/a"


def test_a_feed_in_latin_1_keeps_its_letters() -> None:
    body = "<?xml version='1.0' encoding='iso-8859-1'?>" + RSS2.decode().partition("?>")[2].replace("mine", "Müller")
    assert read(body.encode("latin-1"))[1][0].title == "Mill & Müller reopen"


@pytest.mark.parametrize(
    "broken",
    [RSS2.replace(b"Mill &amp;", b"Mill &"), RSS2.replace(b"</channel></rss>", b""), b"\n \n" + RSS2,
     RSS2.replace(b"reopen", b"reopen&nbsp;"), b"\xef\xbb\xbf" + RSS2, RSS2.replace(b"<title>", b"<title>\x0c", 1)],
)  # fmt: skip
def test_malformed_feeds_are_read_all_the_same(broken: bytes) -> None:
    assert [item.url for item in read(broken, "text/xml")[1]] == [STORY.url]


def test_a_body_that_is_a_path_is_not_opened() -> None:
    found, items = read(b"/etc/passwd", "application/rss+xml")
    assert not items
    assert "root" not in str(found)


def test_entities_expand_to_nothing() -> None:
    declarations = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    body = (
        f'<!DOCTYPE rss [<!ENTITY e0 "lol"><!ENTITY x SYSTEM "file:///etc/passwd">{declarations}]>{RSS2.decode()[21:]}'
    )
    found, items = read(body.replace("Mill", "&e11;&x;").encode())
    assert len(items) == 1
    assert "root:" not in str(found)
    assert len(items[0].title or "") < 500


ITEM = b"<item><title>t</title><link>https://example.org/%d</link><pubDate>Fri, 01 Mar 2024 13:30:00 GMT</pubDate>"
HEAD = b"<rss version='2.0'><channel>"


def test_two_hundred_full_texts_take_no_time() -> None:
    text = b"<description>" + b"&lt;p&gt;Half the town came.&lt;/p&gt;\n" * 250 + b"</description></item>"
    body = HEAD + b"".join(ITEM % number + text for number in range(200)) + b"</channel></rss>"
    began = time.process_time()
    assert len(read(body)[1]) == 200
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "body",
    [
        HEAD + b"<a>" * 200_000,
        HEAD + b"<" * 600_000,
        HEAD + b"<a " + b"b " * 300_000,
        HEAD + b"<a " + b"b='c' " * 100_000,
        HEAD + b"<description>" * 50_000,
        HEAD + b"<item><author>a@a.com" + b"a." * 300_000,
        b" " * 600_000 + b"<rss",
        b"<?" * 300_000,
        b"<!DOCTYPE " * 60_000,
        HEAD + b"<item/>" * 20_000,
        b"{" * 600_000,
        b"[" * 600_000,
    ],
)
def test_hostile_feeds_end_soon(body: bytes) -> None:
    began = time.process_time()
    _, items = read(body, "application/feed+json" if body[:1] in b"[{" else "application/rss+xml")
    assert not items
    assert time.process_time() - began < 5


def test_a_feed_beyond_its_limit_is_refused_at_once() -> None:
    began = time.process_time()
    found, items = read(HEAD + ITEM % 1 * 300_000)
    assert (items, found.kind, found.problems) == ([], "xml", ["larger than 5000000 bytes"])
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("body", [b"<rss>" + b"<" * 300_000, b'{"version": "https://jsonfeed.org/version/1", "x": 1}'])
def test_a_feed_that_cannot_be_read_is_none(body: bytes) -> None:
    found, items = read(body)
    assert (items, len(found.problems)) == ([], 1)
    assert found.kind in {"xml", "json"}


def test_more_items_than_a_feed_has_are_left_out_and_said() -> None:
    found, items = read(HEAD + b"<item><link>https://example.org/a</link></item>" * 10_500 + b"</channel></rss>")
    assert len(items) == 10_000
    assert found.problems == ["more than 10000 items: the others are left out"]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=300), st.sampled_from([RSS2, ATOM, RSS1, JSON]), st.integers(0, 900))
def test_no_rubbish_in_a_feed_raises(rubbish: bytes, body: bytes, at: int) -> None:
    read(body[:at] + rubbish + body[at + len(rubbish) :])
    read(rubbish, "application/rss+xml")
    read(b"<rss>" + rubbish)


@pytest.mark.parametrize("reference", ["&#xDFFF;", "&#57343;", "&#x110000;", "&#0;", f"&#{'9' * 5000};", "&#xD800"])
def test_a_reference_to_no_character_costs_nothing_but_itself(reference: str) -> None:
    for quote in ("'", ""):  # well-formed, and not
        body = f"<rss version={quote}2.0{quote}><channel><title>A {reference}</title><item><title>One</title>" + (
            f"<link>https://example.org/1</link><description>{reference}</description></item></channel></rss>"
        )
        found = discover(body.encode(), "https://example.org/feed")
        assert [item.url for item in found.items] == ["https://example.org/1"]
