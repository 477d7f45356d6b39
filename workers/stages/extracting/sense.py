"""What an article knows about its own names: spans trimmed, and one type for each written form."""

import re
from collections import defaultdict
from typing import Final

from workers.stages.extracting import lists
from workers.stages.extracting.mentions import Span, Type

EDGE: Final = " \t\r\n\u00a0\"'“”‘’«»„‚`´,;:!?()[]{}<>*#|/\\…—–-_=~•·"
POSSESSIVE: Final = re.compile(r"(?:['’´`]s|(?<=[sS])['’])$")
ABBREVIATION: Final = re.compile(r"(?:\b[A-Za-z]\.|\b(?:Inc|Ltd|Co|Corp|Jr|Sr|St|Bros|No|S\.p\.A)\.)$")


def settle(text: str, spans: list[Span]) -> list[Span]:
    """The spans as an editor would mark them: the name only, and one type per written form. Order matters."""
    trimmed = [trim(text, span) for span in spans]
    kept = [span for span in trimmed if span is not None]
    kept = [located(text, span) for span in kept]
    return disjoint(voted(text, kept))


def trim(text: str, span: Span) -> Span | None:
    """The span without quotes, articles, possessives and titles; None when nothing of a name is left."""
    start, end = edges(text, span.start, span.end)
    if span.type == "PER":
        start = past_titles(text, start, end)
    if not any(char.isalpha() for char in text[start:end]):
        return None
    if text[start:end].lower() in lists.words().demonyms | lists.words().calendar:
        return None
    return Span(start, end, span.type, span.score)


def edges(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds moved inwards past quotes, brackets, "the" and "'s"."""
    before = None
    while before != (start, end) and start < end:
        before = (start, end)
        while start < end and text[start] in EDGE:
            start += 1
        while end > start and text[end - 1] in EDGE:
            end -= 1
        if text[end - 1 : end] == "." and not ABBREVIATION.search(text, start, end):
            end -= 1
        if possessive := POSSESSIVE.search(text[start:end]):
            end = start + possessive.start()
        if text[start : start + 4].lower() == "the ":
            start += 4
    return start, end


def past_titles(text: str, start: int, end: int) -> int:
    """Where the person's name begins after "Turkish President", "Foreign Minister", "Dr."."""
    known = lists.words()
    skipped = known.titles | known.offices | known.demonyms
    words = [(m.start(), m.group().lower()) for m in re.finditer(r"\S+", text[start:end])]
    for offset, word in words[:-1]:
        if word not in skipped:
            return start + offset
    return start + words[-1][0] if words else start


def located(text: str, span: Span) -> Span:
    """The span as a place, where its words are exactly a country's or a capital's name."""
    place = lists.places().get(text[span.start : span.end])
    if place and place.kind == lists.COUNTRY and span.type != "LOC":
        return span._replace(type="LOC")
    return span


def voted(text: str, spans: list[Span]) -> list[Span]:
    """Every written form with the type that the article's spans of it favour."""
    votes: dict[str, dict[Type, float]] = defaultdict(lambda: defaultdict(float))
    for span in spans:
        votes[text[span.start : span.end]][span.type] += span.score
    best = {form: max(sorted(types), key=lambda kind: types[kind]) for form, types in votes.items()}
    return [span._replace(type=best[text[span.start : span.end]]) for span in spans]


def disjoint(spans: list[Span]) -> list[Span]:
    """The spans in order, without those that overlap an earlier one."""
    kept: list[Span] = []
    for span in sorted(spans):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept
