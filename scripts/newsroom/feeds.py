"""The feeds of the sites: RSS, Atom, JSON Feed and a gzipped news sitemap."""

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from scripts.newsroom.pages import Page
from scripts.newsroom.sites import Site

TRACKERS = "utm_source=rss&utm_medium=feed&utm_campaign=latest"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a feed announces."""

    url: str
    title: str
    by: str
    published: datetime
    summary: str


def feed_page(site: Site, origin: str, entries: Sequence[Entry]) -> Page:
    """The feed of `site`, in the format that the site publishes, newest entry first."""
    newest = sorted(entries, key=lambda entry: entry.published, reverse=True)
    body, kind = {"rss": _rss, "atom": _atom, "json": _json, "news_sitemap": _news_sitemap}[site.feed](
        site, origin, newest
    )
    return Page(body, kind, newest[0].published)


def _rss(site: Site, origin: str, entries: Iterable[Entry]) -> tuple[bytes, str]:
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{escape(_link(site, entry))}</link>"
        f'<guid isPermaLink="false">{escape(entry.url)}</guid><dc:creator>{escape(entry.by)}</dc:creator>'
        f"<pubDate>{format_datetime(entry.published)}</pubDate>"
        f"<description>{escape(entry.summary)}</description></item>\n"
        for entry in entries
    )
    return _xml(
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(site.name)}</title><link>{origin}/</link><description>{escape(site.tagline)}</description>"
        f"<language>{site.language}</language>\n{items}</channel></rss>"
    ), "application/rss+xml; charset=utf-8"


def _atom(site: Site, origin: str, entries: Sequence[Entry]) -> tuple[bytes, str]:
    items = "".join(
        f"<entry><title>{escape(entry.title)}</title><link rel='alternate' href={quoteattr(_link(site, entry))}/>"
        f"<id>{escape(entry.url)}</id><author><name>{escape(entry.by)}</name></author>"
        f"<updated>{entry.published.isoformat()}</updated><summary>{escape(entry.summary)}</summary></entry>\n"
        for entry in entries
    )
    return _xml(
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{site.language}"><title>{escape(site.name)}</title>'
        f"<subtitle>{escape(site.tagline)}</subtitle><id>{origin}/</id><link href='{origin}/'/>"
        f"<link rel='self' href='{origin}{site.feed_path}'/>"
        f"<updated>{entries[0].published.isoformat()}</updated>\n{items}</feed>"
    ), "application/atom+xml; charset=utf-8"


def _json(site: Site, origin: str, entries: Iterable[Entry]) -> tuple[bytes, str]:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.name,
        "description": site.tagline,
        "home_page_url": f"{origin}/",
        "feed_url": origin + site.feed_path,
        "language": site.language,
        "items": [
            {
                "id": entry.url,
                "url": _link(site, entry),
                "title": entry.title,
                "summary": entry.summary,
                "date_published": entry.published.isoformat(),
                "authors": [{"name": entry.by}],
            }
            for entry in entries
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode(), "application/feed+json"


def _news_sitemap(site: Site, _origin: str, entries: Iterable[Entry]) -> tuple[bytes, str]:
    items = "".join(
        f"<url><loc>{escape(_link(site, entry))}</loc><lastmod>{entry.published.isoformat()}</lastmod>"
        f"<news:news><news:publication><news:name>{escape(site.name)}</news:name>"
        f"<news:language>{site.language}</news:language></news:publication>"
        f"<news:publication_date>{entry.published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(entry.title)}</news:title></news:news></url>\n"
        for entry in entries
    )
    sitemap = _xml(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n{items}</urlset>'
    )
    return gzip.compress(sitemap, mtime=0), "application/gzip"


def _link(site: Site, entry: Entry) -> str:
    if not site.tracked:
        return entry.url
    return f"{entry.url}{'&' if '?' in entry.url else '?'}{TRACKERS}"


def _xml(document: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{document}\n'.encode()
