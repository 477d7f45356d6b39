"""What the extract stage finds: raw spans from a backend, mentions after the article's own evidence."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Type = Literal["PER", "ORG", "LOC"]
Kind = Literal["PER", "ORG", "LOC", "MISC"]
TYPES: Final[tuple[Type, ...]] = ("PER", "ORG", "LOC")
KINDS: Final[tuple[Kind, ...]] = ("PER", "ORG", "LOC", "MISC")


class Span(NamedTuple):
    """A name as a backend found it: code points `start` to `end` of the text, its type, how sure the backend is.

    MISC (nationalities, products, events) is evidence for the article's rules and never becomes a mention. `odds`
    are the backend's shares for each of KINDS, where it has more to say than one score.
    """

    start: int
    end: int
    type: Kind
    score: float
    odds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in its text.

    `surface` is `text[start:end]`; `name` is the fullest form of the same entity in the article; `key` is that name
    normalised, the entity's identity across articles together with `type`. A `local` mention (a person known by one
    word only) must not be joined with mentions of other articles. `country` is an ISO 3166 code where the place or
    its country is known.
    """

    start: int
    end: int
    type: Type
    surface: str
    name: str
    key: str
    local: bool
    country: str | None
    score: float
