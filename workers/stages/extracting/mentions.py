"""What the extract stage finds: raw spans from a backend, mentions after the article's own evidence."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Type = Literal["PER", "ORG", "LOC"]


class Span(NamedTuple):
    """A name as a backend found it: code points `start` to `end` of the text, its type, how sure the backend is."""

    start: int
    end: int
    type: Type
    score: float


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
