"""Sitemaps, home pages, OPML: what a site says of itself."""

import gzip
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.stages.discovering import Discovered, Item, discover, recognise, same_site

HOME = "https://example.org/sitemap.xml"
NAMESPACES = (
    b'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    b' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)
ROW = (
    b"<url><loc>https://example.org/story?a=1&amp;b=2</loc><lastmod>2024-03-02</lastmod>"
    b"<image:image><image:loc>https://example.org/a.jpg</image:loc><image:title>No</image:title></image:image>"
    b"<news:news><news:publication><news:name>Gazette</news:name></news:publication>"
    b"<news:publication_date>2024-03-01T12:30:00+00:00</news:publication_date><news:title>Mill</news:title></news:news></url>"
)
SITEMAP = b'<?xml version="1.0"?><urlset ' + NAMESPACES + b">" + ROW + b"</urlset>"
STORY = Item(
    "https://example.org/story?a=1&b=2",
    "Mill",
    datetime(2024, 3, 1, 12, 30, tzinfo=UTC),
    datetime(2024, 3, 2, tzinfo=UTC),
)


def read(body: bytes, url: str = HOME) -> tuple[Discovered, list[Item]]:
    found = discover(body, url)
    return found, list(found.items)


def index(*addresses: str) -> bytes:
    rows = "".join(f"<sitemap><loc>{address}</loc></sitemap>" for address in addresses)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'.encode()


@pytest.mark.parametrize(
    "body",
    [
        SITEMAP,
        gzip.compress(SITEMAP),
        SITEMAP.replace(b"&amp;", b"&"),
        SITEMAP.replace(b"&amp;", b"&amp;amp;"),
        SITEMAP.replace(b"https://example.org/story?a=1&amp;b=2", b" <![CDATA[https://example.org/story?a=1&b=2]]>\n"),
        SITEMAP.replace(NAMESPACES, b""),
        SITEMAP.replace(b"</urlset>", b""),
        b"\xef\xbb\xbf\n" + SITEMAP[21:],
        SITEMAP[21:].decode().encode("utf-16"),
    ],
)  # fmt: skip
def test_a_sitemap_is_read_however_it_is_written(body: bytes) -> None:
    assert read(body)[1] == [STORY]


def test_an_ampersand_on_the_border_of_two_pieces_is_kept() -> None:
    for padding in range(60):
        body = SITEMAP.replace(b"<url>", b"<!--" + b"x" * (65_536 - 250 - padding) + b"--><url>").replace(
            b"&amp;", b"&"
        )
        assert read(body)[1] == [STORY]


def test_an_index_names_its_children_once() -> None:
    found, items = read(index("https://example.org/a.xml", "/b.xml.gz", "https://example.org/a.xml"))
    assert (found.kind, items) == ("sitemap_index", [])
    assert found.sources == ["https://example.org/a.xml", "https://example.org/b.xml.gz"]


def test_an_index_does_not_lead_to_other_sites() -> None:
    found, _ = read(index("https://news.example.org/a.xml", "https://example.net/b.xml", "http://127.0.0.1/c.xml"))
    assert found.sources == ["https://news.example.org/a.xml"]
    assert len(found.problems) == 2


def test_a_saved_index_may_lead_anywhere() -> None:
    found, _ = read(index("https://example.net/b.xml", "/no-base.xml"), "file:///")
    assert found.sources == ["https://example.net/b.xml"]
    assert len(found.problems) == 1


def test_an_index_has_an_end() -> None:
    found, _ = read(index(*(f"https://example.org/{number}.xml" for number in range(600))))
    assert len(found.sources) == 500
    assert len(found.problems) == 100


def test_addresses_that_cannot_be_fetched_are_named() -> None:
    found, items = read(SITEMAP.replace(b"https://example.org/story", b"ftp://example.org/story"))
    assert not items
    assert found.problems[0].startswith("entry 1: ftp://example.org/story")


def test_a_sitemap_of_which_nothing_can_be_used_is_none() -> None:
    found, items = read(SITEMAP.replace(b"https://example.org/story", b"ftp://example.org/story"))
    assert (found.kind, items) == ("xml", [])


def test_a_sitemap_that_breaks_off_is_read_so_far_and_said() -> None:
    packed = gzip.compress(SITEMAP * 200, mtime=0)
    half = len(packed) // 2
    found, items = read(packed[:half] + b"\xff" * 50 + packed[half:])
    assert items
    assert found.problems


def test_fifty_thousand_addresses_take_a_second_or_two() -> None:
    rows = b"".join(
        b"<url><loc>https://example.org/%d</loc><lastmod>2024-03-02</lastmod></url>" % n for n in range(50_001)
    )
    began = time.process_time()
    found, items = read(b"<urlset>" + rows + b"</urlset>")
    assert len(items) == 50_000
    assert found.problems == ["more than 50000 addresses: the others are left out"]
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset>" + b"<url>" * 500_000,
        b"<urlset><url>" + b"<loc>a" * 300_000,
        b"<urlset><url><loc>" + b"a" * 3_000_000,
        b"<urlset>" + b"&" * 500_000,
        gzip.compress(b"<urlset>" + bytes(60_000_000)),
        gzip.compress(b"<urlset>" + b"<url/>" * 300_000),
    ],
)
def test_hostile_sitemaps_end_soon(body: bytes) -> None:
    began = time.process_time()
    assert read(body)[1] == []
    assert time.process_time() - began < 10


