"""The index of words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from shared.searching.index import index_missing
from shared.triggers import SEARCH_POSTGRESQL, SEARCH_SQLITE

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("article_id", BIG, autoincrement=False, nullable=False),
        sa.Column("key", BIG, nullable=False),
        sa.Column("words", TSVECTOR().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_search_entry_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_search_entry_key")),
    )
    for statement in SEARCH_SQLITE if op.get_bind().dialect.name == "sqlite" else SEARCH_POSTGRESQL:
        op.execute(statement)
    while index_missing(op.get_bind()):
        pass


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop table search_words")
    op.drop_table("search_entry")
