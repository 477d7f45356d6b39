"""`copydesk backup`: a copy of the embedded database, whole, while others work in it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import click

from scripts.options import store_options
from shared.database import engine, named
from shared.errors import DatabaseDown, UsageError


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@store_options
def command(file: Path) -> int:
    """Write the database into FILE as it is at one moment; nobody has to stop.

    To restore it: put FILE into an empty data directory as copydesk.db, and go on with copydesk run. A page store
    (COPYDESK_PAGES_URL) is copied after it, see docs/operations.md; so is how PostgreSQL is backed up.
    """
    if engine().dialect.name != "sqlite":
        raise UsageError(f"{named()} is backed up with PostgreSQL's own pg_dump, see docs/operations.md")
    if not Path(engine().url.database or "").is_file():
        raise UsageError(f"there is no database {named()} (see --data)")
    if file.exists():
        raise UsageError(f"{file} is there already: name a new file")
    write(file)
    print(f"{file}: {file.stat().st_size:,} bytes")
    return 0


def write(file: Path) -> None:
    """Copy the database into `file`, which appears when it is complete and on disk."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # texts are nobody else's
        with closing(engine().raw_connection()) as connection:  # in no transaction, which VACUUM does not bear
            connection.cursor().execute("vacuum into ?", [str(part)])
        os.replace(part, file)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    except sqlite3.Error as error:
        raise DatabaseDown(f"the database {named()} cannot be copied: {error}") from None
    finally:
        part.unlink(missing_ok=True)
