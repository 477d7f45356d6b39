"""What an article knows about its own names: spans trimmed, and one type for each written form."""

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from workers.stages.extracting import lists
from workers.stages.extracting.mentions import KINDS, Kind, Span

EDGE: Final = frozenset(" \t\r\n\u00a0\"'“”‘’«»„‚`´,;:!?()[]{}<>*#|/\\…—–-_=~•·")
POSSESSIVE: Final = re.compile(r"(?:['’´`][sS]|(?<=[sS])['’])$")
ABBREVIATION: Final = re.compile(r"(?:\b[A-Za-z]\.|\b(?:Inc|Ltd|Co|Corp|Jr|Sr|St|Bros|No|S\.p\.A)\.)$")
BRACKETED: Final = re.compile(r"\s?\(\s?[\"“']?([A-Z][A-Za-z&.-]{1,9})[\"”']?\s?[),;]")

Rule = Callable[[str, list[Span]], list[Span]]


def settle(text: str, spans: list[Span]) -> list[Span]:
    """The spans as an editor would mark them: the name only, and one type per written form."""
    for rule in RULES:
        spans = rule(text, spans)
    return [span for span in spans if span.type != "MISC"]


def trimmed(text: str, spans: list[Span]) -> list[Span]:
    """The spans without quotes, brackets, "the" and "'s"; none where no letter is left."""
    kept = []
    for span in spans:
        start, end = edges(text, span.start, span.end)
        if any(char.isalpha() for char in text[start:end]):
            kept.append(span._replace(start=start, end=end))
    return kept


def edges(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds moved inwards past what is no part of a name."""
    before = None
    while before != (start, end) and start < end:
        before = (start, end)
        while start < end and text[start] in EDGE:
            start += 1
        while end > start and text[end - 1] in EDGE:
            end -= 1
        if text[end - 1 : end] == "." and not ABBREVIATION.search(text, max(start, end - 12), end):
            end -= 1
        if possessive := POSSESSIVE.search(text[max(start, end - 3) : end]):
            end -= len(possessive.group())
        if text[start : start + 4].lower() == "the ":
            start += 4
    return start, end


def untitled(text: str, spans: list[Span]) -> list[Span]:
    """People without "Turkish President", "Foreign Minister", "Dr."."""
    return [
        span._replace(start=past_titles(text, span.start, span.end)) if span.type == "PER" else span for span in spans
    ]


def past_titles(text: str, start: int, end: int) -> int:
    """Where the person's name begins."""
    known = lists.words()
    for match in list(re.finditer(r"\S+", text[start:end]))[:-1]:
        word = match.group().lower()
        if word not in known.titles and word not in known.offices and word not in known.demonyms:
            return start + match.start()
        last = start + match.end() + 1
    return last if len(text[start:end].split()) > 1 else start


def nationalities(text: str, spans: list[Span]) -> list[Span]:
    """Without nationalities, weekdays and bare titles, which are no names of anyone."""
    known = lists.words()
    stop = known.demonyms | known.calendar | known.titles | known.generic
    return [span for span in spans if text[span.start : span.end].lower() not in stop]


def located(text: str, spans: list[Span]) -> list[Span]:
    """Countries, capitals and continents are places."""
    return [as_place(text, span) for span in spans]


def as_place(text: str, span: Span) -> Span:
    """The span as a place, where its words are exactly such a name."""
    place = lists.places().get(text[span.start : span.end])
    if place and place.kind in (lists.COUNTRY, lists.CAPITAL) and span.type != "LOC":
        return span._replace(type="LOC", odds=(0.0, 0.0, 1.0, 0.0))
    return span


def voted(text: str, spans: list[Span]) -> list[Span]:
    """Every written form with the type that the article's spans of it favour."""
    votes: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(KINDS))
    for span in spans:
        total = votes[text[span.start : span.end]]
        for at, share in enumerate(odds(span)):
            total[at] += share
    best = {form: KINDS[max(range(len(KINDS)), key=total.__getitem__)] for form, total in votes.items()}
    return [span._replace(type=best[text[span.start : span.end]]) for span in spans]


def odds(span: Span) -> tuple[float, ...]:
    """What the backend gives each type; all to the one where it says no more."""
    return span.odds or tuple(span.score if kind == span.type else 0.0 for kind in KINDS)


def surnames(text: str, spans: list[Span]) -> list[Span]:
    """The last word of a person's full name is that person, unless it is clearly something else."""
    people = [text[span.start : span.end].split() for span in spans if span.type == "PER"]
    last = {words[-1] for words in people if len(words) > 1}
    return [
        span._replace(type="PER")
        if span.type != "PER" and text[span.start : span.end] in last and doubtful(span)
        else span
        for span in spans
    ]


def doubtful(span: Span) -> bool:
    """Whether the backend is less than nearly sure of the type."""
    return span.score < 0.9


def bracketed(text: str, spans: list[Span]) -> list[Span]:
    """An acronym in brackets after a name is the same kind of thing, throughout the article."""
    kinds: dict[str, Kind] = {}
    for span in spans:
        match = BRACKETED.match(text, span.end)
        if match and span.type in ("ORG", "LOC") and initials(match.group(1), text[span.start : span.end]):
            kinds[match.group(1)] = span.type
    return [span._replace(type=kinds.get(text[span.start : span.end], span.type)) for span in spans]


def initials(acronym: str, name: str) -> bool:
    """Whether the acronym's capitals come in order at the beginnings of the name's words."""
    heads = iter(word[0].upper() for word in re.findall(r"\w+", name))
    capitals = [char for char in acronym if char.isupper()]
    return len(capitals) > 1 and all(char in heads for char in capitals[:1] + capitals[-1:])


def wellknown(text: str, spans: list[Span]) -> list[Span]:
    """Organisations that everybody writes alike."""
    known = lists.organisations()
    return [
        span._replace(type="ORG", odds=()) if text[span.start : span.end] in known and span.type != "ORG" else span
        for span in spans
    ]


def disjoint(_text: str, spans: list[Span]) -> list[Span]:
    """The spans in order, without those that overlap an earlier one or have become empty."""
    kept: list[Span] = []
    for span in sorted(spans):
        if span.start < span.end and (not kept or span.start >= kept[-1].end):
            kept.append(span)
    return kept


# In order: a vote counts written forms, so the forms must be final before it; surnames need people to be settled.
RULES: tuple[Rule, ...] = (
    trimmed,
    untitled,
    trimmed,
    nationalities,
    located,
    wellknown,
    voted,
    surnames,
    bracketed,
    disjoint,
)
