"""Everything that is known of a page before anything is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import trafilatura
from lxml.html import HtmlElement
from trafilatura.meta import reset_caches

from workers.stages.cleaning import metadata
from workers.stages.cleaning.blocks import MAX_BLOCKS, Block, Container, Walk, key, size
from workers.stages.cleaning.features import Context
from workers.stages.cleaning.items import Item, align
from workers.stages.cleaning.structured import Node, plain, types
from workers.stages.cleaning.tree import is_tangled

PAGES: Final = count(1)
CACHED_PAGES: Final = 500  # the library's caches grow from page to page


@dataclass(slots=True)
class Survey:
    """Items in page order, the blocks they stand in, and what the page says of itself."""

    items: list[Item]
    blocks: list[Block]
    context: Context
    data: metadata.Metadata
    url: str | None = None
    is_page: bool = True
    articles: Sequence[Node] = ()  # what the page's data describe
    kind: str = ""  # og:type
    types: frozenset[str] = frozenset()


def survey(tree: HtmlElement, url: str | None) -> Survey:
    """Read metadata, let trafilatura vote, and find its lines again on the page."""
    page = metadata.Page(tree, url)
    data = metadata.read(page)
    blocks = Walk().over(tree).blocks
    return Survey(
        items=align(_vote(tree, url), blocks),
        blocks=blocks,
        context=_context(page, data),
        data=data,
        url=url or data.fields.get("canonical_url"),
        articles=page.articles,
        kind=next(iter(page.meta.get("og:type", ())), "").lower(),
        types=frozenset(name for node in page.nodes for name in types(node)),
    )


def survey_lines(text: str) -> Survey:
    """A page of nothing but these lines."""
    body = Container("div", None, 1, 0, (), ("div", (), ""))
    blocks: list[Block] = []
    for line in text.splitlines():
        if words := " ".join(line.split()):
            place = Container("p", body, 2, 0, (), ("p", (), "div"))
            blocks.append(Block(words, key(words), place, len(blocks), 0, 0, size(words)))
        if len(blocks) == MAX_BLOCKS:
            break
    return Survey(
        align([block.text for block in blocks], blocks), blocks, Context(), metadata.Metadata(), is_page=False
    )


def _vote(tree: HtmlElement, url: str | None) -> list[str]:
    """Trafilatura's lines. Its fallback extractors cost a third of its time and change 1 page in 100."""
    if next(PAGES) % CACHED_PAGES == 0:
        reset_caches()
    if is_tangled(tree):
        return []  # the classifier judges alone
    document: Any = trafilatura.bare_extraction(tree, url=url, include_comments=False, fast=True)
    lines = document.text.split("\n") if document is not None and document.text else []
    return [line.strip() for line in lines if line.strip()][:MAX_BLOCKS]


def _context(page: metadata.Page, data: metadata.Metadata) -> Context:
    bodies = [node["articleBody"] for node in page.articles if isinstance(node.get("articleBody"), str)]
    fields = data.fields
    return Context(
        title=fields.get("title") or "",
        description=fields.get("subtitle") or "",
        body=plain(max(bodies, key=len)) if bodies else "",
        authors=fields.get("authors") or [],
        site=fields.get("site_name") or "",
    )
