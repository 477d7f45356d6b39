"""The words of articles are kept as text on PostgreSQL: half as long as a tsvector. What is not indexed yet, is."""

import sqlalchemy as sa
from alembic import op

from shared.searching.index import index_missing
from shared.triggers import SEARCH_POSTGRESQL

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("search_entry", sa.Column("tokens", sa.Text(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("truncate search_entry")
        for statement in SEARCH_POSTGRESQL:
            op.execute(statement)
    index_missing(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_search_entry_tokens", table_name="search_entry")
    op.drop_column("search_entry", "tokens")
