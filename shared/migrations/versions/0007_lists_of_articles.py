"""Lists of articles by reason, by label, and of those that are quarantined."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_article_reason": (["reason", "id"], "reason is not null"),
    "ix_article_label": (["label", "id"], "label is not null"),
    "ix_article_quarantined": (["id"], "status = 'quarantined'"),
}


def upgrade() -> None:
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, "article", columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="article")
