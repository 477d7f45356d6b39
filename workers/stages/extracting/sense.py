"""What an article knows about its own names: which are none, and one type for each written form."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from statistics import fmean as mean
from typing import Final

from workers.stages.extracting import lists, trimming
from workers.stages.extracting.mentions import KINDS, TYPES, Kind, Span

NEEDED: Final = (0.7, 0.6, 0.6)  # what the three types must share of a name written once, twice, three times
NEEDED_OFTEN: Final = 0.4
BRACKETED: Final = re.compile(r"\s?\(\s?[\"“']?([A-Z][A-Za-z&.-]{1,9})[\"”']?\s?[),;]")

FAITHS: Final = frozenset("christian muslim islamic catholic orthodox protestant buddhist hindu sunni shiite".split())
LEANING, LEANING_MISC = 0.1, 0.3  # shares from which a stranger is something else
INSTITUTION: Final = re.compile(
    r"\b(?P<before>[A-Z]\w+ )?(?P<name>Parliament|Cabinet|Senate|Congress|Treasury|Diet|Kremlin|"
    r"(?:Upper|Lower|White) House|(?:Supreme|High|Constitutional) Court)(?![\w-]| [A-Z])"
)
CAPITALS: Final = re.compile(r"[A-Z]{2,5}")

Rule = Callable[[str, list[Span]], list[Span]]


def settle(text: str, spans: list[Span]) -> list[Span]:
    """The spans as an editor would mark them: the name only, and one type per written form."""
    for rule in RULES:
        spans = rule(text, spans)
    return [span for span in spans if span.type != "MISC"]


def nationalities(text: str, spans: list[Span]) -> list[Span]:
    """Without nationalities, weekdays and bare titles, which are no names of anyone."""
    people, stop = lists.of_peoples(), lists.no_names()
    kept = []
    for span in spans:
        words = text[span.start : span.end].lower().split()
        of_a_people = words[-1] in people and (span.type == "LOC" or len(words) == 1)
        if not of_a_people and " ".join(words) not in stop:
            kept.append(span)
    return kept


def acronyms(text: str, spans: list[Span]) -> list[Span]:
    """Nobody is called by a few capitals, unless they spell a name ("BIDEN")."""
    return [span._replace(type="ORG", odds=()) if is_acronym(text, span) else span for span in spans]


def is_acronym(text: str, span: Span) -> bool:
    """Whether a person is a few capitals, too few for a name or in no list of names."""
    if span.type != "PER" or not CAPITALS.fullmatch(text, span.start, span.end):
        return False
    name = text[span.start : span.end].capitalize()
    return len(name) < 4 or not is_given(name)


def undescribed(text: str, spans: list[Span]) -> list[Span]:
    """Known places without the faith before them: "Christian Armenia"."""
    kept = []
    for span in spans:
        first, _, rest = text[span.start : span.end].partition(" ")
        described = span.type == "LOC" and first.lower() in FAITHS and rest in lists.places()
        kept.append(span._replace(start=span.end - len(rest)) if described else span)
    return kept


def located(text: str, spans: list[Span]) -> list[Span]:
    """Countries, capitals and continents are places."""
    return [as_place(text, span) for span in spans]


def as_place(text: str, span: Span) -> Span:
    """The span as a place, where its words are exactly a country's or a capital's name."""
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
    last = last_names(text, spans)
    return [
        span._replace(type="PER")
        if span.type != "PER" and text[span.start : span.end] in last and doubtful(span)
        else span
        for span in spans
    ]


def doubtful(span: Span) -> bool:
    """Whether the backend is less than nearly sure of the type."""
    return span.score < 0.9


def strangers(text: str, spans: list[Span]) -> list[Span]:
    """A lone word for a person whom the article never names in full, and of no known name, is more likely a firm.

    News introduces people by their full names. Where the backend gives another type at least a small share, that one
    is taken; where it leans to a people or a product, nothing is.
    """
    introduced = {word for span in spans if span.type == "PER" for word in full_name(text, span)}
    shares: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(KINDS))
    for span in spans:
        name = text[span.start : span.end]
        if span.type == "PER" and name not in introduced and " " not in name and not is_given(name):
            shares[name] = [left + right for left, right in zip(shares[name], odds(span), strict=True)]
    other = {name: second(found) for name, found in shares.items()}
    return [span._replace(type=other.get(text[span.start : span.end], span.type)) for span in spans]


def full_name(text: str, span: Span) -> list[str]:
    """The words of a name of several; none of a lone word."""
    words = text[span.start : span.end].split()
    return words if len(words) > 1 else []


def is_given(name: str) -> bool:
    """Whether a list of names has it."""
    return name in lists.given_names() or name in lists.surnames()


def second(shares: list[float]) -> Kind:
    """The type to take for a stranger, by the shares of KINDS."""
    _, organisation, place, misc = (share / max(sum(shares), 1e-9) for share in shares)
    if max(organisation, place) >= LEANING and max(organisation, place) >= misc:
        return "ORG" if organisation >= place else "LOC"
    return "MISC" if misc >= LEANING_MISC else "PER"


def institutions(text: str, spans: list[Span]) -> list[Span]:
    """With the bodies of state that stand without their country: "the Cabinet", "Parliament"."""
    found = [
        Span(*match.span("name"), "ORG", 0.5)
        for match in INSTITUTION.finditer(text)
        if not match["before"] or match["before"].strip().lower() in lists.words().openers
    ]
    ordered = sorted(spans)
    starts = [span.start for span in ordered]
    free = []
    for span in found:
        at = bisect_right(starts, span.end - 1)
        if not at or ordered[at - 1].end <= span.start:
            free.append(span)
    return spans + free


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
    """Organisations that everybody writes alike, unless the article has a person of that last name."""
    known = lists.organisations().keys() - last_names(text, spans)
    return [span._replace(type="ORG", odds=()) if text[span.start : span.end] in known else span for span in spans]


def last_names(text: str, spans: list[Span]) -> set[str]:
    """The last words of people's full names."""
    people = [text[span.start : span.end].split() for span in spans if span.type == "PER"]
    return {words[-1] for words in people if len(words) > 1}


def disjoint(_text: str, spans: list[Span]) -> list[Span]:
    """The spans in order, without those that overlap an earlier one or have become empty."""
    kept: list[Span] = []
    for span in sorted(spans):
        if span.start < span.end and (not kept or span.start >= kept[-1].end):
            kept.append(span)
    return kept


def believed(text: str, spans: list[Span]) -> list[Span]:
    """Without names that the backend half takes for none; one that the article repeats needs less."""
    shares: dict[str, list[float]] = defaultdict(list)
    for span in spans:
        form = text[span.start : span.end]
        known = not span.odds or (span.type == "LOC" and form in lists.places())
        shares[form].append(1.0 if known else sum(span.odds[: len(TYPES)]))
    kept = {form for form, found in shares.items() if mean(found) >= needed(len(found))}
    return [span for span in spans if text[span.start : span.end] in kept]


def needed(times: int) -> float:
    """How sure the backend must be of a name that the article writes so many times."""
    return NEEDED[times - 1] if times <= len(NEEDED) else NEEDED_OFTEN


# In order: a vote counts written forms, so the forms must be final before it; surnames need people to be settled.
RULES: tuple[Rule, ...] = (
    trimming.trimmed,
    trimming.capitalised,
    trimming.together,
    trimming.complete,
    disjoint,
    trimming.untitled,
    trimming.trimmed,
    nationalities,
    acronyms,
    undescribed,
    located,
    wellknown,
    voted,
    surnames,
    strangers,
    bracketed,
    institutions,
    disjoint,
    believed,
)
