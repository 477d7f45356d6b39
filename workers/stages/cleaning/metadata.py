"""What a page says about its article: JSON-LD first, then meta tags, then microdata and visible markup."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin

from htmldate import find_date
from lxml.html import HtmlElement

from workers.stages.cleaning import people, structured, times, titles
from workers.stages.cleaning.structured import Node, plain, strings

Source = tuple[str, Any]

# Names of meta tags in one spelling: see _name.
PUBLISHED: Final = (
    "article:published:time og:published:time article:published og:article:published:time parsely:pub:date "
    "sailthru:date datepublished cxenseparse:recs:publishtime dc:date:issued dcterms:created dc:date dcterms:date "
    "pubdate publishdate publish:date date citation:publication:date"
).split()
MODIFIED: Final = (
    "article:modified:time og:updated:time last:modified datemodified dcterms:modified lastmod article:modified"
).split()
TIMES: Final = "(//time[@pubdate or @datetime])[1]"
DATED: Final = (
    "//@class[contains(., 'date') or contains(., 'Date') or contains(., 'lineinfo') or contains(., 'published')"
    " or contains(., 'timestamp')]/parent::*[self::span or self::div or self::p or self::li or self::em]"
    "[string-length(.) < 100]"
)


@dataclass(slots=True)
class Metadata:
    """Fields with the name of the place that each was read from."""

    fields: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, sources: Iterable[Source]) -> None:
        """Keep the first source that says something."""
        for origin, value in sources:
            if value not in (None, "", []):
                self.fields[name], self.provenance[name] = value, origin
                return


class Page:
    """A tree with its meta tags and JSON-LD read once."""

    def __init__(self, tree: HtmlElement, url: str | None) -> None:
        self.tree, self.url = tree, url
        self.meta = _meta_tags(tree)
        self.nodes = structured.json_ld(tree)
        self.articles = structured.article_nodes(self.nodes)

    def named(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Values of the meta tags of these names, with their origin, in the order of `names`."""
        return [(f"meta:{name}", value) for name in names for value in self.meta.get(name, ())]

    def stated(self, *names: str) -> list[tuple[str, Any]]:
        """Values of these properties of the page's articles in JSON-LD."""
        return [(f"json-ld:{name}", node[name]) for name in names for node in self.articles if node.get(name)]


