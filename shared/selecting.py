"""Selecting articles: the conditions that people write, in `requeue`, `export`, `search` and on web pages alike.

`status=quarantined reason=worker_lost host=example.org version.clean<7 since=2026-01-01`

A condition is a field, an operator and a value; all conditions must hold. Values separated by commas are alternatives
(with `!=`: none of them may hold). A value with blanks or commas stands in quotes. Nothing of what is given becomes
part of a statement: values travel as parameters, fields and operators are looked up here.
"""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, get_args

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, exists, func, not_, or_, select, union

from shared import entities
from shared.errors import UsageError
from shared.models import EntityType, StageName, Status, article, entity, host, mention, report, source, stage_run
from shared.reasons import PLANS
from shared.urls import BadUrl, canonical_url

COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
EQUALITY: Final = ("=", "!=")
IS: Final = ("=",)
ANY: Final = tuple(COMPARISONS)
LARGEST: Final = 2**63 - 1
NAMES: Final[dict[str, EntityType | None]] = {"entity": None, "person": "PER", "org": "ORG", "place": "LOC"}

TERM = re.compile(r"""(?P<field>[A-Za-z_]+(?:\.[A-Za-z_]+)?)\s*(?P<operator><=|>=|!=|=|<|>|:)\s*(?P<value>.*)""", re.S)
WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")  # blanks inside quotes do not end a word
VALUE = re.compile(r""""([^"]*)"|'([^']*)'|([^,"']+)""")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition as given: `field` is a key of FIELDS, `operator` one of COMPARISONS."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """What may be asked about an article: how to say it in SQL, with which operators, and what `--help` says."""

    meaning: str
    build: Callable[[str, str], ColumnElement[bool]]  # operator and one value
    operators: tuple[str, ...] = EQUALITY


def parse(text: str) -> list[Term]:
    """The conditions in `text`. Raises UsageError naming the part that is none."""
    left = WORD.sub("", text).strip()
    if left:
        raise UsageError(f"condition {text!r}: a quote is opened and never closed")
    return [parse_term(word) for word in WORD.findall(text)]


def parse_term(word: str) -> Term:
    """One condition, such as `host=example.org`. Raises UsageError where it is none."""
    found = TERM.fullmatch(word)
    if found is None:
        raise UsageError(f"condition {word!r}: write FIELD=VALUE, such as status=quarantined; fields: {known_fields()}")
    sign = found["operator"].replace(":", "=")
    values = tuple("".join(groups).strip() for groups in VALUE.findall(found["value"]))
    term = Term(found["field"].lower(), sign, tuple(value for value in values if value))
    condition([term])  # says now what is wrong with it
    return term


def known_fields() -> str:
    """The names of all fields, for messages."""
    return ", ".join(FIELDS)


def condition(terms: Iterable[Term]) -> ColumnElement[bool]:
    """That all of `terms` hold for a row of `article`. Raises UsageError naming the field or value that is wrong."""
    return and_(True, *(_condition(term) for term in terms))


def _condition(term: Term) -> ColumnElement[bool]:
    field = FIELDS.get(term.field)
    if field is None:
        raise UsageError(f"unknown field {term.field!r}: known are {known_fields()}")
    if term.operator not in field.operators:
        raise UsageError(f"{term.field}{term.operator}...: {term.field} is compared with {' '.join(field.operators)}")
    if not term.values:
        raise UsageError(f"{term.field}{term.operator}: a value is missing")
    if len(term.values) > 1 and term.operator not in EQUALITY:
        raise UsageError(f"{term.field}{term.operator}{','.join(term.values)}: one value can be compared, not several")
    try:
        if term.operator == "!=":
            return and_(*(not_(func.coalesce(field.build("=", value), False)) for value in term.values))
        return or_(*(field.build(term.operator, value) for value in term.values))
    except ValueError as error:
        raise UsageError(f"{term.field}{term.operator}{','.join(term.values)}: {error}") from None


# ---- values


def _whole(value: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,19}", value, re.ASCII) or abs(int(value)) > LARGEST:
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def read_moment(value: str, *, end: bool = False) -> datetime:
    """A date or time as given, in UTC where it names no zone; `end` of a day: the first moment of the next.

    Raises ValueError where it is none.
    """
    ago = re.fullmatch(r"(\d{1,5})([hdw])", value, re.ASCII)
    try:
        if ago:
            hours = {"h": 1, "d": 24, "w": 168}[ago[2]] * int(ago[1])
            return datetime.now(UTC) - timedelta(hours=hours)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            day = date.fromisoformat(value) + timedelta(days=1 if end else 0)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} is not a date (write 2026-11-25, 2026-11-25T18:00, 36h, 7d or 2w)") from None


def _word(vocabulary: Sequence[str], value: str) -> str:
    if value not in vocabulary:
        raise ValueError(f"{value!r} is none of {', '.join(vocabulary)}")
    return value


def _yes(value: str) -> bool:
    return _word(("yes", "no"), value) == "yes"


# ---- fields


def _column(column: Any) -> Callable[[str, str], ColumnElement[bool]]:
    """A text column that equals the value."""
    return lambda _, value: column == value


def _number(column: Any) -> Callable[[str, str], ColumnElement[bool]]:
    return lambda sign, value: COMPARISONS[sign](column, _whole(value))


def _status(_: str, value: str) -> ColumnElement[bool]:
    if value == "in_progress":
        return article.c.next_stage.is_not(None)
    return and_(article.c.status == _word((*get_args(Status), "in_progress"), value))


def _reason(_: str, value: str) -> ColumnElement[bool]:
    return and_(article.c.reason == _word(tuple(PLANS), value))


def _stage(_: str, value: str) -> ColumnElement[bool]:
    return and_(article.c.next_stage == _word(get_args(StageName), value))


def _host(_: str, value: str) -> ColumnElement[bool]:
    name = value.casefold()
    under = host.c.name.like("%." + _literal(name[2:]), escape="\\")
    named = or_(host.c.name == name[2:], under) if name.startswith("*.") else host.c.name == name
    return article.c.host_id.in_(select(host.c.id).where(named))


def _literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _url(_: str, value: str) -> ColumnElement[bool]:
    if value.endswith("*"):
        return article.c.canonical_url.like(_literal(value[:-1]) + "%", escape="\\")
    if value.startswith("file:"):
        return and_(article.c.canonical_url == value)
    try:
        return and_(article.c.canonical_url == canonical_url(value))
    except BadUrl as error:
        raise ValueError(str(error)) from None


def _source(_: str, value: str) -> ColumnElement[bool]:
    if value.isdecimal():
        return and_(article.c.source_id == _whole(value))
    try:
        named = source.c.canonical_url == canonical_url(value)
    except BadUrl as error:
        raise ValueError(f"{error}; give the id or the URL of a source") from None
    return article.c.source_id.in_(select(source.c.id).where(named))


def _since(_: str, value: str) -> ColumnElement[bool]:
    return func.coalesce(article.c.published_at, article.c.created_at) >= read_moment(value)


def _until(_: str, value: str) -> ColumnElement[bool]:
    return func.coalesce(article.c.published_at, article.c.created_at) < read_moment(value, end=True)


def _added(sign: str, value: str) -> ColumnElement[bool]:
    return and_(COMPARISONS[sign](article.c.created_at, read_moment(value)))


def named(type_: str | None, value: str) -> Select[Any]:
    """The ids of articles that name an entity: one of this type, by id, name, or a form in which it is written."""
    return select(mention.c.article_id).where(mention.c.entity_id.in_(meant(type_, value)))


def meant(type_: str | None, value: str) -> CompoundSelect[Any]:
    """The ids of the entities that may be meant. Merges by a person are followed, whichever of the merged is given."""
    root = func.coalesce(entity.c.same_as, entity.c.id)
    if value.isdecimal():
        roots = select(root).where(entity.c.id == _whole(value))
    else:
        types = get_args(EntityType) if type_ is None else (type_,)
        roots = select(root).where(entity.c.type.in_(types), entity.c.key.in_(entities.keys_of(value)))
    found = roots.subquery()
    written = entity.alias("written")
    # each way to it has an index, which PostgreSQL would not use for one OR the other
    return union(*(select(written.c.id).where(way.in_(select(found))) for way in (written.c.id, written.c.same_as)))


def _names(type_: str | None) -> Callable[[str, str], ColumnElement[bool]]:
    return lambda _, value: article.c.id.in_(named(type_, value))


def _cluster(_: str, value: str) -> ColumnElement[bool]:
    return and_(article.c.cluster_id == _whole(value))


def _story(_: str, value: str) -> ColumnElement[bool]:
    return article.c.cluster_id.in_(select(report.c.cluster_id).where(report.c.story_id == _whole(value)))


def _duplicate(_: str, value: str) -> ColumnElement[bool]:
    return article.c.duplicate_of.is_not(None) if _yes(value) else article.c.duplicate_of.is_(None)


def _version(stage: StageName) -> Callable[[str, str], ColumnElement[bool]]:
    """The version of a stage that made the article's present results: that of its last run that ended well."""
    later = stage_run.alias("later")
    ran = exists().where(stage_run.c.article_id == article.c.id, *_well(stage_run, stage))
    last = ~exists().where(
        later.c.article_id == stage_run.c.article_id, *_well(later, stage), later.c.id > stage_run.c.id
    )
    return lambda sign, value: ran.where(COMPARISONS[sign](stage_run.c.version, _whole(value)), last)


