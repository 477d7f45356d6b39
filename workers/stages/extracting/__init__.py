"""People, organisations and places of an article: found, typed, joined to full names. No network, one thread."""

from collections.abc import Iterable
from typing import Final

from workers.stages.extracting.mentions import Mention, Span, Type

__all__ = ["LANGUAGE", "VERSION", "Mention", "Span", "Type", "extract", "extract_many", "spans"]

VERSION: Final = 1
LANGUAGE: Final = "en"


def extract(text: str, language: str | None = None) -> list[Mention]:
    """The mentions of a text in order of place; none when the language is known and not the model's."""
    from workers.stages.extracting import naming, rules, sense

    if language is not None and language.split("-")[0].lower() != LANGUAGE:
        return []
    return naming.named(text, sense.settle(text, rules.find(text)))


def extract_many(texts: Iterable[str]) -> list[list[Mention]]:
    """The mentions of each text; every text is judged alone, so its neighbours change nothing."""
    return [extract(text) for text in texts]


def spans(text: str) -> list[tuple[int, int, str]]:
    """(start, end, type) of every mention: what measuring tools ask for."""
    return [(mention.start, mention.end, mention.type) for mention in extract(text)]
