"""The database's schema: brought up to date by Alembic, and compared with the code before work begins."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from shared.database import describe, engine, is_sqlite, named
from shared.errors import DatabaseDown, UsageError

LOCK: Final = 0x_C0_9D_E5C  # any number, the same for everyone who migrates
LOCK_TIMEOUT: Final = "3s"  # who waits for a table makes everybody wait who comes later
TRIES: Final = 40
PAUSE_S: Final = 1.0
TURN_S: Final = 0.2
HELD_UP: Final = ("55P03", "40P01")  # a lock that was not to be had in time, a deadlock with those who work


def configuration() -> Config:
    """Alembic's configuration: the migrations lie beside this file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def migrate(target: str = "head") -> tuple[str | None, str]:
    """Bring the schema up to date; returns the revision before and after. Two at once take turns.

    Raises DatabaseDown where the database cannot be reached, UsageError where a newer version has made it.
    """
    scripts = ScriptDirectory.from_config(configuration())
    wanted = str(scripts.get_current_head() if target == "head" else target)
    try:
        with engine().connect().execution_options(writes=True) as connection, _turn(connection):
            before = _revision(connection)
            if before is not None and before not in _known(scripts):
                raise UsageError(
                    f"the database {named()} is at {before}, which a newer version of Copydesk has made; this one "
                    f"knows {wanted} and before: install the newer version, or restore a backup"
                )
            if before != wanted:
                _upgrade(connection, wanted)
    except OperationalError as error:
        raise DatabaseDown(describe(error)) from None
    return before, wanted


def is_current() -> bool:
    """Whether the schema is the one that this version knows."""
    with engine().connect() as connection:
        return _revision(connection) == _head()


def check() -> str | None:
    """What a worker must know before it works: None, or that the database is newer, which an upgrade in steps allows.

    Raises UsageError where the database is older than the code, DatabaseDown where it cannot be reached.
    """
    scripts = ScriptDirectory.from_config(configuration())
    try:
        with engine().connect() as connection:
            at = _revision(connection)
    except OperationalError as error:
        raise DatabaseDown(describe(error)) from None
    if at == _head():
        return None
    if at is None or at in _known(scripts):
        raise UsageError(
            f"the database {named()} is at {at or 'no revision'}, and this version of Copydesk needs {_head()}: "
            "copydesk migrate, then start this again"
        )
    return f"the database {named()} is at {at}, newer than this version's {_head()}: finish the upgrade"


def _head() -> str:
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


def _known(scripts: ScriptDirectory) -> set[str]:
    return {script.revision for script in scripts.walk_revisions()}


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _turn(connection: Connection) -> Iterator[None]:
    """Nobody else migrates. On SQLite all is one transaction; on PostgreSQL each migration is one of its own."""
    if is_sqlite(connection):
        with connection.begin():  # 'begin immediate'
            yield
        return
    # asked again and again: who waits inside a statement holds up an index that is built beside those who write
    while not connection.scalar(text("select pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        connection.commit()
        time.sleep(TURN_S)
    connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    try:
        yield
    finally:
        connection.invalidate()  # its lock and settings end with it


def _upgrade(connection: Connection, wanted: str) -> None:
    """Migrate, again and again where a table was not free in time: everybody else works in between."""
    config = configuration()
    config.attributes["connection"] = connection
    for attempt in range(1, TRIES + 1):
        if not is_sqlite(connection):
            connection.rollback()  # of what was read: the migrations begin transactions of their own
        try:
            return command.upgrade(config, wanted)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in HELD_UP or attempt == TRIES:
                raise
            time.sleep(PAUSE_S)
