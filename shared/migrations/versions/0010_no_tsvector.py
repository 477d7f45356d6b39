"""What the index of words had before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
contracts = "0009"


def upgrade() -> None:
    op.drop_column("search_entry", "words")


def downgrade() -> None:
    op.add_column("search_entry", sa.Column("words", TSVECTOR().with_variant(sa.Text(), "sqlite"), nullable=True))
