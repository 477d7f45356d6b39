"""The headline: which of the places that name it to believe."""

import re
from collections.abc import Iterator
from typing import Final

from lxml.html import HtmlElement

from workers.stages.cleaning.structured import Node, plain, strings

SEPARATOR: Final = re.compile(r"\s+[|\-–—·•»:]+\s+")


def candidates(articles: list[Node], meta: dict[str, list[str]], tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """Headlines, best first, with where each was found."""
    for node in articles:
        for text in strings(node.get("headline")) or strings(node.get("name")):
            yield "json-ld:headline", text
    for name in ("og:title", "twitter:title", "dc.title", "title"):
        for text in meta.get(name, ()):
            yield f"meta:{name}", text
    for heading in tree.iter("h1"):
        yield "markup:h1", plain(heading.text_content()[:500])
    for title in tree.iterfind(".//head/title"):
        yield "markup:title", SEPARATOR.split(plain(title.text or ""))[0]
