"""What a person types into a search box, and the same as SQLite's FTS5 and as PostgreSQL reads it.

`flood "prime minister" dam OR dyke -sport flo* host:example.org since:7d`

All words must occur; `"..."` is a phrase, `OR` joins alternatives, `-` excludes, `*` ends the beginning of a word, and
FIELD:VALUE is a condition of shared/selecting.py. Tokens are letters and digits only, so none can end its quotes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from shared.errors import UsageError
from shared.searching.tokens import tokens
from shared.selecting import FIELDS, Term, parse_term

PART: Final = re.compile(
    r"""(?P<minus>-?)(?:"(?P<phrase>[^"]*)"|(?P<field>[A-Za-z_]+(?:\.[a-z]+)?:(?:"[^"]*"|'[^']*'|[^\s"'])+)|(?P<word>[^\s"]+))"""
)
MOST_WORDS: Final = 40  # in one query
SIGNS = "<>=!"


@dataclass(frozen=True, slots=True)
class Needle:
    """Tokens that follow each other in the text; the last is the beginning of a word where `is_prefix`."""

    tokens: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Of every group of `wanted` one needle must occur, and none of `unwanted`; and `terms` must hold."""

    wanted: tuple[tuple[Needle, ...], ...]
    unwanted: tuple[Needle, ...]
    terms: tuple[Term, ...]

    @property
    def has_phrases(self) -> bool:
        """Whether it matters anywhere what follows what."""
        return any(len(one.tokens) > 1 for group in (*self.wanted, self.unwanted) for one in group)

    @property
    def has_alternatives(self) -> bool:
        """Whether anything is joined by OR."""
        return any(len(group) > 1 for group in self.wanted)


def parse(text: str) -> Query:
    """What is asked for. Raises UsageError naming what cannot be understood."""
    if text.count('"') % 2:
        raise UsageError(f"search {text!r}: a quote is opened and never closed")
    groups: list[list[Needle]] = []
    unwanted: list[Needle] = []
    terms: list[Term] = []
    joins = False
    for part in PART.finditer(text):
        if part["word"] == "OR" and not part["minus"]:
            if not groups or joins:
                raise UsageError(f"search {text!r}: OR stands between two words")
            joins = True
            continue
        if part["field"]:
            terms.append(_term(part["field"], excluded=bool(part["minus"])))
            continue
        if part["word"] and (name := part["word"].removesuffix(":")) in FIELDS and name != part["word"]:
            raise UsageError(f"search {text!r}: {name}: is followed by nothing; write {name}:VALUE, without a space")
        needle = _needle(part["word"] or part["phrase"] or "", is_phrase=part["word"] is None)
        if needle is None:
            continue
        if part["minus"]:
            unwanted.append(needle)
        elif joins:
            groups[-1].append(needle)
        else:
            groups.append([needle])
        joins = False
    return _checked(text, joins, Query(tuple(map(tuple, groups)), tuple(unwanted), tuple(terms)))


def _checked(text: str, joins: bool, query: Query) -> Query:
    if joins:
        raise UsageError(f"search {text!r}: OR stands between two words")
    if not query.wanted and (query.unwanted or not query.terms):
        raise UsageError(f"search {text!r}: give a word to look for, or a condition such as host:example.org")
    if sum(len(needle.tokens) for group in (*query.wanted, query.unwanted) for needle in group) > MOST_WORDS:
        raise UsageError(f"search: more than {MOST_WORDS} words")
    return query


def _term(field: str, *, excluded: bool) -> Term:
    name, _, value = field.partition(":")
    return parse_term(f"{name}{'!=' if excluded else '='}{value}")


def _needle(word: str, *, is_phrase: bool) -> Needle | None:
    found = tuple(tokens(word))
    return Needle(found, not is_phrase and word.endswith("*")) if found else None


# ---- the same in the languages of the databases

TITLE, PROMINENT = "\ue000", "\ue001"  # before a token: it stands in the title; it is what the article is about


@dataclass(frozen=True, slots=True)
class Language:
    """How a database spells a needle, and what joins expressions: strings, or parts of a statement."""

    needle: Callable[[Needle], Any]
    both: Callable[[Sequence[Any]], Any]
    either: Callable[[Sequence[Any]], Any]
    but_not: Callable[[Any, Any], Any]


def _in_words(token: str, prefix: str, follows: str) -> Callable[[Needle], str]:
    """Spells needles, given how a token, the beginning of one, and what follows what are written."""

    def spell_needle(needle: Needle) -> str:
        *first, last = needle.tokens
        spelled = [*map(token.format, first), (prefix if needle.is_prefix else token).format(last)]
        return f"({follows.join(spelled)})" if first else spelled[0]

    return spell_needle


def _joined(joint: str) -> Callable[[Sequence[str]], str]:
    return lambda parts: f"({joint.join(parts)})"


FTS5: Final = Language(_in_words('"{}"', '"{}"*', " + "), _joined(" AND "), _joined(" OR "), "({}) NOT ({})".format)
# its index does not know what follows what: a phrase is all of its words, see `loosened`
TSQUERY: Final = Language(_in_words("'{}'", "'{}':*", " & "), _joined(" & "), _joined(" | "), "({}) & !({})".format)


def spell(query: Query, language: Language, mark: str = "", but_not: str = "") -> Any:
    """The words of a query as the database reads them; with `mark`, that all stand where it says.

    `but_not`: a mark that not all of them may have, so that classes of hits do not overlap.
    """
    wanted = _wanted(query, language, mark)
    if query.unwanted:
        wanted = language.but_not(wanted, language.either([language.needle(one) for one in query.unwanted]))
    return language.but_not(wanted, _wanted(query, language, but_not)) if but_not else wanted


def loosened(query: Query, mark: str, but_not: str) -> str:
    """A tsquery that every match meets, and that those meet which only lack a phrase, or hold an unwanted one.

    Where there are both phrases and alternatives, others may meet it too.
    """
    if query.has_phrases:
        query = replace(query, unwanted=tuple(one for one in query.unwanted if len(one.tokens) == 1))
        but_not = "" if query.has_alternatives else but_not
    return str(spell(query, TSQUERY, mark, but_not))


def _wanted(query: Query, language: Language, mark: str) -> Any:
    return language.both(
        [language.either([_marked(needle, language, mark) for needle in group]) for group in query.wanted]
    )


def _marked(needle: Needle, language: Language, mark: str) -> Any:
    if not mark:
        return language.needle(needle)
    alone = [Needle((mark + token,)) for token in needle.tokens[:-1]]
    alone.append(Needle((mark + needle.tokens[-1],), needle.is_prefix))
    parts = [language.needle(one) for one in alone]
    return language.both([*parts, language.needle(needle)] if len(parts) > 1 else parts)


def words(query: Query) -> Sequence[Needle]:
    """What to mark in a text that was found."""
    return [needle for group in query.wanted for needle in group]
