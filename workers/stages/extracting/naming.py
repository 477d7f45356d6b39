"""Who is who in one article: short forms joined to full names, every entity with its name and key."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from workers.stages.extracting import lists
from workers.stages.extracting.mentions import Kind, Mention, Span

SPACE: Final = re.compile(r"\s+")
SMALL: Final = frozenset("of the and for in on at to a an de & du la le di des der und".split())
HONOURS: Final = frozenset("phd md mp mbe obe cbe dbe qc kc sc".split())
SUFFIXES: Final = HONOURS | frozenset("jr sr i ii iii iv v vi vii viii ix x xi xii xiv xvi".split())
APART: Final = SMALL | frozenset("north south east west new old upper lower greater".split())  # make another place
WRITTEN_OUT: Final = {
    "st": "street",
    "ave": "avenue",
    "rd": "road",
    "mt": "mount",
    "dept": "department",
    "intl": "international",
}
MOST_FORMS: Final = 1_000  # an article has tens; beyond this many, forms stay apart rather than cost time


class Form(NamedTuple):
    """One way an article writes a name."""

    kind: Kind
    text: str


class Known(NamedTuple):
    """A form with its words, normalised, how often the article has it, and its place among the forms by first use."""

    form: Form
    words: tuple[str, ...]
    times: int
    order: int


def named(text: str, spans: list[Span]) -> list[Mention]:
    """Every span as a mention of an entity of the article."""
    written = [(span, Form(span.type, SPACE.sub(" ", text[span.start : span.end]))) for span in spans]
    forms = Counter(form for _, form in written)
    full = full_forms(forms, text)
    return [mention(text, span, full.get(form, form)) for span, form in written]


def full_forms(forms: Counter[Form], text: str) -> dict[Form, Form]:
    """For every form the fullest form of the same entity."""
    known = [Known(form, words_of(form.text), count, at) for at, (form, count) in enumerate(forms.items())]
    parent: dict[Form, Form] = {}
    if len(known) <= MOST_FORMS:
        for kind, join in JOINS.items():
            parent |= join([one for one in known if one.form.kind == kind], text)
    return {form: top(form, parent) for form in forms}


def top(form: Form, parent: dict[Form, Form]) -> Form:
    """The end of the way from a form to its fuller forms."""
    for _ in range(8):
        if form not in parent:
            break
        form = parent[form]
    return form


@lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    """A name's words without accents, case and punctuation: what is compared."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    return tuple(re.findall(r"\w+", re.sub(r"(?<=\w)[.'’ʻ`](?=\w|$)|(?<=\w)\.", "", plain)))


def people(known: list[Known], _text: str) -> dict[Form, Form]:
    """A shorter name joins the fuller one that holds its words.

    Full names are joined first, so that a lone last name goes to the person with the most mentions under any full
    name, and where that is even to the one whom the article named first.
    """
    parent = same_words(known)
    heads = [one for one in known if one.form not in parent]
    full = [one for one in heads if len(bare(one.words)) > 1]
    parent |= joined(full, full, Counter())
    counts: Counter[Form] = Counter()
    for one in known:
        counts[top(one.form, parent)] += one.times
    lone = [one for one in heads if len(bare(one.words)) == 1]
    return parent | joined(lone, full, counts)


def joined(shorter: list[Known], full: list[Known], counts: Counter[Form]) -> dict[Form, Form]:
    """For each shorter name the full name that fits best."""
    by_word: dict[str, list[Known]] = defaultdict(list)
    for one in full:
        for word in {one.words[0], *bare(one.words)}:
            by_word[word].append(one)
    parent = {}
    for one in shorter:
        words = bare(one.words)
        fitting = [other for other in by_word[words[-1]] if is_fuller(other.words, one.words)]
        # a first name alone looks back: it stands for nobody whom the article has not introduced
        fitting = [other for other in fitting if bare(other.words)[-1] == words[-1] or introduced(other, one)]
        if fitting:
            parent[one.form] = max(fitting, key=lambda other: rank(other, words, counts)).form
    return parent


def introduced(other: Known, one: Known) -> bool:
    """Whether the article had given the full name before; never so for a king's "Charles II"."""
    return one.words == bare(one.words) and other.order < one.order


def bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words up to "Jr", "III", "MBE"."""
    while len(words) > 1 and words[-1] in SUFFIXES:
        words = words[:-1]
    return words


def is_fuller(theirs: tuple[str, ...], ours: tuple[str, ...]) -> bool:
    """Whether their words hold ours in order (an initial stands for its name) and more; no other "II" or "Jr"."""
    their_suffix, our_suffix = theirs[len(bare(theirs)) :], ours[len(bare(ours)) :]
    if their_suffix and our_suffix and their_suffix != our_suffix:
        return False
    theirs, ours = bare(theirs), bare(ours)
    if len(theirs) < len(ours) or theirs == ours:
        return False
    rest = iter(theirs)
    return all(any(word == their or (len(word) == 1 and their.startswith(word)) for their in rest) for word in ours)


def rank(other: Known, words: tuple[str, ...], counts: Counter[Form]) -> tuple[bool, bool, int, int, int]:
    """What speaks for one of several fuller names."""
    theirs = bare(other.words)
    return theirs[-1] == words[-1], theirs[0] == words[0], counts[other.form], other.times, -other.order


def organisations(known: list[Known], text: str) -> dict[Form, Form]:
    """A short form joins the most mentioned of the long names that it may stand for."""
    parent = same_words(known)
    long = Long(known)
    for one in known:
        if one.form not in parent and (fuller := long.names(one, text)):
            parent[one.form] = max(fuller, key=lambda other: (other.times, other.form.text)).form
    return {form: to for form, to in parent.items() if form != to}


class Long:
    """An article's organisations of several words, found by their short forms."""

    def __init__(self, known: list[Known]) -> None:
        self.all = [one for one in known if len(one.words) > 1]
        self.spelled: dict[str, list[Known]] = defaultdict(list)
        self.begun: dict[tuple[str, ...], list[Known]] = defaultdict(list)
        for one in self.all:
            for letters in initials(one.form.text):
                self.spelled[letters].append(one)
            for size in range(1, min(len(one.words), 6)):
                self.begun[one.words[:size]].append(one)

    def names(self, one: Known, text: str) -> list[Known]:
        """The long names of the best evidence there is for a short form."""
        acronym = one.form.text.replace(".", "")
        if acronym.isupper() and (found := self.spelled[acronym]):
            return found
        if found := in_brackets(one, self.all, text):
            return found
        begun = self.begun[one.words]
        if found := [other for other in begun if is_tail(other.words[len(one.words) :])]:
            return found
        if len(one.words) > 1:  # "Columbia University" in New York
            return [other for other in begun if other.words[len(one.words)] == "in"]
        if one.words and one.words[0] in lists.words().organisation_words:  # "the Court", once its name was given
            return [other for other in self.all if one.words[0] in other.words and other.order < one.order]
        return []


def only(fitting: list[Known]) -> list[Known]:
    """The one name that fits; none where there is a choice."""
    return fitting if len({one.words for one in fitting}) == 1 else []


def initials(name: str) -> set[str]:
    """The acronyms that a name makes, with and without its small words and legal form."""
    words = re.findall(r"\w+", name)
    capitals = [word for word in words if word.lower() not in SMALL]
    bare = [word for word in capitals if word.lower() not in lists.words().legal_forms]
    made = {"".join(word[0] for word in some).upper() for some in (words, capitals, bare)}
    return {letters for letters in made if len(letters) > 1}


def in_brackets(one: Known, long: list[Known], text: str) -> list[Known]:
    """The long name that the article puts before this short one in brackets."""
    short = one.form.text
    if len(short) > 10 or " " in short or sum(char.isupper() for char in short) < 2:
        return []
    at = text.find(f"({short})")
    before = text[max(0, at - 120) : at].rstrip(" \"'”’") if at > 0 else ""
    return [other for other in long if before.endswith(other.form.text) and other.form.text[0] == short[0]]


def is_tail(words: tuple[str, ...]) -> bool:
    """Whether the words only say what kind of organisation a name stands for: "University", "Airlines", "Inc"."""
    known = lists.words()
    return all(word in known.organisation_endings or word in known.legal_forms for word in words)


def same_words(known: Iterable[Known]) -> dict[Form, Form]:
    """Forms of the same words, whatever their capitals and points, as the most frequent of them."""
    parent: dict[Form, Form] = {}
    groups: dict[str, list[Known]] = defaultdict(list)
    for one in known:
        spelled = [WRITTEN_OUT.get(word, word) for word in key_of(one.form).split() if word not in SMALL]
        groups[" ".join(spelled) or one.form.text].append(one)
    for group in groups.values():
        best = max(group, key=lambda one: (one.times, len(one.form.text), one.form.text))
        parent |= {one.form: best.form for one in group if one is not best}
    return parent | misspelled([one for one in known if one.form not in parent])


def misspelled(known: list[Known]) -> dict[Form, Form]:
    """A long name written once joins another of the article that one letter parts from it: "Untied Nations"."""
    parent: dict[Form, Form] = {}
    near: dict[str, Known] = {}
    for one in sorted(known, key=lambda one: -one.times):
        letters = "".join(one.words)
        if len(letters) < 7 or not letters.isalpha() or one.words[-1] in SUFFIXES or one.form.text in lists.places():
            continue
        variants = [letters, *(letters[:at] + letters[at + 1 :] for at in range(len(letters) - 1))]  # not a plural's s
        other = next((near[variant] for variant in variants if variant in near), None)
        if other and one.times == 1:
            parent[one.form] = other.form
            continue
        near |= dict.fromkeys(variants, one)
    return parent


def places(known: list[Known], _text: str) -> dict[Form, Form]:
    """A place joins the one longer name that ends in it ("Outer Ring Road"), or that only adds "City"."""
    parent = same_words(known)
    heads = [one for one in known if one.form not in parent]
    longer = defaultdict(list)
    for one in heads:
        for size in range(2, min(len(one.words), 6)):
            if not APART & set(one.words[:-size]):
                longer[one.words[-size:]].append(one)
        if one.words[-1:] == ("city",):
            longer[one.words[:-1]].append(one)
    for one in heads:
        if found := only(longer[one.words]):
            parent[one.form] = found[0].form
    return parent


JOINS: Final[dict[Kind, Callable[[list[Known], str], dict[Form, Form]]]] = {
    "PER": people,
    "ORG": organisations,
    "LOC": places,
}


def mention(text: str, span: Span, full: Form) -> Mention:
    """The span with its entity."""
    assert span.type != "MISC"  # noqa: S101 - for the type checker: settled spans are never MISC
    name = place_name(full.text) if span.type == "LOC" else full.text
    place = lists.places().get(lists.aliases().get(name, name)) if span.type == "LOC" else None
    return Mention(
        start=span.start,
        end=span.end,
        type=span.type,
        surface=text[span.start : span.end],
        name=name,
        key=key_of(full),
        local=span.type == "PER" and " " not in name,
        country=place.country if place else None,
        score=span.score,
    )


def place_name(written: str) -> str:
    """The article's own form, but "United States" for "U.S.", "Britain" and what else countries are called."""
    usual = lists.aliases().get(written, written)
    place = lists.places().get(usual)
    is_country = place is not None and place.kind == lists.COUNTRY
    return usual if is_country or "." in written or written.isupper() else written


def key_of(form: Form) -> str:
    """The identity of a name across articles: without accents, case, points and an organisation's legal form."""
    if form.kind == "LOC":
        return " ".join(words_of(lists.aliases().get(form.text, form.text))) or form.text
    if form.kind == "PER":
        return " ".join(word for word in words_of(form.text) if word not in HONOURS) or form.text
    words = words_of(lists.organisations().get(form.text, form.text))
    while len(words) > 1 and words[-1] in lists.words().legal_forms:
        words = words[:-1]
    return " ".join("united states" if word == "us" else word for word in words) or form.text
