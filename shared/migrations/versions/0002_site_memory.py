"""Site memory: blocks of text that recur on a host."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MARKED = sa.text("mark is not null")
KNOWN = sa.text("state is not null or override is not null")
CLEANING = sa.text("next_stage = 'clean'")


def upgrade() -> None:
    op.create_table(
        "site",
        sa.Column("host_id", BIG, nullable=False),
        sa.Column("lease_token", BIG, nullable=True),
        sa.Column("leased_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("queued_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("remembered_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("pause_s", sa.Float(), nullable=False),
        sa.CheckConstraint("(lease_token is null) = (leased_until is null)", name=op.f("ck_site_lease")),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_site_host_id")),
        sa.PrimaryKeyConstraint("host_id", name=op.f("pk_site")),
    )
    op.create_table(
        "site_block",
        sa.Column("host_id", BIG, autoincrement=False, nullable=False),
        sa.Column("block_hash", BIG, autoincrement=False, nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("override", sa.Text(), nullable=True),
        sa.Column("first_article_id", BIG, nullable=True),
        sa.Column("last_article_id", BIG, nullable=True),
        sa.CheckConstraint("override in ('forbidden', 'kept')", name=op.f("ck_site_block_override")),
        sa.CheckConstraint("state in ('boilerplate')", name=op.f("ck_site_block_state")),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_site_block_host_id")),
        sa.PrimaryKeyConstraint("host_id", "block_hash", name=op.f("pk_site_block")),
    )
    op.create_index("ix_site_block_known", "site_block", ["host_id"], postgresql_where=KNOWN, sqlite_where=KNOWN)
    op.create_table(
        "article_blocks",
        sa.Column("article_id", BIG, autoincrement=False, nullable=False),
        sa.Column("host_id", BIG, nullable=False),
        sa.Column("blocks", sa.LargeBinary(), nullable=False),
        sa.Column("mark", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_blocks_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_article_blocks_host_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_blocks")),
    )
    op.create_index(op.f("ix_article_blocks_host_id"), "article_blocks", ["host_id"])
    op.create_index(
        "ix_article_blocks_marked", "article_blocks", ["host_id"], postgresql_where=MARKED, sqlite_where=MARKED
    )
    op.create_index("ix_article_cleaning", "article", ["host_id"], postgresql_where=CLEANING, sqlite_where=CLEANING)


def downgrade() -> None:
    op.drop_index("ix_article_cleaning", table_name="article")
    op.drop_table("article_blocks")
    op.drop_table("site_block")
    op.drop_table("site")
