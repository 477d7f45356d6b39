"""The home page of a site: which feeds and sitemaps it names, and where others keep theirs."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from resiliparse.parse.html import HTMLTree

from shared.charset import decode
from shared.urls import BadUrl, linked_url
from workers.stages.discovering.outcomes import Discovered, short_title

MAX_CHARACTERS: Final = 5_000_000
MAX_SOURCES: Final = 20
FEED_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "text/xml"}
)
FEED_ADDRESS: Final = re.compile(
    r"(?:/(?:feed|rss|atom)/?|[./](?:rss|atom|rdf)|/(?:feed|rss|atom)\.(?:xml|json))$", re.IGNORECASE
)
COMMENTS: Final = re.compile(r"comment", re.IGNORECASE)
NEWS: Final = re.compile(r"news", re.IGNORECASE)
USUAL_PLACES: Final = (
    "/feed", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json",
    "/news-sitemap.xml", "/sitemap_index.xml", "/sitemap.xml",
)  # fmt: skip


def read_home(body: bytes, url: str, content_type: str = "", sitemaps: Sequence[str] = ()) -> Discovered:
    """What the site at `url` publishes: feeds its page names, then `sitemaps` (of its robots.txt), news first.

    Where neither names any, `guesses` are the usual places.
    """
    found = Discovered("html")
    tree = HTMLTree.parse(decode(body, content_type)[:MAX_CHARACTERS])
    found.title = short_title(tree.title)
    feeds = _resolved(_feeds(tree), url)
    maps = _resolved(sitemaps, url)
    maps.sort(key=lambda address: not NEWS.search(address))
    found.sources = list(dict.fromkeys([*feeds, *maps]))[:MAX_SOURCES]
    if not found.sources:
        found.guesses = _resolved(USUAL_PLACES, url)
    return found


def _feeds(tree: HTMLTree) -> list[str]:
    """The references to feeds, those in the head first; feeds of comments are none."""
    if tree.document is None:
        return []
    named = [
        link.getattr("href") or ""
        for link in tree.document.query_selector_all("link[rel][href]")
        if "alternate" in (link.getattr("rel") or "").lower().split()
        and (link.getattr("type") or "").partition(";")[0].strip().lower() in FEED_TYPES
        and not COMMENTS.search(f"{link.getattr('title') or ''} {link.getattr('href') or ''}")
    ]
    hrefs = (link.getattr("href") or "" for link in tree.document.query_selector_all("a[href]"))
    linked = [href for href in hrefs if FEED_ADDRESS.search(href[:2048]) and not COMMENTS.search(href)]
    return [*named, *linked]


def _resolved(references: Iterable[str], url: str) -> list[str]:
    """Addresses that can be fetched, each once."""
    addresses: dict[str, None] = {}
    for reference in references:
        try:
            addresses[linked_url(url, reference.strip())] = None
        except BadUrl:
            continue
    return list(addresses)
