"""Many articles out of some: the database copies them with what belongs to them, under later numbers and dates."""

from typing import Any, Final

from sqlalchemy import Connection, Float, Integer, Table, Text, bindparam, cast, func, insert, literal, select, text

from shared.database import is_sqlite
from shared.models import table
from tests.benchmarks.newsreel import YEARS

SPAN_S: Final = YEARS * 365 * 86_400
# What becomes later by the distance between an article and its copy; a hundred articles are one story.
NUMBERS: Final[dict[str, dict[str, int]]] = {
    "cluster": {"id": 1, "canonical_id": 1},
    "article": {"id": 1, "cluster_id": 1, "duplicate_of": 1, "exact_key": 1, "change": 1},
    "page": {"article_id": 1},
    "stage_run": {"article_id": 1},
    "mention": {"article_id": 1},
    "story": {"id": 100, "change": 100},
    "report": {"cluster_id": 1, "story_id": 100},
    "duplicate_key": {"key": 1, "article_id": 1},
}
OWNERS: Final = {"story": ("id", 100), "cluster": ("id", 1), "article": ("id", 1), "report": ("cluster_id", 1)}
TIMES: Final = {"created_at", "published_at", "fetched_at", "started_at", "first_at", "last_at", "joined_at"}
ADDRESSES: Final = {"url", "canonical_url"}


def copy(connection: Connection, made: int, number: int, articles: int) -> None:
    """Add copy `number` (from 1) of the first `made` articles, of `articles` in all."""
    if not is_sqlite(connection):
        connection.execute(text("set local session_replication_role = replica"))  # no triggers, no look-ups
    given = {"distance": made * number, "later_s": SPAN_S * made * number / articles, "made": made}
    for name, numbers in NUMBERS.items():
        connection.execute(_copying(connection, table(name), numbers), given)


def _copying(connection: Connection, which: Table, numbers: dict[str, int]) -> Any:
    names = [column.name for column in which.c if not (which.name == "stage_run" and column.name == "id")]
    owner, size = OWNERS.get(which.name, ("article_id", 1))
    old = select(*(_later(connection, which.c[name], numbers.get(name)) for name in names))
    return insert(which).from_select(names, old.where(which.c[owner] <= bindparam("made", type_=Integer) // size))


def _later(connection: Connection, column: Any, size: int | None) -> Any:
    distance = bindparam("distance", type_=Integer)
    if size:
        return column + distance // size
    if column.name in ADDRESSES:
        return column + literal("-") + cast(distance, Text)
    if column.name not in TIMES:
        return column
    later_s = bindparam("later_s", type_=Float)
    if is_sqlite(connection):
        return func.strftime("%Y-%m-%d %H:%M:%f000", column, cast(later_s, Text) + " seconds")
    return column + func.make_interval(0, 0, 0, 0, 0, 0, later_s)