def _well(run: Any, stage: str) -> tuple[ColumnElement[bool], ...]:
    return run.c.stage == stage, run.c.outcome == "done"


FIELDS: Final[dict[str, Field]] = {
    "id": Field("number of the article", _number(article.c.id), ANY),
    "url": Field("its address; with * at the end, all that begin so", _url),
    "status": Field(f"{', '.join(get_args(Status))}, or in_progress", _status),
    "reason": Field("why it was dropped, quarantined or is tried again", _reason),
    "stage": Field("what is to be done next: fetch, clean, extract, deduplicate", _stage),
    "host": Field("name of its host; *.example.org for all below", _host),
    "source": Field("id or URL of the feed, sitemap or site that named it", _source),
    "submission": Field("number of the call of submit or run that added it", _number(article.c.submission_id), ANY),
    "label": Field("word given with --label", _column(article.c.label)),
    "since": Field("published at or after (where unknown, added): 2026-11-25, 36h, 7d", _since, IS),
    "until": Field("published before the end of, likewise", _until, IS),
    "added": Field("when it became known", _added, ANY),
    "lang": Field("language, such as en", _column(article.c.language)),
    "entity": Field("person, organisation or place that it names: name or id", _names(NAMES["entity"])),
    "person": Field("person that it names", _names(NAMES["person"])),
    "org": Field("organisation that it names", _names(NAMES["org"])),
    "place": Field("place that it names", _names(NAMES["place"])),
    "cluster": Field("number of its cluster of copies", _cluster),
    "story": Field("number of its story", _story),
    "duplicate": Field("yes or no: whether it is a copy of another", _duplicate),
    "word_count": Field("length of its text", _number(article.c.word_count), ANY),
    "revision": Field("number of its present text, from 1", _number(article.c.revision), ANY),
    **{
        f"version.{stage}": Field(f"version of {stage} that made its results", _version(stage), ANY)
        for stage in get_args(StageName)
    },
}
