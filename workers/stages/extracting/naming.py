"""Who is who in one article: short forms joined to full names, every entity with its name and key."""

import re
import unicodedata
from collections import Counter
from typing import Final

from workers.stages.extracting import lists
from workers.stages.extracting.mentions import Mention, Span, Type

Form = tuple[Type, str]

SPACE: Final = re.compile(r"\s+")
SMALL: Final = frozenset("of the and for in on at to a an de & du la le di des der und".split())
SHORT_COUNTRY: Final = {
    "U.S.": "United States", "US": "United States", "U.S": "United States", "USA": "United States",
    "U.S.A.": "United States", "America": "United States", "United States of America": "United States",
    "UK": "United Kingdom", "U.K.": "United Kingdom", "Britain": "United Kingdom", "Great Britain": "United Kingdom",
    "UAE": "United Arab Emirates", "Burma": "Myanmar", "Czechia": "Czech Republic", "Kiev": "Kyiv",
    "Türkiye": "Turkey", "Turkiye": "Turkey", "Holland": "Netherlands", "DRC": "Democratic Republic of the Congo",
    "DR Congo": "Democratic Republic of the Congo", "Washington DC": "Washington", "Washington D.C.": "Washington",
    "Washington, D.C.": "Washington", "Russian Federation": "Russia", "PRC": "China", "DPRK": "North Korea",
}  # fmt: skip


def named(text: str, spans: list[Span]) -> list[Mention]:
    """Every span as a mention of an entity of the article."""
    forms = Counter((span.type, surface(text, span)) for span in spans)
    joined = {form: full_name(form, forms, text) for form in forms}
    return [mention(text, span, joined[span.type, surface(text, span)]) for span in spans]


def surface(text: str, span: Span) -> str:
    """The span's words with single spaces."""
    return SPACE.sub(" ", text[span.start : span.end])


def full_name(form: Form, forms: Counter[Form], text: str) -> str:
    """The fullest name in the article that this form stands for."""
    kind, name = form
    if kind == "PER":
        return person(name, forms)
    if kind == "ORG":
        return organisation(name, forms, text)
    return SHORT_COUNTRY.get(name, name)


def person(name: str, forms: Counter[Form]) -> str:
    """The fuller name whose words hold all words of this one; the same last name first, then the most mentioned."""
    words = name.split()
    fuller = [
        (other.split()[-1] == words[-1], count, other)
        for (kind, other), count in forms.items()
        if kind == "PER" and len(other.split()) > len(words) and set(words) <= set(other.split())
    ]
    return max(fuller)[2] if fuller else name


def organisation(name: str, forms: Counter[Form], text: str) -> str:
    """The long form of an acronym, where the article has it."""
    for kind, other in forms:
        if kind == "ORG" and other != name and spells(name, other):
            return other
    return name


def spells(acronym: str, name: str) -> bool:
    """Whether the capitals of a name make the acronym."""
    short = acronym.replace(".", "")
    if not (2 <= len(short) <= 8 and short.isupper()):
        return False
    words = re.findall(r"\w+", name)
    initials = "".join(w[0] for w in words if w.lower() not in SMALL).upper()
    return len(words) > 1 and short in (initials, "".join(w[0] for w in words).upper())


def mention(text: str, span: Span, name: str) -> Mention:
    """The span with its entity."""
    place = lists.places().get(name) if span.type == "LOC" else None
    return Mention(
        start=span.start,
        end=span.end,
        type=span.type,
        surface=text[span.start : span.end],
        name=name,
        key=normalised(lists.organisations().get(name, name) if span.type == "ORG" else name, span.type),
        local=span.type == "PER" and " " not in name,
        country=place.country if place else None,
        score=span.score,
    )


def normalised(name: str, kind: str) -> str:
    """The name as a key: without accents, case, punctuation and an organisation's legal form."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    words = re.findall(r"\w+", plain.replace(".", "").replace("'", "").replace("’", ""))
    if kind == "ORG":
        while len(words) > 1 and words[-1] in lists.words().legal_forms:
            words.pop()
    return " ".join(words) or plain
