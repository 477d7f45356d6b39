"""What pages ask: a source's newest articles and alarm, an entity's newest articles, the latest stories and endings."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ENDS = "outcome in ('dropped', 'quarantined') or (stage = 'deduplicate' and outcome = 'done')"
ALARMS = "alarm in ('yield', 'length', 'dates', 'silence')"
SEVERAL = "merged_into is null and reports > 1"
SOURCE_COLUMNS = ["source_id", "id", "status", "word_count", "published_at"]


def upgrade() -> None:
    op.execute(f"alter table source add column alarm text constraint ck_source_alarm check ({ALARMS})")
    op.add_column("source", sa.Column("judged_at", UtcDateTime(timezone=True), nullable=True))
    _partial("ix_source_alarm", "source", ["id"], "alarm is not null")
    op.create_index("ix_source_judged_at", "source", ["judged_at"])
    op.drop_index("ix_article_source_id", table_name="article")
    _partial("ix_article_source", "article", SOURCE_COLUMNS, "source_id is not null")
    op.drop_index("ix_mention_entity_id", table_name="mention")
    op.create_index("ix_mention_entity", "mention", ["entity_id", "article_id"])
    _partial("ix_stage_run_ended", "stage_run", ["started_at", "outcome"], ENDS)
    _partial("ix_story_last_at", "story", ["last_at", "id"], SEVERAL)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def downgrade() -> None:
    op.drop_index("ix_story_last_at", table_name="story")
    op.drop_index("ix_stage_run_ended", table_name="stage_run")
    op.drop_index("ix_mention_entity", table_name="mention")
    op.create_index("ix_mention_entity_id", "mention", ["entity_id"])
    op.drop_index("ix_article_source", table_name="article")
    op.create_index("ix_article_source_id", "article", ["source_id"])
    op.drop_index("ix_source_judged_at", table_name="source")
    op.drop_index("ix_source_alarm", table_name="source")
    op.drop_column("source", "judged_at")
    op.drop_column("source", "alarm")
