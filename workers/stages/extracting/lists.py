"""The word lists beside this file, each read once when it is first asked for."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

COUNTRY: Final = "C"
CAPITAL: Final = "K"
REGION: Final = "R"
CITY: Final = "T"


class Place(NamedTuple):
    """A gazetteer entry: what kind of place, and its country (ISO 3166 alpha-2, None for what spans several)."""

    kind: str
    country: str | None


@dataclass(frozen=True, slots=True)
class Words:
    """Word lists that tell what a name is; all lower case."""

    titles: frozenset[str]
    offices: frozenset[str]
    organisation_words: frozenset[str]
    organisation_endings: frozenset[str]
    legal_forms: frozenset[str]
    place_words: frozenset[str]
    particles: frozenset[str]
    demonyms: frozenset[str]
    calendar: frozenset[str]
    openers: frozenset[str]
    generic: frozenset[str]
    callings: frozenset[str]
    peoples: frozenset[str]


def read(file: str) -> str:
    """A data file of this package."""
    return (files(__package__) / "data" / file).read_text(encoding="utf-8")


@cache
def sections() -> dict[str, str]:
    """words.toml, parsed."""
    parsed: dict[str, str] = tomllib.loads(read("words.toml"))
    return parsed


@cache
def words() -> Words:
    """The small lists."""
    return Words(**{name: frozenset(sections()[name].split()) for name in Words.__slots__})


@cache
def before_people() -> frozenset[str]:
    """What may stand before a person's name in capitals and is no part of it."""
    known = words()
    return known.titles | known.callings | known.offices | known.demonyms


@cache
def of_peoples() -> frozenset[str]:
    """Nationalities, peoples, religions."""
    return words().demonyms | words().peoples


@cache
def no_names() -> frozenset[str]:
    """What is written with a capital and names nobody."""
    known = words()
    return of_peoples() | known.calendar | known.titles | known.generic


@cache
def organisations() -> dict[str, str]:
    """Well-known organisations: every written form to the long form."""
    found = {}
    for line in sections()["organisations"].strip().splitlines():
        forms = line.split("|")
        found.update(dict.fromkeys(forms, forms[-1]))
    return found


@cache
def places() -> dict[str, Place]:
    """The gazetteer: name as written to what it is."""
    rows = (line.split("\t") for line in read("places.tsv").splitlines())
    return {name: Place(kind, country or None) for name, kind, country in rows}


@cache
def aliases() -> dict[str, str]:
    """Places of several names: every other form to the one that stands for them."""
    rows = (line.split("|") for line in sections()["places"].strip().splitlines())
    return {form: forms[0] for forms in rows for form in forms[1:]}


@cache
def given_names() -> frozenset[str]:
    """First names of many languages, without accents."""
    return frozenset(read("given.txt").split())


@cache
def surnames() -> frozenset[str]:
    """Last names of many languages, without accents."""
    return frozenset(read("surnames.txt").split())
