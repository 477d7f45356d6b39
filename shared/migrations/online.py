"""What a migration may do to a table that is large and in use: see docs/operations.md."""

from collections.abc import Sequence
from typing import Any

from alembic import op


def create_index(name: str, table: str, columns: Sequence[Any], *, unique: bool = False, where: Any = None) -> None:
    """An index that PostgreSQL builds beside those who write. A migration that makes one does nothing else.

    It commits what the migration has done so far; one that was interrupted is built anew.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(name, table, columns, unique=unique, sqlite_where=where)
        return
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for those who write, and nobody waits for it
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, unique=unique, postgresql_where=where, postgresql_concurrently=True)
