"""Near-duplicate keys are found by key only: the index by article was as large as the table."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_duplicate_key_article_id", table_name="duplicate_key")


def downgrade() -> None:
    op.create_index("ix_duplicate_key_article_id", "duplicate_key", ["article_id"])
