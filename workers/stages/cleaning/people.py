"""Who wrote it: people on one side, agencies on the other."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workers.stages.cleaning.blocks import key
from workers.stages.cleaning.structured import strings

if TYPE_CHECKING:
    from workers.stages.cleaning.metadata import Page


def _agencies() -> dict[str, str]:
    lines = Path(__file__).with_name("agencies.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if line and not line.startswith("#")]
    return {spelling.casefold(): row[0] for row in rows for spelling in row}


AUTHOR_META: Final = (
    "author parsely:author sailthru:author dc:creator dcterms:creator byl citation:author article:author:name "
    "cxenseparse:author article:author twitter:misc:written:by"
).split()
BY: Final = re.compile(
    r"^(?:by|von|par|por|di|door|av|af|od|yazan|автор|автор:|text|text:|author:|quelle|source|fuente|fonte)\s*:?\s+",
    re.IGNORECASE,
)
NAMED: Final = " or ".join(f"contains(., '{word}')" for word in ("author", "Author", "byline", "Byline", "autor"))
MARKUP: Final = (
    ("microdata:author", "//*[@itemprop='author'][not(.//*[@itemprop='author'])]"),
    ("markup:author", "//a[@rel='author']"),
    (
        "markup:byline",
        # by way of the attributes: three times as fast as to ask every element for its own
        f"//@class[{NAMED}]/parent::*[self::span or self::a or self::p or self::div or self::address]"
        "[not(ancestor::nav or ancestor::footer or ancestor::aside)]"
        f"[string-length(normalize-space(.)) < 120][not(*//@class[{NAMED}])]",
    ),
    ("markup:link", "//a[contains(@href, '/autor') or contains(@href, '/author')][string-length(.) < 60]"),
)
MANY: Final = 5  # more elements that name an author are a list of other articles
BETWEEN: Final = re.compile(
    r"\s*(?:,|;|/|\||&|\band\b|\bund\b|\bet\b|\by\b|\be\b|\ben\b|\boch\b|\bog\b|\bi\b)\s+", re.IGNORECASE
)
ADDRESS: Final = re.compile(r"https?://|www\.|@|\.com\b|\d{3}")
SLUG: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)+$")
DATELINE: Final = re.compile(r"[^()]{0,60}\(([^()]{2,30})\)\s*[-–—:.]")
CREDIT: Final = re.compile(r"[(—–-]\s*([^()—–]{2,30}?)\)?\s*$")
NOBODY: Final = frozenset("by von par por di autor author autore autoren authors auteur staff editor admin".split())
AGENCIES: Final = _agencies()


def candidates(page: "Page") -> list[tuple[str, list[str]]]:
    """Lists of names, best place first: those that name someone else than the site itself come before."""
    found = [(origin, names(values)) for origin, values in _stated(page)]
    own = _site_keys(page)
    if not any(_beyond(people, own) for _, people in found):
        found.extend((origin, names(values)) for origin, values in _shown(page))
    return sorted((entry for entry in found if entry[1]), key=lambda entry: not _beyond(entry[1], own))


def _stated(page: "Page") -> Iterator[tuple[str, list[str]]]:
    for origin, value in page.stated("author", "creator"):
        yield origin, strings(value)
    for name in AUTHOR_META:
        yield f"meta:{name}", page.meta.get(name, [])
    # WordPress: what the first pair is called stands beside it, in the language of the site
    if "twitter:label2" in page.meta and not re.search(r"\d", " ".join(page.meta.get("twitter:data1", ()))):
        yield "meta:twitter:data1", page.meta.get("twitter:data1", [])


def _shown(page: "Page") -> Iterator[tuple[str, list[str]]]:
    for origin, path in MARKUP:
        tags = page.tree.xpath(path)
        if len(tags) > MANY:
            continue
        yield origin, [" ".join(" ".join(tag.itertext()).split())[:200] for tag in tags]


def _site_keys(page: "Page") -> set[str]:
    """What the site calls itself, and its host."""
    called = [text for name in ("og:site:name", "application:name", "publisher") for text in page.meta.get(name, ())]
    called.extend(text for _, value in page.stated("publisher") for text in strings(value))
    host = re.sub(r"^https?://(?:www\.)?|/.*$", "", page.url or "")
    return {key(text) for text in (*called, host, host.rsplit(".", 1)[0]) if key(text)}


def _beyond(people: list[str], own: set[str]) -> bool:
    """Whether anybody is named who is not the site."""
    return any(not any(site in key(name) or key(name) in site for site in own) for name in people)


def names(values: Iterable[Any]) -> list[str]:
    """Single names out of bylines, each once, in order."""
    found: dict[str, str] = {}
    for value in values:
        for part in BETWEEN.split(BY.sub("", " ".join(str(value).split()))):
            name = part.strip(" .,;:-–—|")
            if 2 <= len(name) <= 60 and not (ADDRESS.search(name) or SLUG.match(name)) and name.lower() not in NOBODY:
                found.setdefault(name.casefold(), name)
    return list(found.values())[:20]


def is_agency(name: str) -> bool:
    """Whether a byline names a news agency."""
    return name.casefold() in AGENCIES


def agency(authors: Iterable[str]) -> str | None:
    """The first news agency among `authors`."""
    return next((AGENCIES[name.casefold()] for name in authors if name.casefold() in AGENCIES), None)


def credited(lines: Sequence[str]) -> list[str]:
    """Agencies that the text names where agencies are named: in the dateline, or alone at the end."""
    found = [match.group(1) for line in lines[:2] for match in [DATELINE.match(line[:120])] if match]
    found.extend(part for line in lines[-2:] for part in re.split(r"[/,()\s]+", line) if len(line) < 30)
    found.extend(match.group(1) for line in lines[-2:] for match in [CREDIT.search(line[-40:])] if match)
    return [name for name in found if is_agency(name)]
