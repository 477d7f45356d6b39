"""A text as words with offsets, the case class of each, and what the word lists and the article say about it.

Training and running share this file: a change here asks for a new model.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from typing import Final

from workers.stages.extracting import lists

TOKEN: Final = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+|[^\w\s]|_")
LONGEST_WORD: Final = 64
ENDS: Final = frozenset('.!?:;"“”)]')
CASES: Final = ("lower", "capital", "initial", "upper", "mixed", "digits", "mark", "other")

FLAGS: Final = (  # one bit each, in this order
    "country", "capital", "region", "city", "organisation", "begins", "given", "surname", "organisation_word",
    "organisation_ending", "legal_form", "title", "office", "demonym", "particle", "place_word", "calendar", "opener",
    "line_start", "sentence_start", "glued", "seen_lower", "headline", "called",
)  # fmt: skip
BIT: Final = {name: 1 << at for at, name in enumerate(FLAGS)}
OF_KIND: Final = {"C": BIT["country"], "K": BIT["capital"], "R": BIT["region"], "T": BIT["city"]}


@dataclass(frozen=True, slots=True)
class Words:
    """Parallel lists, one item a word: its first characters, bounds, line number, case class and flags."""

    texts: list[str]
    starts: list[int]
    ends: list[int]
    lines: list[int]
    cases: list[int]
    flags: list[int]


def read(text: str, most: int | None = None) -> Words:
    """The words of a text, at most so many."""
    texts: list[str] = []
    starts, ends, lines = [], [], []
    for number, line in enumerate(re.finditer(r"[^\n\r\u2028\u2029]+", text)):
        room = None if most is None else most - len(texts)
        for match in islice(TOKEN.finditer(text, *line.span()), room):
            texts.append(match.group())
            starts.append(match.start())
            ends.append(match.end())
            lines.append(number)
    heads = [word[:LONGEST_WORD] for word in texts]  # what is remembered between articles stays small
    words = Words(heads, starts, ends, lines, [case(word) for word in heads], [known(word) for word in heads])
    mark_names(words)
    mark_position(words)
    mark_headlines(words)
    mark_article(words)
    return words


@lru_cache(maxsize=20_000)
def case(word: str) -> int:
    """The index of the word's case class in CASES."""
    if not word[0].isalnum():
        return 6
    if word.isdigit():
        return 5
    if word.islower():
        return 0
    if word.isupper():
        return 2 if len(word) == 1 else 3
    if word.istitle() or (word[0].isupper() and word[1:].islower()):
        return 1
    return 4 if any(c.isupper() for c in word) or any(c.isdigit() for c in word) else 7


@lru_cache(maxsize=20_000)
def known(word: str) -> int:
    """The flags that the word lists give to a word alone."""
    lists_of = table()
    lower = word.lower()
    flags = lists_of.get(lower, 0)
    if word != lower and word[0].isalpha():
        plain = plain_capital(word)
        flags |= BIT["given"] if plain in lists.given_names() else 0
        flags |= BIT["surname"] if plain in lists.surnames() else 0
    return flags


def plain_capital(word: str) -> str:
    """The word without accents, and in capitals only at the front where it is in capitals throughout."""
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return word.capitalize() if len(word) > 2 and word.isupper() else word


@cache
def table() -> dict[str, int]:
    """Lower-case word to the flags of the small lists that hold it."""
    known_words = lists.words()
    of_list = (
        ("organisation_word", known_words.organisation_words),
        ("organisation_ending", known_words.organisation_endings),
        ("legal_form", known_words.legal_forms),
        ("title", known_words.titles),
        ("office", known_words.offices),
        ("demonym", known_words.demonyms),
        ("particle", known_words.particles),
        ("place_word", known_words.place_words),
        ("calendar", known_words.calendar),
        ("opener", known_words.openers),
    )
    found: dict[str, int] = {}
    for flag, members in of_list:
        for member in members:
            found[member] = found.get(member, 0) | BIT[flag]
    return found


@cache
def names() -> dict[str, list[tuple[tuple[str, ...], int]]]:
    """Known names of places and organisations by their first word, the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    everything = [(name, OF_KIND[place.kind]) for name, place in lists.places().items()]
    everything += [(name, BIT["organisation"]) for name in lists.organisations()]
    for name, flag in everything:
        words = tuple(TOKEN.findall(name))
        found.setdefault(words[0], []).append((words, flag))
    for candidates in found.values():
        candidates.sort(key=lambda candidate: -len(candidate[0]))
    return found


def mark_names(words: Words) -> None:
    """Flag every word of a known name of several words, and the word that begins it; the longest name wins."""
    index, texts, flags = names(), words.texts, words.flags
    at = 0
    while at < len(texts):
        step = 1
        longest = 0
        for name, flag in index.get(spelled(texts[at]), ()):
            if len(name) < longest:
                break
            if len(name) == 1 or matches(texts, at, name):
                longest = step = len(name)
                flags[at] |= BIT["begins"]
                for inside in range(at, at + step):
                    flags[inside] |= flag
        at += step


def spelled(word: str) -> str:
    """The word as the lists would spell it: PARIS as Paris, but acronyms as they are."""
    return word.capitalize() if len(word) > 4 and word.isupper() else word


def matches(texts: list[str], at: int, name: tuple[str, ...]) -> bool:
    """Whether the words from `at` on are the name."""
    if len(texts) - at < len(name):
        return False
    return all(spelled(texts[at + i]) == word for i, word in enumerate(name))


def mark_position(words: Words) -> None:
    """Flag beginnings of lines and sentences, and words that no space parts from the word before."""
    flags = words.flags
    for at in range(len(flags)):
        if at == 0 or words.lines[at] != words.lines[at - 1]:
            flags[at] |= BIT["line_start"] | BIT["sentence_start"]
            continue
        if words.texts[at - 1] in ENDS:
            flags[at] |= BIT["sentence_start"]
        if words.starts[at] == words.ends[at - 1]:
            flags[at] |= BIT["glued"]


def mark_headlines(words: Words) -> None:
    """Flag all words of lines where nearly every longer word has a capital: case tells little there."""
    first = 0
    total = len(words.texts)
    for at in range(1, total + 1):
        if at < total and words.lines[at] == words.lines[first]:
            continue
        long = [words.cases[i] for i in range(first, at) if len(words.texts[i]) > 3 and words.cases[i] < 5]
        if len(long) > 3 and sum(c != 0 for c in long) > 0.7 * len(long):
            for inside in range(first, at):
                words.flags[inside] |= BIT["headline"]
        first = at


def mark_article(words: Words) -> None:
    """Flag words that the article also has in lower case, and those it has after a title or given name."""
    lower = {text for text, kind in zip(words.texts, words.cases, strict=True) if kind == 0}
    caller = BIT["title"] | BIT["given"]
    called = {
        words.texts[at]
        for at in range(1, len(words.texts))
        if words.cases[at] == 1 and words.flags[at - 1] & caller and words.cases[at - 1] == 1
    }
    for at, text in enumerate(words.texts):
        kind = words.cases[at]
        if kind in (1, 2, 3, 4):
            if text.lower() in lower:
                words.flags[at] |= BIT["seen_lower"]
            if text in called:
                words.flags[at] |= BIT["called"]