def test_entities_in_a_sitemap_open_no_file() -> None:
    body = b'<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "lol">]>' + SITEMAP[21:]
    found, items = read(body.replace(b"Mill", b"&x;&y;"))
    assert len(items) == 1
    assert "root:" not in f"{found}{items}"


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.binary(max_size=300),
    st.sampled_from([SITEMAP, index("https://example.org/a.xml"), HOME.encode()]),
    st.integers(0, 700),
)
def test_no_rubbish_in_a_source_raises(rubbish: bytes, body: bytes, at: int) -> None:
    read(body[:at] + rubbish + body[at + len(rubbish) :])
    read(rubbish)
    read(gzip.compress(body)[: at // 2] + rubbish)


PAGE = b"""<!DOCTYPE html><html><head><title>The Gazette</title>
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
<link rel="alternate" type="application/rss+xml" title="News" href="/feed.xml">
<link rel="alternate" hreflang="fr" href="/fr/"><link rel=stylesheet href="/a.css"></head>
<body><a href="/world.rss">RSS</a><a href="/story">Story</a></body></html>"""


def test_a_home_page_names_its_feeds_then_the_sitemaps_of_robots_txt() -> None:
    maps = ["https://example.org/sitemap.xml", "/news-sitemap.xml", "javascript:no"]
    found = discover(PAGE, "https://example.org/", "text/html", maps)
    assert (found.kind, found.title, found.guesses) == ("html", "The Gazette", [])
    assert found.sources == [
        "https://example.org/feed.xml",
        "https://example.org/world.rss",
        "https://example.org/news-sitemap.xml",
        "https://example.org/sitemap.xml",
    ]


def test_a_home_page_that_names_nothing_gets_the_usual_places() -> None:
    found = discover(b"<html><body>Welcome</body></html>", "https://example.org/a")
    assert found.sources == []
    assert "https://example.org/feed" in found.guesses


def test_opml_lists_feeds() -> None:
    body = b"""<opml version="2.0"><head><title>Mine</title></head><body><outline text="News">
    <outline type="rss" text="A" xmlUrl="https://example.org/a?x=1&amp;y=2"/><outline xmlurl="https://example.org/b"/>
    <outline xmlUrl="https://example.org/b"/><outline xmlUrl="ftp://example.org/c"/></outline></body></opml>"""
    found = discover(body, "https://example.org/list.opml")
    assert (found.kind, found.title) == ("opml", "Mine")
    assert found.sources == ["https://example.org/a?x=1&y=2", "https://example.org/b"]
    assert len(found.problems) == 1


@pytest.mark.parametrize("before", ["", "<!-- <a> -->", "<?xml version='1.0'?>\n<!-- <b> -->\n"])
def test_no_entity_of_a_document_is_ever_resolved(before: str) -> None:
    entities = '<!DOCTYPE opml [<!ENTITY own "grown"><!ENTITY file SYSTEM "file:///etc/hostname">]>'
    body = f"""{before}{entities}<opml version="2.0"><head><title>Mine &own;&file;</title></head><body>
    <outline xmlUrl="https://example.org/a"/><outline xmlUrl="https://example.org/&own;"/></body></opml>"""
    found = discover(body.encode(), "https://example.org/list.opml")
    assert (found.kind, found.title) == ("opml", "Mine")
    assert found.sources == ["https://example.org/a", "https://example.org/"]


def test_a_sitemap_may_be_a_list_of_addresses() -> None:
    found, items = read(b"https://example.org/a\n\nno address\nhttps://example.org/b\n")
    assert [item.url for item in items] == ["https://example.org/a", "https://example.org/b"]
    assert found.problems == ["line 3: no address: not a URL: http:// or https:// is missing"]


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (SITEMAP, "text/html", "sitemap"),
        (gzip.compress(SITEMAP), "application/gzip", "sitemap"),
        (index("x"), "", "sitemap_index"),
        (b"<!-- hello --><?xml-stylesheet x?>\n<rss/>", "text/plain", "feed"),
        (b"<?xml version='1.0'?><atom:feed xmlns:atom='http://www.w3.org/2005/Atom'/>", "", "feed"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html/>", "application/xml", "html"),
        (b"<p>Fragment</p>", "", "html"),
        (b"<rss><channel><item><description><![CDATA[<!DOCTYPE html><p>Mill]]>", "", "feed"),
        (b"<!-- saved --><!DOCTYPE html>Good morning", "text/plain", "html"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "application/json", "json_feed"),
        (b'{"a": 1}', "application/json", "json"),
        (b"<svg></svg>", "", "xml"),
        (b"%PDF-1.4", "text/html", "binary"),
        (gzip.compress(b"\x89PNG" * 100), "", "binary"),
        (b"Good morning", "text/html", "html"),
        (b"Good morning", "text/plain", "text"),
        (b"\xff\xfe" + "<html>".encode("utf-16-le"), "", "html"),
        ("<html><p>hello".encode("utf-16-be"), "", "html"),
        (b"", "text/html", "empty"),
    ],
)
def test_the_bytes_say_what_a_source_is(body: bytes, content_type: str, kind: str) -> None:
    assert recognise(body, content_type) == kind


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("www.example.org", "example.org", True),
        ("news.example.org", "www.example.org", True),
        ("cdn.example.org", "news.example.org", True),
        ("example.org", "example.net", False),
        ("a.co.uk", "b.co.uk", False),
        ("127.1.0.1", "127.1.0.2", False),
        ("10.127.0.1", "11.127.0.1", False),
        ("localhost", "evil.localhost", False),
    ],
)
def test_what_counts_as_one_site(one: str, other: str, same: bool) -> None:
    assert same_site(f"https://{one}/", f"https://{other}/") is same