def _meta_tags(tree: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in tree.iter("meta"):
        name = _name(tag.get("property") or tag.get("name") or tag.get("itemprop") or "")
        content = tag.get("content")
        if name and content and content.strip() and len(found) < 500:
            found.setdefault(name, []).append(plain(content[:5000]))
    return found


def _name(name: str) -> str:
    """`og:site_name`, `og.site-name` and `OG:Site:Name` are one name."""
    return re.sub(r"[:._\-\s]+", ":", name[:100].strip().lower())


def read(page: Page) -> Metadata:
    """All metadata of a page."""
    data = Metadata()
    data.take("title", titles.candidates(page.articles, page.meta, page.tree))
    data.take("subtitle", _subtitles(page))
    data.take("authors", people.candidates(page))
    data.take("published", _moments(page, ("datePublished", "dateCreated"), PUBLISHED, "datePublished"))
    data.take("modified", _moments(page, ("dateModified",), MODIFIED, "dateModified"))
    data.take(
        "section", _texts(page.stated("articleSection") + page.named(["article:section", "parsely:section", "section"]))
    )
    data.take("image_url", _images(page))
    data.take("canonical_url", _canonical(page))
    data.take("site_name", _site_names(page))
    data.take("paywalled", _paywalls(page))
    return data


def _texts(sources: Iterable[Source]) -> Iterable[Source]:
    return [(origin, text[0][:300]) for origin, value in sources if (text := strings(value))]


def _subtitles(page: Page) -> Iterable[Source]:
    return _texts(
        page.stated("alternativeHeadline", "description")
        + page.named(["og:description", "description", "twitter:description"])
    )


def _moments(page: Page, properties: tuple[str, ...], names: Iterable[str], itemprop: str) -> Iterable[Source]:
    """What is stated before what is shown; of two that name one day, or one clock, the one that says more."""
    marked = page.tree.xpath("//*[@itemprop=$name]", name=itemprop)
    shown = [(f"microdata:{itemprop}", _shown_time(tag)) for _, tag in zip(range(3), marked, strict=False)]
    found: list[tuple[int, str, datetime]] = []
    for origin, value in page.stated(*properties) + page.named(names) + shown:
        read = [(text, times.moment(text)) for text in strings(value)[:2]]
        found.extend((times.precision(text), origin, moment) for text, moment in read if moment)
    if not found:
        found = _visible_times(page) if itemprop == "datePublished" else []
    first = found[:1]
    finer = [item for item in found if item[0] > first[0][0] and _agree(item, first[0])]
    return [(origin, moment) for _, origin, moment in finer + first]


def _agree(finer: tuple[int, str, datetime], coarse: tuple[int, str, datetime]) -> bool:
    if coarse[0] == times.DAY:
        return finer[2].date() == coarse[2].date()
    return finer[2].replace(tzinfo=None, second=0) == coarse[2].replace(tzinfo=None, second=0)


def _shown_time(tag: HtmlElement) -> str:
    return tag.get("datetime") or tag.get("content") or (tag.text or "")[:80]


def _visible_times(page: Page) -> list[tuple[int, str, datetime]]:
    """`<time>` in the article, else the day that htmldate finds, with the clock of an element that is called a date."""
    for tag in page.tree.xpath(TIMES):
        if moment := times.moment(_shown_time(tag)):
            return [(times.precision(_shown_time(tag)), "markup:time", moment)]
    day = _found_day(page)
    for tag in page.tree.xpath(DATED)[:5]:
        text = tag.text_content()[:120]
        moment = times.moment(text) or times.written(text)
        if moment and (day is None or moment.date() == day.date()):
            return [(times.precision(text), "markup:date", moment)]
    return [(times.DAY, "htmldate", day)] if day else []


def _found_day(page: Page) -> datetime | None:
    try:
        return times.moment(find_date(page.tree, extensive_search=False, original_date=True, url=page.url))
    except (ValueError, OverflowError, TypeError, AttributeError):  # it dies of zones and years that no clock has
        return None


def _images(page: Page) -> Iterable[Source]:
    for origin, value in page.named(
        ["og:image:secure:url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"]
    ) + page.stated("image"):
        for item in value if isinstance(value, list) else [value]:
            address = item.get("url") or item.get("@id") if isinstance(item, dict) else item
            if isinstance(address, str) and (absolute := _absolute(page, address)):
                yield origin, absolute


def _canonical(page: Page) -> Iterable[Source]:
    for link in page.tree.xpath("//link[@rel='canonical']"):
        yield "link:canonical", _absolute(page, link.get("href"))
    for origin, value in page.named(["og:url"]) + page.stated("url"):
        yield origin, _absolute(page, value) if isinstance(value, str) else None


def _absolute(page: Page, address: str | None) -> str | None:
    if not address or len(address) > 2000:
        return None
    try:
        joined = urljoin(page.url or "", address.strip())
    except ValueError:
        return None
    return joined if re.match(r"https?://[^/\s]+", joined) else None


def _site_names(page: Page) -> Iterable[Source]:
    sites: list[Node] = [node for node in page.nodes if "website" in structured.types(node)]
    named = [("json-ld:WebSite", node.get("name")) for node in sites]
    return _texts(page.named(["og:site:name"]) + page.stated("publisher") + named + page.named(["application:name"]))


def _paywalls(page: Page) -> Iterable[Source]:
    for origin, value in page.stated("isAccessibleForFree"):
        said = str(value).strip().lower()
        if said in {"true", "false"}:
            yield origin, said == "false"
    for origin, value in page.named(["article:content:tier", "og:article:content:tier"]):
        yield origin, value.lower() in {"locked", "metered"}
