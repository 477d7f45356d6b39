"""Lists of articles by language: of one that few are written in."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.online import create_index

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index("ix_article_language", "article", ["language", "id"], where=sa.text("language is not null"))


def downgrade() -> None:
    op.drop_index("ix_article_language", table_name="article")
