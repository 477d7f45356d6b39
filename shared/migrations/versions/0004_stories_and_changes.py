"""Stories, and the change feed."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "story",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("headline", sa.Text(), nullable=True),
        sa.Column("first_at", MOMENT, nullable=True),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("merged_into", BIG, nullable=True),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("mark", BIG, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("change", BIG, nullable=True),
        sa.CheckConstraint("merged_into is null or merged_into < id", name=op.f("ck_story_oldest_wins")),
        sa.CheckConstraint("merged_into is null or reports = 0", name=op.f("ck_story_merged_is_empty")),
        sa.CheckConstraint("reports >= 0 and articles >= reports", name=op.f("ck_story_counts")),
        sa.ForeignKeyConstraint(["merged_into"], ["story.id"], name=op.f("fk_story_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
    )
    _partial("ix_story_change", "story", "change", sa.text("change is not null"))
    _partial("ix_story_unnumbered", "story", "id", sa.text("change is null"))
    _partial("ix_story_marked", "story", "joined_at", sa.text("mark is not null"))
    _partial("ix_story_open", "story", "joined_at", sa.text("ended_at is null and merged_into is null"))
    op.create_table(
        "report",
        sa.Column("cluster_id", BIG, autoincrement=False, nullable=False),
        sa.Column("story_id", BIG, nullable=True),
        sa.Column("article_id", BIG, nullable=True),
        sa.Column("exact_key", BIG, nullable=True),
        sa.Column("terms", sa.LargeBinary(), nullable=True),
        sa.Column("keyed_at", sa.Integer(), nullable=True),
        sa.Column("mark", BIG, nullable=True),
        sa.Column("marked_at", MOMENT, nullable=True),
        sa.CheckConstraint("(mark is null) = (marked_at is null)", name=op.f("ck_report_marked")),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_report_cluster_id")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_report_story_id")),
        sa.PrimaryKeyConstraint("cluster_id", name=op.f("pk_report")),
    )
    op.create_index(op.f("ix_report_story_id"), "report", ["story_id"])
    _partial("ix_report_marked", "report", "marked_at", sa.text("mark is not null"))
    op.create_table(
        "story_key",
        sa.Column("key", BIG, autoincrement=False, nullable=False),
        sa.Column("cluster_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["report.cluster_id"], name=op.f("fk_story_key_cluster_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", "cluster_id", name=op.f("pk_story_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_story_key_cluster_id"), "story_key", ["cluster_id"])
    op.create_table(
        "turn",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lease_token", BIG, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("queued_at", MOMENT, nullable=True),
        sa.Column("rests_until", MOMENT, nullable=True),
        sa.CheckConstraint("(lease_token is null) = (leased_until is null)", name=op.f("ck_turn_lease")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_turn")),
    )
    op.execute("insert into turn (name) values ('stories')")
    feed = op.create_table(
        "change_feed",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("database_id", sa.Text(), nullable=False),
        sa.Column("last", BIG, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_change_feed_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_feed")),
    )
    # so that a cursor of another database is refused, instead of leaving something out
    op.bulk_insert(feed, [{"id": 1, "database_id": uuid4().hex[:12], "last": 0}])
    op.add_column("article", sa.Column("change", BIG, nullable=True))
    _partial("ix_article_change", "article", "change", sa.text("change is not null"))
    _partial(
        "ix_article_unnumbered",
        "article",
        "id",
        sa.text("change is null and (next_stage is null or due_at is not null)"),
    )
    # what is there already is put into stories by the first worker of the new version
    op.execute(
        "insert into report (cluster_id, mark, marked_at)"
        " select id, 1, current_timestamp from cluster where merged_into is null"
    )


def _partial(name: str, table: str, column: str, where: sa.TextClause) -> None:
    op.create_index(name, table, [column], postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    op.drop_index("ix_article_unnumbered", table_name="article")
    op.drop_index("ix_article_change", table_name="article")
    op.drop_column("article", "change")
    for table in ("change_feed", "turn", "story_key", "report", "story"):
        op.drop_table(table)
