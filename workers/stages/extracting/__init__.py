"""People, organisations and places of an article: found, typed, joined to full names. No network, one thread."""

from collections.abc import Iterable
from typing import Final

from workers.stages.extracting.mentions import TYPES, Mention, Span, Type

__all__ = ["TYPES", "VERSION", "Mention", "Span", "Type", "extract", "extract_many", "reads", "resolve", "spans"]

VERSION: Final = 3
MODEL: Final = "minilm"


def extract(text: str, language: str | None = None, model: str = MODEL) -> list[Mention]:
    """The mentions of a text in order of place; none when the language is known and not the model's."""
    from workers.stages.extracting import backends, naming, sense

    chosen = backends.backend(model)
    if not backends.reads(chosen, language):
        return []
    return naming.named(text, sense.settle(text, chosen.find(text)))


def extract_many(texts: Iterable[str], model: str = MODEL) -> list[list[Mention]]:
    """The mentions of each text; every text is judged alone, so its neighbours change nothing."""
    return [extract(text, model=model) for text in texts]


def reads(language: str | None, model: str = MODEL) -> bool:
    """Whether the model can read a language."""
    from workers.stages.extracting import backends

    return backends.reads(backends.backend(model), language)


def resolve(text: str, names: Iterable[tuple[int, int, Type]]) -> list[Mention]:
    """Names that somebody else found, as mentions of the article's entities: (start, end, type) each."""
    from workers.stages.extracting import naming

    return naming.named(text, [Span(start, end, kind, 1.0) for start, end, kind in names])


def spans(text: str) -> list[tuple[int, int, str]]:
    """(start, end, type) of every mention: what measuring tools ask for."""
    return [(mention.start, mention.end, mention.type) for mention in extract(text)]
