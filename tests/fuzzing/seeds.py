"""What is mutated: the sample newsroom's own pages, feeds and robots files, and documents in forms it does not have."""

import gzip
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from scripts.newsroom.edition import Edition
from scripts.newsroom.sites import SITES
from tests.support import stories

PAGES: Final = Path(__file__).parents[1] / "pages" / "cleaning"
NEWSROOM: Final = Edition(
    {site.key: f"https://{site.key}.example" for site in SITES}, datetime(2026, 3, 1, 12, tzinfo=UTC)
)

JSON_LD: Final = (
    {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "A harbour reopens", "datePublished": "2026-02-03T04:05:06+01:00", "dateModified": "2026-02-04",
     "author": [{"@type": "Person", "name": "Anna Bergmann", "url": "https://a.example/anna"}, "Tomas Novak"], "publisher": {"name": "The Paper"},
     "image": {"url": "https://a.example/i.jpg"}, "articleSection": ["Local"], "isAccessibleForFree": "False", "mainEntityOfPage": {"@id": "https://a.example/1"}},
    {"@graph": [{"@type": ["Article", "x"], "name": "One", "creator": {"givenName": "A", "familyName": "B"}}, {"@type": "WebSite", "name": "Site"}]},
    [{"@type": "LiveBlogPosting", "liveBlogUpdate": [{"@type": "BlogPosting", "headline": "An update"}]}],
)  # fmt: skip
OPML: Final = b"""<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head><title>Mine</title></head><body><outline text="N">
<outline type="rss" text="A" xmlUrl="https://a.example/feed?x=1&amp;y=2" htmlUrl="https://a.example/"/><outline xmlurl="/b.xml"/></outline></body></opml>"""
ROBOTS: Final = (
    b"User-agent: *\nDisallow: /private/*.html$\nAllow: /private/a\nCrawl-delay: 2.5\nRequest-rate: 1/5\n\nUser-agent: copydesk\n"
    b"Visit-time: 0600-0845\nDisallow: /caf%C3%A9\nSitemap: https://a.example/sitemap.xml\n# end\nHost: a.example\n",
    b"\xef\xbb\xbfuser-agent:copydesk\r\ndisallow:\r\nuser-agent:bad\r\ndisallow:/\r\nSitemap: /relative.xml\r\n" + b"Disallow: /*a*b*c*d*e*f$\n" * 5,
)  # fmt: skip
URLS: Final = (
    b"https://example.org/2026/03/a-story?utm_source=x&id=7#top", b"http://www.Example.ORG:80//a/./b/../c/;jsessionid=9?b=2&a=1&a=", b"https://m.example.org/amp/story.amp?amp=1",
    "https://müller.example/straße?q=ä".encode(), b"http://[2001:db8::1]:8080/a?x=%7E%zz", b"//cdn.example.org/x", b"http://0x7f000001/", b"https://example.org/feed.xml.gz",
)  # fmt: skip
HEADERS: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nETag: \"abc\"\r\nLast-Modified: Tue, 03 Feb 2026 04:05:06 GMT\r\nCache-Control: max-age=60, private\r\nRetry-After: 120\r\nLink: </feed>; rel=alternate\r\n",
    b"HTTP/1.1 301 Moved\r\nLocation: /elsewhere?a=b\r\n", b"HTTP/1.1 503 Down\r\nRetry-After: Tue, 03 Feb 2026 04:05:06 GMT\r\n", b"HTTP/1.0 404 Gone\r\nContent-Type: text/plain\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/rss+xml; charset=\"windows-1252\"\r\n",
)  # fmt: skip


def pages() -> list[bytes]:
    """Pages of articles, and of what is none."""
    saved = [path.read_bytes() for path in sorted(PAGES.glob("*.html"))]
    return [*saved, *_of_newsroom("text/html"), *(stories.page(number).encode() for number in range(3))]


