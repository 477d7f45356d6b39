"""Engine, transactions and the database's clock, alike on SQLite and PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Float,
    Select,
    Table,
    Text,
    bindparam,
    column,
    create_engine,
    event,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from shared.errors import DatabaseDown, UsageError
from shared.settings import settings
from shared.texts import storable, storable_json

BUSY_TIMEOUT_MS = 30_000
SQLITE_DOWN = ("unable to open database", "disk is full", "disk I/O error", "database is locked")
# connections, resources (disk full among them), shutdown and start, the system; a standby that takes no writes
POSTGRES_DOWN = ("08", "53", "57P0", "58", "25006", "25P03")
# A peer that is gone without a word is noticed within half a minute, not after the two hours of the system.
POSTGRES: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    # a worker that the network cut off in the middle of a transaction must not hold its rows for ever
    "options": "-c timezone=utc -c idle_in_transaction_session_timeout=60s -c tcp_keepalives_idle=10"
    " -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4",
    "application_name": "copydesk",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite has no such type: there it is text, sorted as the moments are."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """A text of any length, and of any origin: what no database takes is left out of it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class now(FunctionElement[datetime]):  # noqa: N801  (reads as SQL in queries)
    """The database's clock plus some seconds: `now()`, `now(30)`, `now(host.c.delay_s)`.

    Leases and delays are counted by this one clock, so that a worker whose own clock is wrong harms nobody.
    """

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, seconds: Any = 0.0) -> None:
        super().__init__(literal(float(seconds), Float) if isinstance(seconds, int | float) else seconds)


@compiles(now, "postgresql")
def _now_postgresql(element: now, compiler: Any, **options: Any) -> str:
    return f"(clock_timestamp() + {compiler.process(element.clauses, **options)} * interval '1 second')"


@compiles(now, "sqlite")
def _now_sqlite(element: now, compiler: Any, **options: Any) -> str:
    # %f gives milliseconds; the zeros make the text comparable with stored microseconds
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {compiler.process(element.clauses, **options)} || ' seconds')"


def normalise_url(url: str) -> str:
    """The URL with the driver that Copydesk uses. Raises UsageError for anything but SQLite and PostgreSQL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(
            f"not a database URL: {_without_password(url)!r} (e.g. sqlite:///copydesk.db, postgresql://user@host/name)"
        ) from None
    name = DRIVERS.get(parsed.drivername.partition("+")[0])
    if name is None:
        raise UsageError(f"unknown database {parsed.drivername!r}: use sqlite:///FILE or postgresql://USER@HOST/NAME")
    return parsed.set(drivername=name).render_as_string(hide_password=False)


def _without_password(url: str) -> str:
    return url.rpartition("@")[2]


def make_engine(url: str) -> Engine:
    """An engine for `url` with our pragmas and pool. Nothing is connected yet."""
    url = normalise_url(url)
    if url.startswith("sqlite"):
        waits = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
        engine = create_engine(url, json_serializer=storable_json, connect_args=waits)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        json_serializer=storable_json,
        pool_pre_ping=True,  # a restarted server costs one reconnect, not a failed batch
        pool_size=8,
        connect_args=POSTGRES,
    )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite alone
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = wal",
        "synchronous = normal",
        "foreign_keys = on",
    ):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: a reader that turns writer half-way fails with 'database is locked'."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("begin immediate" if writes else "begin")


@lru_cache(maxsize=4)
def engine(url: str | None = None) -> Engine:
    """This process's engine for `url`, by default the one of the settings."""
    return make_engine(url or settings().database)


@contextmanager
def transaction() -> Iterator[Connection]:
    """A transaction that writes: committed at the end, rolled back on an exception.

    Raises DatabaseDown where the database cannot be reached.
    """
    with _connected() as connection, connection.execution_options(writes=True).begin():
        yield connection


@contextmanager
def reading() -> Iterator[Connection]:
    """A transaction that only reads, and sees all the time what was there at its beginning, so that sums agree.

    Raises DatabaseDown where the database cannot be reached.
    """
    with _connected() as connection, connection.begin():
        if not is_sqlite(connection):  # which sees it so anyway
            # who only reads holds up nobody, however slowly: an export may wait for its reader
            connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")
            connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
        yield connection


