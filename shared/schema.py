"""The database's schema: brought up to date by Alembic, and checked before work begins."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from shared import triggers  # noqa: F401  (known to the metadata once imported)
from shared.database import describe, engine, is_sqlite
from shared.errors import DatabaseDown

LOCK = 0x_C0_9D_E5C  # any number, the same for everyone who migrates


def configuration() -> Config:
    """Alembic's configuration: the migrations lie beside this file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def migrate() -> tuple[str | None, str]:
    """Bring the schema up to date; returns the revision before and after. Two at once take turns.

    Raises DatabaseDown where the database cannot be reached.
    """
    config = configuration()
    head = str(ScriptDirectory.from_config(config).get_current_head())
    try:
        with engine().connect().execution_options(writes=True) as connection, connection.begin():
            _take_turns(connection)
            before = MigrationContext.configure(connection).get_current_revision()
            if before != head:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except OperationalError as error:
        raise DatabaseDown(describe(error)) from None
    return before, head


def is_current() -> bool:
    """Whether the schema is the one that this version knows."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def _take_turns(connection: Connection) -> None:
    if not is_sqlite(connection):  # SQLite: 'begin immediate' has seen to it
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
