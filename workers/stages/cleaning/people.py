"""Who wrote it: people on one side, agencies on the other."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workers.stages.cleaning.structured import strings

if TYPE_CHECKING:
    from workers.stages.cleaning.metadata import Page


def _agencies() -> dict[str, str]:
    lines = Path(__file__).with_name("agencies.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if line and not line.startswith("#")]
    return {spelling.casefold(): row[0] for row in rows for spelling in row}


AUTHOR_META: Final = (
    "author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl", "citation_author",
    "article:author_name", "cxenseparse:author", "article:author",
)  # fmt: skip
BY: Final = re.compile(
    r"^(?:by|von|par|por|di|door|av|af|od|yazan|автор|автор:|text|text:|author:)\s*:?\s+", re.IGNORECASE
)
BETWEEN: Final = re.compile(
    r"\s*(?:,|;|/|\||&|\band\b|\bund\b|\bet\b|\by\b|\be\b|\ben\b|\boch\b|\bog\b|\bi\b)\s+", re.IGNORECASE
)
ADDRESS: Final = re.compile(r"https?://|www\.|@|\.com\b|\d{3}")
AGENCIES: Final = _agencies()


def candidates(page: "Page") -> Iterator[tuple[str, list[str]]]:
    """Lists of names, best place first."""
    for origin, value in page.stated("author", "creator"):
        yield origin, names(strings(value))
    for name in AUTHOR_META:
        yield f"meta:{name}", names(page.meta.get(name, ()))
    marked = [tag.text_content()[:200] for tag in page.tree.iterfind(".//*[@itemprop='author']")][:5]
    yield "microdata:author", names(marked)
    linked = [tag.text_content()[:100] for tag in page.tree.iterfind(".//a[@rel='author']")][:5]
    yield "markup:author", names(linked)


def names(values: Iterable[Any]) -> list[str]:
    """Single names out of bylines, each once, in order."""
    found: dict[str, str] = {}
    for value in values:
        for part in BETWEEN.split(BY.sub("", " ".join(str(value).split()))):
            name = part.strip(" .,;:-–—|")
            if 2 <= len(name) <= 60 and not ADDRESS.search(name):
                found.setdefault(name.casefold(), name)
    return list(found.values())[:20]


def agency(authors: Iterable[str]) -> str | None:
    """The first news agency among `authors`."""
    return next((AGENCIES[name.casefold()] for name in authors if name.casefold() in AGENCIES), None)
