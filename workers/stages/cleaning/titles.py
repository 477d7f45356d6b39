"""The headline: which of the places that name it to believe.

og:title is what editors write for readers; JSON-LD and h1 often hold the variant for search engines. It comes with
the name of the site behind it on one page in six, which is told by the other places and taken off.
"""

import re
from collections.abc import Iterator
from typing import Final

from lxml.html import HtmlElement

from workers.stages.cleaning.blocks import key
from workers.stages.cleaning.structured import Node, plain, strings

SEPARATOR: Final = re.compile(r"\s+[|\-–—·•»:/]+\s+|\s*[|｜：]\s*|--")
MAX_LENGTH: Final = 400


def candidates(articles: list[Node], meta: dict[str, list[str]], tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """Headlines, best first, with where each was found."""
    stated = [text for node in articles for text in strings(node.get("headline")) or strings(node.get("name"))]
    shown = [plain(heading.text_content()[:500]) for _, heading in zip(range(5), tree.iter("h1"), strict=False)]
    known = {key(text) for text in (*stated, *shown)} - {""}
    sites = {key(text) for name in ("og:site:name", "application:name") for text in meta.get(name, ())} - {""}
    for name in ("og:title", "twitter:title"):
        for text in meta.get(name, ()):
            yield f"meta:{name}", _without_site(text, known, sites)[:MAX_LENGTH]
    for text in stated:
        yield "json-ld:headline", _without_site(text, known, sites)[:MAX_LENGTH]
    for text in shown:
        yield "markup:h1", text[:MAX_LENGTH]
    for title in tree.xpath("//head/title"):
        yield "markup:title", _without_site(plain((title.text or "")[:1000]), known, sites)[:MAX_LENGTH]


def _without_site(title: str, known: set[str], sites: set[str]) -> str:
    """Cut behind a separator where what remains is a headline elsewhere, or what goes is the site's name."""
    cuts = [(match.start(), match.end()) for match in SEPARATOR.finditer(title)]
    for start, _ in reversed(cuts):
        if key(title[:start]) in known and key(title) not in known:
            return title[:start]
    if cuts and key(title[cuts[-1][1] :]) in sites:
        return title[: cuts[-1][0]]
    # as a last resort a short tail behind a bar, which no headline has
    bar = re.search(r"\s\|\s[^|]{2,30}$", title)
    return title[: bar.start()] if bar and bar.start() > 20 and key(title) not in known else title
