"""The clean stage: a page in, an article out."""

from typing import Any

import trafilatura
from lxml.html import HtmlElement

from shared.charset import decode
from workers.stages.cleaning import guard, language, metadata, people, verdict
from workers.stages.cleaning.cleaned import Cleaned, Removed
from workers.stages.cleaning.memory import SiteMemory, block_hash, mark, remember
from workers.stages.cleaning.tree import parse

VERSION = 1


def clean(
    html: bytes, url: str | None = None, *, content_type: str | None = None, memory: SiteMemory | None = None
) -> Cleaned:
    """The article of a page. Never raises for what a page may hold; `verdict` says why it is no article."""
    if guard.refuses(html):
        return Cleaned(verdict="too_big")
    try:
        tree = parse(decode(html, content_type or ""))
    except ValueError:
        return Cleaned(verdict="too_big")
    if tree is None:
        return Cleaned(verdict="no_text")
    return _read(tree, url, memory)


def clean_lines(text: str, url: str | None = None, *, memory: SiteMemory | None = None) -> Cleaned:
    """An article that came as plain text."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return _article([line for line in lines if line], metadata.Metadata(), None, memory)


def _read(tree: HtmlElement, url: str | None, memory: SiteMemory | None) -> Cleaned:
    declared = language.declared(tree)
    data = metadata.read(metadata.Page(tree, url))
    document: Any = trafilatura.bare_extraction(tree, url=url, include_comments=False, fast=True)
    lines = document.text.split("\n") if document and document.text else []
    return _article([line.strip() for line in lines if line.strip()], data, declared, memory)


def _article(lines: list[str], data: metadata.Metadata, declared: str | None, memory: SiteMemory | None) -> Cleaned:
    blocks = remember(((line, "paragraph") for line in lines), ())
    memory = memory or SiteMemory()
    taken = memory.taken(blocks)
    removed = [Removed(line, memory.reason(block_hash(line))) for line in lines if block_hash(line) in taken]
    lines = [line for line in lines if block_hash(line) not in taken]
    text = "\n".join(lines)
    fields = dict(data.fields)
    fields["authors"] = fields.get("authors") or []
    return Cleaned(
        text=text,
        markdown="\n\n".join(lines),
        agency=people.agency(fields["authors"]),
        language=language.decide(text, declared),
        word_count=len(text.split()),
        blocks=mark(blocks, taken),
        removed=removed,
        provenance=data.provenance,
        verdict=verdict.judge(text, fields.get("title")),
        **fields,
    )
