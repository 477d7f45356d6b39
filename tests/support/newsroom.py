"""A small newsroom on a real web server: feed, sitemap, articles, copies, and what is no article."""

from tests.support import stories
from tests.support.site import Site

WRITTEN = 8  # articles that the feed names
DONE = WRITTEN + 4  # with the copies in the sitemap of the second host, and the article behind the redirect
COPIES = 3
DROPPED = 2  # forbidden by robots.txt; a page without text


def publish(site: Site) -> list[str]:
    """Fill `site`; returns the sources that name everything."""
    site.forbid("User-agent: *\nDisallow: /private/")
    items = "".join(_item(site, number) for number in range(1, WRITTEN + 1))
    site.put(
        "/feed.xml",
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>The Paper</title>{items}</channel></rss>",
        Content_Type="application/rss+xml",
    )
    for number in range(1, COPIES + 1):
        site.put(f"/copies/{number}", _copy(number))
    copies = "".join(
        f"<url><loc>{site.url(f'/copies/{n}', host='localhost')}</loc></url>" for n in range(1, COPIES + 1)
    )
    site.put(
        "/sitemap.xml",
        f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{copies}</urlset>",
        Content_Type="application/xml",
    )
    site.put("/moved/here", stories.page(50))
    return [
        site.url("/feed.xml"),
        site.url("/sitemap.xml", host="localhost"),
        site.redirect("/moved/away", "/moved/here"),
        site.put("/private/secret", stories.page(51)),
        site.put("/empty/page", "<html><body><nav><a href='/'>Home</a></nav></body></html>"),
        site.url("/not/there"),
    ]


def _item(site: Site, number: int) -> str:
    address = site.put(f"/news/{number}", stories.page(number))
    return f"<item><title>{stories.title(number)}</title><link>{address}</link><guid>{address}</guid></item>"


def _copy(number: int) -> str:
    """What the other paper prints: without the last paragraph."""
    return stories.page(number).replace(f"<p>{stories.paragraphs(number)[-1]}</p>", "")
