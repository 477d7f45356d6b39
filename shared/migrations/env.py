"""Alembic's entry: runs the migrations over the connection that `shared.schema` hands in."""

from alembic import context
from sqlmodel import SQLModel

from shared import models

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter most of a table in place
    transaction_per_migration=True,  # on SQLite `shared.schema` has begun one for all
)
with context.begin_transaction():
    context.run_migrations()

__all__ = ["models"]
