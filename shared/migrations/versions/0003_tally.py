"""The tally of articles, kept by triggers; what is asked for while an article is in work; how long it waited."""

import sqlalchemy as sa
from alembic import op

from shared.triggers import TALLY_POSTGRESQL, TALLY_SQLITE

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = "state in ('submitted', 'done', 'dropped', 'quarantined')"
OPEN = sa.text("next_stage is not null")
FAILED = sa.text("reason is not null")
DUE = sa.text("due_at is not null")
STAGES = "rerun_from in ('fetch', 'clean', 'extract', 'deduplicate')"

FILL = """
    insert into tally (submission_id, state, reason, duplicate, articles)
    select submission_id, 'submitted', '', false, count(*) from article group by submission_id
    union all
    select submission_id, status, coalesce(reason, ''), duplicate_of is not null, count(*)
    from article where next_stage is null group by 1, 2, 3, 4
"""


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "tally",
        sa.Column("submission_id", BIG, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("duplicate", sa.Boolean(), nullable=False),
        sa.Column("articles", BIG, nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_tally_state")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_tally_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "state", "reason", "duplicate", name=op.f("pk_tally")),
    )
    op.create_table(
        "tally_change",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("submission_id", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("duplicate", sa.Boolean(), nullable=False),
        sa.Column("articles", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_change")),
    )
    # as SQL, which is the same on both: Alembic would copy SQLite's table, row by row and with cascading deletes
    op.execute("alter table stage_run add column waited_s float")
    op.execute(f"alter table article add column rerun_from text constraint ck_article_rerun_from check ({STAGES})")
    op.drop_index("ix_article_open", table_name="article")
    open_ = ["next_stage", "queued_at", "leased_until", "created_at"]
    op.create_index("ix_article_open", "article", open_, postgresql_where=OPEN, sqlite_where=OPEN)
    for table in ("host", "source"):
        op.create_index(f"ix_{table}_reason", table, ["reason"], postgresql_where=FAILED, sqlite_where=FAILED)
    op.create_index("ix_article_due", "article", ["due_at", "reason"], postgresql_where=DUE, sqlite_where=DUE)
    op.create_index("ix_article_host_id", "article", ["host_id", "id"])
    op.execute(FILL)
    for statement in TALLY_SQLITE if is_sqlite else TALLY_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("article_added", "article_removed", "article_ended"):
            op.execute(f"drop trigger {trigger}")
    else:
        op.execute("drop function tally_added(), tally_removed(), tally_ended() cascade")
    op.drop_index("ix_article_host_id", table_name="article")
    op.drop_index("ix_source_reason", table_name="source")
    op.drop_index("ix_host_reason", table_name="host")
    op.drop_index("ix_article_open", table_name="article")
    op.create_index("ix_article_open", "article", ["next_stage", "queued_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.drop_index("ix_article_due", table_name="article")
    op.drop_column("article", "rerun_from")
    op.drop_column("stage_run", "waited_s")
    op.drop_table("tally_change")
    op.drop_table("tally")