def feeds() -> list[bytes]:
    """RSS, Atom and JSON Feed."""
    return [*_of_newsroom("application/rss", "application/atom", "application/feed"), *_of_newsroom("text/xml")]


def sitemaps() -> list[bytes]:
    """Sitemaps, with news and pictures, indexes, lists of addresses, packed ones."""
    rows = "".join(
        f"<url><loc>https://a.example/{n}?a=1&b=2</loc><lastmod>2026-02-0{n}T01:02:03+02:00</lastmod><news:news><news:publication_date>2026-02-0{n}"
        f"</news:publication_date><news:title>Title {n} &amp; more</news:title></news:news><image:image><image:loc>https://a.example/{n}.jpg</image:loc></image:image></url>"
        for n in range(1, 9)
    )  # fmt: skip
    news = f"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='n' xmlns:image='i'>{rows}</urlset>".encode()
    index = b"<sitemapindex><sitemap><loc>https://a.example/s1.xml.gz</loc></sitemap><sitemap><loc>https://b.example/s2.xml</loc></sitemap></sitemapindex>"
    return [
        news,
        index,
        b"https://a.example/1\nhttps://a.example/2\n# no\n",
        gzip.compress(news),
        news.decode().encode("utf-16"),
    ]


def lists() -> list[bytes]:
    """Text files of addresses."""
    return [b"\n".join(URLS), b"\xef\xbb\xbf# mine\r\nhttps://example.org/a\r\n\r\nexample.org/b\r\n" * 4]


def jsonl() -> list[bytes]:
    """Articles as JSON lines, with pages, texts and neither."""
    rows = [
        {"url": "https://a.example/1", "html": stories.page(1)[:1500], "title": "One", "published": "2026-02-03T04:05:06Z", "label": "x"},
        {"url": "https://a.example/2", "text": "\n".join(stories.paragraphs(2)), "published": "2026-02-03"},
        {"url": "https://a.example/3"}, {"url": 7}, ["no object"],
    ]  # fmt: skip
    return [b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows), json.dumps(rows[0]).encode()]


def warcs() -> list[bytes]:
    """Archives, plain and packed."""
    records = [_record(number) for number in range(3)]
    return [
        b"".join(records),
        b"".join(gzip.compress(one, mtime=0) for one in records),
        gzip.compress(b"".join(records)),
    ]


def zips() -> list[bytes]:
    """A zip of saved pages."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one.html", pages()[0])
        archive.writestr("../../two.htm", b"<html><body><p>Two</p></body></html>")
        archive.writestr("three.html.gz", gzip.compress(b"<html><body><p>Three</p></body></html>"))
    return [made.getvalue()]


def json_ld() -> list[bytes]:
    """Structured data, as it stands in a page."""
    return [json.dumps(one, ensure_ascii=number % 2 == 0).encode() for number, one in enumerate(JSON_LD)]


def texts() -> list[bytes]:
    """Article texts with names in them, also in other scripts."""
    own = ["\n".join(stories.paragraphs(number)[:2]) for number in range(4)]
    told = ["\n".join(story.paragraphs[:4]) for story in list(NEWSROOM.stories.values())[:12]]
    return [
        text.encode() for text in (*own, *told, "Президент Володимир Зеленський\n東京の鈴木一郎氏は\nمحمد بن سلمان")
    ]


def packed(pack: object) -> list[bytes]:
    """Pages as something has packed them."""
    return [pack(page) for page in pages()[:4]]  # type: ignore[operator]


def _record(number: int) -> bytes:
    http = b"HTTP/1.1 200 X\r\nContent-Type: text/html\r\n\r\n" + pages()[number][:3000]
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/{number}\r\nWARC-Date: 2026-02-03T04:05:06Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


@cache
def _of_newsroom(*types: str) -> Sequence[bytes]:
    found = {page.body: None for page in NEWSROOM.pages.values() if page.body and page.type.startswith(types)}
    return [*found][:40]
