"""A text made ready for comparison: all its shingles, and which of its words are figures and which are names."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from workers.stages.deduplicating.fingerprints import Hashes, exact_key, shingle_hashes
from workers.stages.deduplicating.tokens import count_words, tokenize

# Weekdays, months and small numbers are what the next edition of a report changes besides digits.
FIGURES: Final = frozenset(
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
    first second third fourth fifth sixth seventh eighth ninth tenth
    monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december
    eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf hundert tausend
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    januar februar märz mai juni juli oktober dezember
    deux trois quatre cinq sept huit neuf dix onze douze cent mille
    lundi mardi mercredi jeudi vendredi samedi dimanche
    janvier février mars avril juin juillet août septembre octobre novembre décembre
    dos tres cuatro cinco seis siete ocho nueve diez once doce cien mil
    lunes martes miércoles jueves viernes sábado domingo
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    """.split()
)
# A capital letter says nothing at the start of a sentence; elsewhere it marks a name in the scripts that have case.
_NAME: Final = re.compile(r"(?:(?<=\w )|(?<=\w[,;:] ))[^\W\d_a-z][\w'\u2019-]+")


@dataclass(frozen=True)
class Document:
    """A text prepared once and compared with many. Costs about as much as a fingerprint; what is rare comes lazily."""

    text: str
    tokens: tuple[str, ...] = field(repr=False)
    sequence: Hashes = field(repr=False, compare=False)  # one hash per shingle, in order of the text

    @cached_property
    def shingles(self) -> Hashes:
        """The different shingles, ascending."""
        return np.unique(self.sequence)

    @cached_property
    def exact(self) -> int:
        """The exact key, as in the fingerprint."""
        return exact_key(self.tokens)

    @cached_property
    def words(self) -> int:
        """Length in words."""
        return count_words(self.tokens)

    @cached_property
    def places(self) -> dict[int, int]:
        """Where each shingle stands (the last place, if it stands there several times)."""
        return {value: place for place, value in enumerate(self.sequence.tolist())}

    @cached_property
    def figures(self) -> frozenset[str]:
        """The tokens that are numbers, weekdays or months."""
        return frozenset(token for token in self.tokens if token in FIGURES or token[0].isdigit())

    @cached_property
    def names(self) -> frozenset[str]:
        """The tokens written as names; empty where the text is in capitals or its script has no case."""
        found = [word for word in _NAME.findall(self.text) if word[0].isupper()]
        capitals = sum(name.isupper() and len(name) > 3 for name in found)
        if capitals > len(found) / 2:
            return frozenset()
        return frozenset(token for name in found for token in tokenize(name)) - FIGURES


def prepare(text: str) -> Document:
    """Make a text ready for comparison."""
    tokens = tokenize(text)
    return Document(text, tuple(tokens), shingle_hashes(tokens))
