"""What a site has besides stories: front pages, sections, tags, and what only looks like an article."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from scripts.newsroom.sites import Site, section_path
from scripts.newsroom.stories import Story


@dataclass(frozen=True, slots=True)
class Extra:
    """A page that is no story. `template` lies in templates/extras; `announced`: the site's feed names it too."""

    site: str
    path: str
    template: str
    title: str
    expected: str
    announced: bool = False


EXTRAS: Final = (
    Extra("meridian", "/about", "about_agency.html", "About the agency", "not_article"),
    Extra("meridian", "/clients/photo-desk", "login.html", "Client area", "wall"),
    Extra("meridian", "/embargoed/budget-tables", "embargoed.html", "Budget tables", "robots_denied", announced=True),
    Extra("courier", "/search/?q=harbour", "search.html", "Search results for harbour", "not_article"),
    Extra("courier", "/news/photographs-from-the-river-festival/", "gallery.html",
          "In pictures: the river festival", "not_article", announced=True),
    Extra("courant", "/articles/9007-the-interactive-atlas-of-rents", "script_shell.html",
          "The interactive atlas of rents", "js_only", announced=True),
    Extra("courant", "/support", "support.html", "Support us", "not_article"),
    Extra("herald", "/local/harbour-cam.html", "missing.html", "Page not found", "soft_404", announced=True),
    Extra("elbkurier", "/wetter/", "weather_de.html", "Wetter", "not_article"),
)  # fmt: skip

# Addresses that lead elsewhere: on the same site, and to another one.
REDIRECTS: Final[Mapping[tuple[str, str], str]] = {
    ("courier", "/n/4471"): "courier/kelvin-bridge-reopens",
    ("courier", "/partners/meridian/rotterdam"): "meridian/rotterdam-port-strike-ends",
}
# Lists of stories that are submitted as if they were stories; the others are only linked.
SUBMITTED: Final = frozenset(
    {
        ("meridian", "/world/"),
        ("meridian", "/tag/shipping"),
        ("courier", "/local/"),
        ("ledger", "/business/"),
        ("courant", "/tag/climate"),
        ("herald", "/culture/"),
        ("rhone", "/lyon/"),
    }
)
GONE: Final = (("meridian", "/wire/oslo-talks-advisory"),)  # announced, then taken away
FORBIDDEN: Final = {"meridian": "/embargoed/", "courier": "/search/beta/"}
CRAWL_DELAY_S: Final = 0.25


def robots_txt(site: Site, origin: str) -> bytes:
    """Who may read what; on loopback nobody minds being asked four times a second."""
    lines = ["User-agent: *", f"Crawl-delay: {CRAWL_DELAY_S}"]
    lines.append(f"Disallow: {FORBIDDEN.get(site.key, '/intern/')}")
    if site.feed == "news_sitemap":
        lines.append(f"\nSitemap: {origin}{site.feed_path}")
    return ("\n".join(lines) + "\n").encode()


def listings(site: Site, stories: Iterable[Story]) -> dict[str, tuple[str, list[Story]]]:
    """Path to title and stories of the front page, of each section and of each tag in use, newest first."""
    newest = sorted(stories, key=lambda story: story.published, reverse=True)
    pages = {"/": (site.name, newest)}
    for section in site.sections:
        pages[section_path(section)] = (section, [story for story in newest if story.section == section])
    used = Counter(tag for story in newest for tag in story.tags)
    for tag in (tag for tag, stories in used.items() if stories > 1):
        path = f"/tag/{quote(tag.lower())}"
        pages[path] = (tag, [story for story in newest if tag in story.tags])
    return pages
