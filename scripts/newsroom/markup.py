"""Turns stories and lists of links into the HTML of their site, through the templates beside it."""

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby
from json import dumps
from string import Template
from typing import Final

from scripts.newsroom.sites import SITES, Site, section_path
from scripts.newsroom.stories import Block, Story

NAMES: Final = frozenset(site.name for site in SITES)
SEE_ALSO: Final = {"en": "See also", "de": "Mehr zum Thema", "fr": "À lire aussi", "uk": "Читайте також"}


def story_page(story: Story, origin: str, related: Sequence[tuple[str, str]], image: str) -> bytes:
    """The page of `story`; `origin` is scheme and authority of its site, `related` are (address, title)."""
    facts = _facts(story, origin, image)
    body = _fill(
        f"{story.site.key}/article.html",
        **facts,
        body=_body(story),
        credit=escape(story.credit, quote=False),
        comments="\n".join(f"<li>{_escaped(block)}</li>" for block in story.blocks if block.kind == "comment"),
        related=links(related),
        see_also=SEE_ALSO[story.site.language],
    )
    return frame(story.site, origin, story.title, body, _fill(f"{story.site.key}/head.html", **facts))


def frame(site: Site, origin: str, title: str, main: str, head: str = "") -> bytes:
    """A whole page of `site` around `main`, in the site's character set."""
    page = _fill(
        f"{site.key}/page.html",
        title=escape(title, quote=False),
        head=head,
        main=main,
        name=escape(site.name, quote=False),
        tagline=escape(site.tagline, quote=False),
        city=site.city,
        origin=origin,
        sections=" ".join(f'<a href="{section_path(section)}">{section}</a>' for section in site.sections),
    )
    return page.encode("cp1252" if site.charset == "iso-8859-1" else site.charset, "xmlcharrefreplace")


def links(entries: Iterable[tuple[str, str]]) -> str:
    """List items that lead to (address, title)."""
    return "\n".join(f'<li><a href="{escape(to)}">{escape(title, quote=False)}</a></li>' for to, title in entries)


def _facts(story: Story, origin: str, image: str) -> dict[str, str]:
    """What the templates of a story may name, escaped for text and for attributes alike."""
    summary = story.paragraphs[0][:157].rsplit(" ", 1)[0] + " ..."
    address, published = origin + story.path, story.published.isoformat()
    return {
        "headline": escape(story.title),
        "by": escape(story.by),
        "section": story.section,
        "date": f"{story.published:%d.%m.%Y, %H:%M}",
        "iso": published,
        "url": escape(address),
        "image": origin + image,
        "summary": escape(summary),
        "tags": escape(", ".join(story.tags)),
        "json_ld": _json_ld(story, address, origin + image, summary),
    }


def _json_ld(story: Story, address: str, image: str, summary: str) -> str:
    """The story as schema.org describes one, safe inside a script element."""
    kind = "Organization" if story.by in NAMES else "Person"
    described = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "description": summary,
        "image": [image],
        "datePublished": story.published.isoformat(),
        "dateModified": story.published.isoformat(),
        "author": [{"@type": kind, "name": story.by}],
        "publisher": {"@type": "NewsMediaOrganization", "name": story.site.name},
        "mainEntityOfPage": address,
        "articleSection": story.section,
        "inLanguage": story.site.language,
        "keywords": list(story.tags),
    }
    return dumps(described, ensure_ascii=False, indent=1).replace("<", "\\u003c")


def _body(story: Story) -> str:
    """The blocks of `story`; rows that follow each other are a table, items a list."""
    parts = []
    for kind, blocks in groupby((block for block in story.blocks if block.kind != "comment"), lambda block: block.kind):
        if kind == "row":
            parts.append(_table(list(blocks)))
        elif kind == "item":
            parts.append("<ul>\n" + "\n".join(f"<li>{_escaped(block)}</li>" for block in blocks) + "\n</ul>")
        else:
            wrap = getattr(story.site.wraps, kind).replace("{{slug}}", story.slug)
            parts.extend(wrap.format(_escaped(block)) for block in blocks)
    return "\n".join(parts)


def _table(rows: list[Block]) -> str:
    """A table whose first row is its head."""
    lines = []
    for number, row in enumerate(rows):
        tag = "td" if number else "th"
        cells = "".join(f"<{tag}>{escape(cell, quote=False)}</{tag}>" for cell in cells_of(row))
        lines.append(f"<tr>{cells}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def cells_of(row: Block) -> list[str]:
    """The cells of a row."""
    return [cell.strip() for cell in row.text.strip(" |").split("|")]


def _escaped(block: Block) -> str:
    return escape(block.text, quote=False)


def _fill(template: str, **values: str) -> str:
    return _template(template).substitute(values)


@cache
def _template(name: str) -> Template:
    return Template((files(__package__) / "templates" / name).read_text(encoding="utf-8"))
