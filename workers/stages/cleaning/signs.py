"""What is to be known of a page to say whether it is an article: its shape, its names, its forms, its statements."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from workers.stages.cleaning.blocks import key
from workers.stages.cleaning.shape import Shape, is_furniture, shape
from workers.stages.cleaning.structured import strings
from workers.stages.cleaning.survey import Survey

SHOWN: Final = 20_000  # characters of a page that are looked at
MANY: Final = 500  # as many controls and links of a page are looked at
ONE_ARTICLE: Final = 3  # as many nodes of JSON-LD may describe one article; a list has more
SEPARATOR: Final = re.compile(r"\s+[|\-–—·•»/]+\s+|\s*[|｜]\s*")
SITE_WORDS: Final = 4  # of a site's name behind the title, at most
SHELLS: Final = frozenset("root app __next __nuxt ___gatsby main-app react-root svelte app-root mount".split())
CHOICES: Final = frozenset({"radio", "checkbox"})
FIELDS: Final = frozenset({"text", "email", "tel"})
HOME: Final = re.compile(r"/?(?:(?:index|default|home)\.\w+|[a-z]{2}/?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of what a page is.

    `heading` is what it calls itself first; `names` are its titles and the headings that these repeat, `headings`
    all others; `stated` how surely its data say that it is an article: 2 for one that is named
    there or has a time of publication as articles have, 1 for less, else 0.
    """

    tree: HtmlElement
    text: str = ""
    shown: str = ""
    heading: str = ""
    names: Sequence[str] = ()
    headings: Sequence[str] = ()
    path: str = ""
    is_home: bool = False
    shape: Shape = field(default_factory=Shape)
    stated: int = 0
    described: int = 0  # articles that its data tell of
    types: frozenset[str] = frozenset()
    kind: str = ""  # og:type
    passwords: int = 0
    choices: int = 0
    fields: int = 0
    players: int = 0
    scripts: int = 0
    is_shell: bool = False  # made for a script to fill

    # Few pages are asked for these.

    @property
    def buttons(self) -> str:
        """What stands on buttons and links."""
        return "\n".join(_buttons(self.tree))

    @property
    def hint(self) -> str:
        """What a reader without scripts is told."""
        return " ".join(_flat(tag, 1000) for tag, _ in zip(self.tree.iter("noscript"), range(20), strict=False))


def signs(lines: Sequence[str], seen: Survey, tree: HtmlElement) -> Signs:
    """Read the signs of a page of which `lines` were kept."""
    host, path, query = _address(seen.url or "")
    title, shown = _title(tree), [_flat(tag) for tag, _ in zip(tree.iter("h1"), range(3), strict=False)]
    called = [name for name in (str(seen.data.fields.get("title") or ""), *shown) if name]
    told = [name for name in called if not title or key(name) in key(title)]
    own = [name for name in shown if name in told] + [_without_site(name, host) for name in (*told, title)]
    controls = [(tag.get("type") or "text").lower() for tag, _ in zip(tree.iter("input"), range(MANY), strict=False)]
    stated, described = _stated(seen, [*called, title])
    return Signs(
        tree,
        text="\n".join(lines),
        shown="\n".join(block.text for block in seen.blocks if not is_furniture(block))[:SHOWN],
        heading=next((name for name in own if name), next(iter(called), "")),
        names=list(dict.fromkeys(name for name in (*told, title, *own) if name)),
        headings=[name for name in called if name not in told],
        path=path,
        is_home=bool(seen.url) and bool(HOME.fullmatch(path)) and not query,
        shape=_shape(lines, seen, [*called, title, *_self_links(tree, path)]),
        stated=stated,
        described=described,
        types=seen.types,
        kind=seen.kind,
        passwords=controls.count("password"),
        choices=sum(control in CHOICES for control in controls),
        fields=sum(control in FIELDS for control in controls) + sum(1 for _ in tree.iter("textarea")),
        players=sum(1 for _ in tree.iter("video", "audio", "iframe")),
        scripts=sum(1 for _ in tree.iter("script")),
        is_shell=any(tag.get("id") in SHELLS or tag.tag in SHELLS for tag in tree.iter("div", "main", "app-root")),
    )


def _flat(tag: HtmlElement, limit: int = 500) -> str:
    return " ".join(tag.text_content()[:limit].split())


def _title(tree: HtmlElement) -> str:
    return " ".join((tree.findtext(".//title") or "")[:500].split())


def _without_site(title: str, host: str) -> str:
    """A title without what stands behind its last separator and is as short as the name of a site."""
    parts = SEPARATOR.split(title)
    if len(parts) < 2 or (len(parts[-1].split()) > SITE_WORDS and key(parts[-1]) not in key(host)):
        return title
    return title[: title.rindex(parts[-1])].rstrip(" |-–—·•»/｜")


def _self_links(tree: HtmlElement, path: str) -> list[str]:
    """Texts of the links that lead to the page they stand on."""
    if not path.strip("/"):
        return []
    own = path.rstrip("/")
    name = own.rpartition("/")[2]  # most addresses do not have it, and need not be taken apart
    links = (
        tag
        for tag in tree.iter("a")
        if (name in (address := tag.get("href") or "") or "%" in address) and _address(address)[1].rstrip("/") == own
    )
    return [_flat(tag) for tag, _ in zip(links, range(MANY), strict=False)]


def _address(address: str) -> tuple[str, str, str]:
    """Host, path and query; nothing where it cannot be read."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return "", "", ""
    return parts.netloc, unquote(parts.path), parts.query


def _shape(lines: Sequence[str], seen: Survey, names: Sequence[str]) -> Shape:
    """The shape of a page; where its address is not known, a lone linked headline is taken for its own."""
    found = shape(lines, seen.blocks, names)
    if seen.url or found.headlines > 1:
        return found
    return replace(found, own=found.own + found.announced, headlines=0, teasers=0, announced=0)


def _stated(seen: Survey, titles: Sequence[str]) -> tuple[int, int]:
    """How surely the page's data call it an article, and how many articles they describe."""
    known = [key(title) for title in titles if title]
    headlines = {key(text) for node in seen.articles for text in strings(node.get("headline") or node.get("name"))[:1]}
    named = any(line and any(line in title or title in line for title in known) for line in headlines)
    origin = seen.data.provenance.get("published", "")
    one = bool(seen.articles) and (len(headlines) <= 1 or (named and len(headlines) <= ONE_ARTICLE))
    if one or origin.endswith(("article:published:time", "article:published")):
        return 2, len(headlines)
    said = seen.kind == "article" or bool(seen.articles) or origin.startswith(("json-ld", "meta", "microdata"))
    return int(said), len(headlines)


def _buttons(tree: HtmlElement) -> list[str]:
    tags = (tag for tag in tree.iter("button", "a", "input"))
    found = [_flat(tag, 60) or (tag.get("value") or "")[:60] for tag, _ in zip(tags, range(MANY), strict=False)]
    return [text for text in found if text and len(text) < 40]