@contextmanager
def _connected() -> Iterator[Connection]:
    try:
        with engine().connect() as connection:
            yield connection
    except DBAPIError as error:
        if not (_is_down(error) or _has_no_tables(error) or _has_no_column(error)):
            raise
        raise DatabaseDown(describe(error)) from error


def _is_down(error: DBAPIError) -> bool:
    """Whether the database cannot be reached or cannot work now, as against a statement that failed."""
    said = str(error.orig)
    if error.connection_invalidated or error.statement is None or any(words in said for words in SQLITE_DOWN):
        return True
    return (getattr(error.orig, "sqlstate", None) or "").startswith(POSTGRES_DOWN)


def _has_no_tables(error: DBAPIError) -> bool:
    return "no such table" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "42P01"


def _has_no_column(error: DBAPIError) -> bool:
    return "no such column" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "42703"


def is_passing(error: DBAPIError) -> bool:
    """A deadlock or serialization failure: the same transaction may succeed when repeated."""
    return getattr(error.orig, "sqlstate", None) in ("40P01", "40001")


def named() -> str:
    """The database's URL for a person, without the password."""
    return make_url(settings().database).render_as_string(hide_password=True)


def describe(error: DBAPIError) -> str:
    """One line for a person: which database, and what it said; never the password."""
    where = named()
    if _has_no_column(error):
        return f"the database {where} is of another version than this program: copydesk migrate brings it up to date"
    if _has_no_tables(error):
        return f"the database {where} has no tables yet: copydesk migrate makes them, and so does copydesk run"
    said = str(error.orig).strip().splitlines()[0]
    if "unable to open database" in said:
        said = "its folder is not there or closed (copydesk run makes one; --data or --database names another)"
    return f"the database {where} does not answer: {said}"


def select_given(connection: Connection, rows: Sequence[Mapping[str, Any]], like: Table) -> Select[Any]:
    """A query that yields `rows`, typed as the columns of the same names in the table `like`.

    They travel as one JSON parameter, so that thousands of rows cost one statement on either database: a statement
    for each of them takes twice as long on SQLite, and ten times as long on PostgreSQL.
    """
    return _given(is_sqlite(connection), bindparam("given", list(rows), type_=JSON), tuple(rows[0]), like)


@cache
def given_later(on_sqlite: bool, names: tuple[str, ...], like: Table) -> Select[Any]:
    """The same for statements that are built once and run often: the rows are the parameter `given`."""
    return _given(on_sqlite, bindparam("given", type_=JSON), names, like)


def _given(on_sqlite: bool, given: Any, names: tuple[str, ...], like: Table) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [column(name, like.c[name].type) for name in names]
    if on_sqlite:
        each = func.json_each(given).table_valued("value")
        # `where true`: or SQLite takes the ON of an ON CONFLICT that follows for that of a join
        return select(*(each.c.value.op("->>")(one.key).label(one.key) for one in columns)).where(true())
    return select(func.json_to_recordset(given).table_valued(*columns).render_derived(name="given", with_types=True))


def insert_given(
    connection: Connection, rows: Sequence[Mapping[str, Any]], into: Table, *, if_new: bool = False
) -> None:
    """Insert `rows`, which have the same columns each; `if_new`: those that break no unique constraint."""
    if rows:
        connection.execute(_inserting(is_sqlite(connection), tuple(rows[0]), into, if_new), {"given": list(rows)})


@cache
def _inserting(on_sqlite: bool, names: tuple[str, ...], into: Table, if_new: bool) -> Any:
    insert = sqlite.insert if on_sqlite else postgresql.insert
    statement = insert(into).from_select(list(names), given_later(on_sqlite, names, into))
    return statement.on_conflict_do_nothing() if if_new else statement


def take_turns(connection: Connection, what: str) -> None:
    """Wait until no other transaction does `what`; SQLite has one writer at a time anyway."""
    if not is_sqlite(connection):
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def is_sqlite(connection: Connection) -> bool:
    """Whether this connection speaks to SQLite: for the few statements that differ."""
    return connection.dialect.name == "sqlite"
