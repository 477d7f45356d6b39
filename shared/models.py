"""The tables. What the database can enforce, it enforces, on SQLite and PostgreSQL alike."""

from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.database import UtcDateTime, Words, now

Status = Literal["submitted", "fetched", "cleaned", "extracted", "done", "dropped", "quarantined"]
StageName = Literal["fetch", "clean", "extract", "deduplicate"]
SourceStageName = Literal["fetch", "discover"]
SourceKind = Literal["unknown", "feed", "sitemap", "site"]
Outcome = Literal["done", "retry", "dropped", "quarantined", "lost"]
EntityType = Literal["PER", "ORG", "LOC"]
BlockState = Literal["boilerplate"]
BlockOverride = Literal["forbidden", "kept"]
Alarm = Literal["yield", "length", "dates", "silence"]
Relation = Literal["copy", "update", "excerpt", "template"]
TallyState = Literal["submitted", "done", "dropped", "quarantined"]

# A stage run after which nothing is left to be done.
ENDS: Final = "outcome in ('dropped', 'quarantined') or (stage = 'deduplicate' and outcome = 'done')"
QUARANTINED: Final = "article.status = 'quarantined'"
SEVERAL_REPORTS: Final = "merged_into is null and reports > 1"  # what a person calls a story
FINAL: Final = ("done", "dropped", "quarantined")
AT_REST: Final = "(next_stage is null or due_at is not null)"  # nothing is done about an article now

# Constraint names are fixed so that a migration can name what it changes.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER primary key
JSON_TYPE = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def one_of(column: str, vocabulary: Any, name: str | None = None) -> CheckConstraint:
    """A check that `column` is null or one of the words of a Literal."""
    words = ", ".join(f"'{word}'" for word in get_args(vocabulary))
    return CheckConstraint(f"{column} in ({words})", name=name or column)


def key() -> Any:
    """A surrogate primary key."""
    return Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))


def reference(target: str, *, null: bool = False, index: bool = False, **options: Any) -> Any:
    """A foreign key to `target`'s primary key."""
    column = Column(BIG, ForeignKey(target, ondelete=options.pop("ondelete", None)), nullable=null, index=index)
    return Field(default=None, sa_column=column)


def moment(*, null: bool = True) -> Any:
    """A time in UTC; where it may not be null, the row's birth."""
    default = None if null else now()
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=null, default=default))


def words(*, null: bool = True, **options: Any) -> Any:
    """A text of any length."""
    return Field(default=None, sa_column=Column(Words, nullable=null, **options))


def number(default: int | None = None, *, null: bool = False, type_: Any = Integer) -> Any:
    """A whole number; with a default it may not be null."""
    return Field(default=default, sa_column=Column(type_, nullable=null, default=default))


def yes_or_no() -> Any:
    """A flag, off at first."""
    return Field(default=False, sa_column=Column(Boolean, nullable=False, default=False, server_default=false()))


def document(*, null: bool = True) -> Any:
    """A JSON value."""
    return Field(default=None, sa_column=Column(JSON_TYPE, nullable=null))


def claimable(stages: Any) -> tuple[Any, ...]:
    """The constraints of rows that workers claim: what is to be done, whose it is, and until when."""
    return (
        one_of("next_stage", stages),
        CheckConstraint("(lease_token is null) = (leased_until is null)", name="lease"),
        CheckConstraint("lease_token is null or next_stage is not null", name="lease_has_stage"),
        CheckConstraint("attempts >= 0 and lost >= 0", name="attempts"),
    )


def partial(name: str, *columns: Any, where: str) -> Index:
    """An index of the few rows that meet `where`."""
    return Index(name, *columns, postgresql_where=sql(where), sqlite_where=sql(where))


class Submission(SQLModel, table=True):
    """One call of submit or run."""

    id: int = key()
    label: str | None = words()
    given: list[str] = document(null=False)
    found: int = number(0)  # articles named, known ones included
    new: int = number(0)  # of these, rows added
    bad: int = number(0)  # entries that could not be used
    created_at: datetime = moment(null=False)


class Host(SQLModel, table=True):
    """A host name: politeness clock and lease in one column, its robots.txt, its behaviour.

    `next_allowed_at` null: nothing is waiting. In the future: its delay has not passed, or a worker holds it.
    """

    id: int = key()
    name: str = words(null=False, unique=True)
    next_allowed_at: datetime | None = moment()
    delay_s: float | None = None  # longer than the setting after 429 or 503; null: the setting
    crawl_delay_s: float | None = None  # published in robots.txt
    strikes: int = number(0)
    successes: int = number(0)
    reason: str | None = words()  # of the last failure; null when the last request went well
    robots_text: str | None = words()
    robots_url: str | None = words()  # where a redirect of robots.txt leads
    robots_hops: int = number(0, type_=SmallInteger)
    robots_checked_at: datetime | None = moment()

    __table_args__ = (
        partial("ix_host_due", "next_allowed_at", where="next_allowed_at is not null"),
        partial("ix_host_reason", "reason", where="reason is not null"),
    )


class Source(SQLModel, table=True):
    """A feed, sitemap or site: where articles come from, and its polling state."""

    id: int = key()
    url: str = words(null=False)
    location: str | None = words()  # where a redirect led: to be fetched instead of `url`
    canonical_url: str = words(null=False, unique=True)
    kind: str = words(null=False)
    host_id: int = reference("host.id")
    submission_id: int = reference("submission.id", index=True)
    parent_id: int | None = reference("source.id", null=True)
    depth: int = number(0, type_=SmallInteger)
    label: str | None = words()
    priority: int = number(0, type_=SmallInteger)
    title: str | None = words()

    next_stage: str | None = words()
    lease_token: int | None = number(null=True, type_=BIG)
    leased_until: datetime | None = moment()
    attempts: int = number(0, type_=SmallInteger)
    lost: int = number(0, type_=SmallInteger)
    due_at: datetime | None = moment()
    queued_at: datetime | None = moment()
    reason: str | None = words()
    detail: str | None = words()
    hops: list[str] | None = document()  # addresses that answered with a redirect, oldest first

    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))  # zstd, until discovered
    content_type: str | None = words()
    etag: str | None = words()
    last_modified: str | None = words()
    found: int = number(0)
    new: int = number(0)
    polled_at: datetime | None = moment()
    created_at: datetime = moment(null=False)

    watched: bool = yes_or_no()  # read again for ever
    paused: bool = yes_or_no()  # by a person, or retired after too many failures
    guessed: bool = yes_or_no()  # one of the usual places: forgotten again if it is not there
    interval_s: float | None = None
    floor_s: float | None = None  # the shortest interval that the source asks for
    failures: int = number(0)  # in a row
    body_hash: int | None = number(null=True, type_=BIG)  # of the last body read

    alarm: str | None = words()  # what its newest articles lack against those before them
    judged_at: datetime | None = moment()  # when that was last looked at

    __table_args__ = (
        *claimable(SourceStageName),
        one_of("kind", SourceKind),
        one_of("alarm", Alarm),
        partial("ix_source_alarm", "id", where="alarm is not null"),
        Index("ix_source_judged_at", "judged_at"),
        partial(
            "ix_source_frontier",
            "host_id",
            "id",
            where="next_stage = 'fetch' and lease_token is null and due_at is null",
        ),
        partial("ix_source_open", "next_stage", "queued_at", where="next_stage is not null"),
        partial("ix_source_reason", "reason", where="reason is not null"),
    )


class Article(SQLModel, table=True):
    """A canonical URL. `status` says how far the stored results reach, `next_stage` what is to be done."""

    id: int = key()
    url: str = words(null=False)
    location: str | None = words()  # where a redirect led: to be fetched instead of `url`
    canonical_url: str = words(null=False, unique=True)
    host_id: int | None = reference("host.id", null=True)
    source_id: int | None = reference("source.id", null=True)
    submission_id: int = reference("submission.id", index=True)
    label: str | None = words()
    priority: int = number(0, type_=SmallInteger)

    status: str = words(null=False)
    next_stage: str | None = words()
    lease_token: int | None = number(null=True, type_=BIG)
    leased_until: datetime | None = moment()
    attempts: int = number(0, type_=SmallInteger)  # at the next stage, counted before the work
    lost: int = number(0, type_=SmallInteger)  # of these, leases that ran out
    due_at: datetime | None = moment()  # a retry: not before this
    queued_at: datetime | None = moment()  # when a message last named it
    rerun_from: str | None = words()  # asked for while a worker was at it: what to do once that has ended
    reason: str | None = words()
    detail: str | None = words()
    hops: list[str] | None = document()  # addresses that answered with a redirect, oldest first

    title: str | None = words()
    subtitle: str | None = words()
    authors: list[str] | None = document()
    agency: str | None = words()
    published_at: datetime | None = moment()
    modified_at: datetime | None = moment()
    language: str | None = words()
    section: str | None = words()
    image_url: str | None = words()
    site_name: str | None = words()
    paywalled: bool | None = None
    text: str | None = words()
    markdown: str | None = words()  # null where the text has paragraphs only, between which blank lines would stand
    word_count: int | None = number(null=True)
    removed: list[dict[str, str]] | None = document()
    provenance: dict[str, str] | None = document()
    published_as: str | None = words()  # rel=canonical of the page, where it names another URL

    entities_skipped: str | None = words()  # why no names were looked for; null: they were
    exact_key: int | None = number(null=True, type_=BIG)
    cluster_id: int | None = reference("cluster.id", null=True, index=True)
    duplicate_of: int | None = reference("article.id", null=True)
    relation: str | None = words()
    similarity: float | None = None
    revision: int = number(1)
    fetched_at: datetime | None = moment()
    refetched: bool = yes_or_no()  # the page is newer than the text: another text will be a revision
    source_updated_at: datetime | None = moment()  # when its feed last said that it was updated
    created_at: datetime = moment(null=False)
    change: int | None = number(null=True, type_=BIG)  # place in the change feed; null: to be numbered when at rest

    __table_args__ = (
        *claimable(StageName),
        one_of("rerun_from", StageName),
        one_of("status", Status),
        one_of("relation", Relation),
        one_of("entities_skipped", Literal["language"]),
        CheckConstraint("status not in ('dropped', 'quarantined') or reason is not null", name="end_has_reason"),
        CheckConstraint("status <> 'done' or cluster_id is not null", name="done_has_cluster"),
        CheckConstraint("duplicate_of is null or duplicate_of <> id", name="not_its_own_duplicate"),
        CheckConstraint(
            "next_stage is not null or status in ('done', 'dropped', 'quarantined')", name="open_has_next_stage"
        ),
        partial(
            "ix_article_frontier",
            "host_id",
            sql("priority desc"),
            "id",
            where="next_stage = 'fetch' and lease_token is null and due_at is null",
        ),
        # the last two: that monitoring reads the index alone
        partial(
            "ix_article_open", "next_stage", "queued_at", "leased_until", "created_at", where="next_stage is not null"
        ),
        partial("ix_article_due", "due_at", "reason", where="due_at is not null"),
        Index("ix_article_host_id", "host_id", "id"),
        partial("ix_article_cleaning", "host_id", where="next_stage = 'clean'"),
        partial("ix_article_exact_key", "exact_key", where="exact_key is not null"),
        partial("ix_article_change", "change", where="change is not null"),
        partial("ix_article_unnumbered", "id", where=f"change is null and {AT_REST}"),
        partial("ix_article_reason", "reason", "id", where="reason is not null"),
        partial("ix_article_label", "label", "id", where="label is not null"),
        partial("ix_article_language", "language", "id", where="language is not null"),
        partial("ix_article_quarantined", "id", where="status = 'quarantined'"),
        # all that is asked of a source's newest articles: without a look at the rows, which are long
        partial(
            "ix_article_source",
            "source_id",
            "id",
            "status",
            "word_count",
            "published_at",
            where="source_id is not null",
        ),
    )


class Page(SQLModel, table=True):
    """The stored response of an article: enough to re-run every later stage without the network."""

    article_id: int = Field(
        default=None, sa_column=Column(BIG, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    )
    url: str = words(null=False)  # where the body came from in the end
    status_code: int | None = number(null=True, type_=SmallInteger)  # null: given, not fetched
    headers: dict[str, str] = document(null=False)
    content_type: str | None = words()
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))  # zstd
    kept_at: str | None = words()  # where the body lies instead, in the page store
    size: int = number(0)  # of the body, unpacked
    given: dict[str, Any] | None = document()  # metadata that came with a JSONL line or WARC record
    fetched_at: datetime = moment(null=False)

    __table_args__ = (CheckConstraint("(body is null) <> (kept_at is null)", name="one_body"),)


class Revision(SQLModel, table=True):
    """An earlier text of an article, as it was before its page was fetched again and had another."""

    article_id: int = Field(
        default=None,
        sa_column=Column(BIG, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    )
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    title: str | None = words()
    text: str = words(null=False)
    exact_key: int = Field(sa_column=Column(BIG, nullable=False))
    fetched_at: datetime | None = moment()
    replaced_at: datetime = moment(null=False)


class Site(SQLModel, table=True):
    """A host as site memory knows it: when it was last learnt from, and who is at it. Born with its first text."""

    host_id: int = Field(default=None, sa_column=Column(BIG, ForeignKey("host.id"), primary_key=True))
    lease_token: int | None = number(null=True, type_=BIG)
    leased_until: datetime | None = moment()
    attempts: int = number(0, type_=SmallInteger)  # since the last one that succeeded, counted before the work
    queued_at: datetime | None = moment()  # when a message last named it
    remembered_at: datetime = moment(null=False)
    pause_s: float = Field(default=0.0, nullable=False)  # until the next round, by how long the last one took

    __table_args__ = (CheckConstraint("(lease_token is null) = (leased_until is null)", name="lease"),)


class SiteBlock(SQLModel, table=True):
    """A block of text that recurs on a host, in how many distinct articles, and whether it is removed from them."""

    __tablename__ = "site_block"
    host_id: int = Field(sa_column=Column(BIG, ForeignKey("host.id"), primary_key=True, autoincrement=False))
    block_hash: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    sample: str = words(null=False)  # as one article has it
    word_count: int = number(0)
    articles: int = number(0)
    state: str | None = words()
    override: str | None = words()  # what a person has said of it
    first_article_id: int | None = number(null=True, type_=BIG)
    last_article_id: int | None = number(null=True, type_=BIG)

    __table_args__ = (
        one_of("state", BlockState),
        one_of("override", BlockOverride),
        partial("ix_site_block_known", "host_id", where="state is not null or override is not null"),
    )


class ArticleBlocks(SQLModel, table=True):
    """The blocks of an article's text without their words, packed, before site memory took from them.

    `mark` is set when they are stored and cleared when site memory has learnt from them.
    """

    __tablename__ = "article_blocks"
    article_id: int = Field(
        sa_column=Column(BIG, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    host_id: int = reference("host.id", index=True)
    blocks: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    mark: int | None = number(null=True, type_=BIG)

    __table_args__ = (partial("ix_article_blocks_marked", "host_id", where="mark is not null"),)


class StageRun(SQLModel, table=True):
    """The ledger: one row per article, stage and attempt."""

    __tablename__ = "stage_run"
    id: int = key()
    article_id: int = reference("article.id", index=True, ondelete="CASCADE")
    stage: str = words(null=False)
    version: int = number(1, type_=SmallInteger)
    attempt: int = number(1, type_=SmallInteger)
    outcome: str = words(null=False)
    reason: str | None = words()
    detail: str | None = words()
    started_at: datetime = moment(null=False)
    seconds: float | None = None
    waited_s: float | None = None  # for a worker, before it began; null where that cannot be said

    __table_args__ = (
        one_of("stage", StageName),
        one_of("outcome", Outcome),
        CheckConstraint("outcome = 'done' or reason is not null", name="failure_has_reason"),
        partial("ix_stage_run_ended", "started_at", "outcome", where=ENDS),
    )


class Tally(SQLModel, table=True):
    """How many articles of a submission were added (`submitted`), or have ended so; kept by triggers (triggers.py).

    `reason` is empty where there is none. On PostgreSQL what tally_change holds is to be added.
    """

    submission_id: int = Field(
        sa_column=Column(BIG, ForeignKey("submission.id"), primary_key=True, autoincrement=False)
    )
    state: str = Field(sa_column=Column(Words, primary_key=True))
    reason: str = Field(sa_column=Column(Words, primary_key=True))
    duplicate: bool = Field(sa_column=Column(Boolean, primary_key=True))
    articles: int = number(0, type_=BIG)

    __table_args__ = (one_of("state", TallyState),)


class TallyChange(SQLModel, table=True):
    """What is to be added to the tally: rows that nobody waits for, until dispatch folds them."""

    __tablename__ = "tally_change"
    id: int = key()
    submission_id: int = Field(sa_column=Column(BIG, nullable=False))
    state: str = words(null=False)
    reason: str = words(null=False)
    duplicate: bool = Field(sa_column=Column(Boolean, nullable=False))
    articles: int = number(type_=BIG)


class Entity(SQLModel, table=True):
    """A person, organisation or place, one row whatever articles call it. `key` is its normalised name."""

    id: int = key()
    type: str = words(null=False)
    key: str = words(null=False)
    name: str = words(null=False)
    country: str | None = words()
    same_as: int | None = reference("entity.id", null=True, index=True)  # a person has said so; never a chain

    __table_args__ = (
        one_of("type", EntityType),
        CheckConstraint("same_as is null or same_as <> id", name="not_itself"),
        Index("uq_entity_type_key", "type", "key", unique=True),
    )


class Mention(SQLModel, table=True):
    """A place in an article's text where an entity is named; code points, end exclusive."""

    article_id: int = Field(
        default=None, sa_column=Column(BIG, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    )
    start: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    end: int = Field(sa_column=Column("end", Integer, nullable=False))
    entity_id: int = reference("entity.id")
    surface: str = words(null=False)

    __table_args__ = (
        CheckConstraint('start >= 0 and "end" > start', name="span"),
        Index("ix_mention_entity", "entity_id", "article_id"),  # its newest articles
    )


class SearchEntry(SQLModel, table=True):
    """An article in the index of words. `key`: when it was published and its id, in one number (searching/index.py).

    On PostgreSQL the words are in `tokens`; on SQLite in search_words, an FTS5 table whose rowid is the key.
    """

    __tablename__ = "search_entry"
    article_id: int = Field(
        sa_column=Column(BIG, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    key: int = Field(sa_column=Column(BIG, nullable=False, unique=True))
    tokens: str | None = words()


class Cluster(SQLModel, table=True):
    """Copies of one text. Born with its first article's id; `merged_into` leads from a loser to the winner."""

    id: int = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=False))
    canonical_id: int | None = Field(default=None, sa_column=Column(BIG, nullable=True))  # no key: it would be a circle
    size: int = number(1)
    merged_into: int | None = reference("cluster.id", null=True)
    created_at: datetime = moment(null=False)

    __table_args__ = (
        CheckConstraint("merged_into is null or merged_into < id", name="smallest_wins"),
        CheckConstraint("size >= 0", name="size"),
    )


class DuplicateKey(SQLModel, table=True):
    """Near-duplicate index: the smallest hashes of an article's word 5-grams."""

    __tablename__ = "duplicate_key"
    key: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    article_id: int = Field(sa_column=Column(BIG, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True))
    scheme: int = number(1, type_=SmallInteger)

    __table_args__ = ({"sqlite_with_rowid": False},)


class DuplicateLink(SQLModel, table=True):
    """The evidence: what comparing two articles said. `article_id` is the one that was looked at later."""

    __tablename__ = "duplicate_link"
    article_id: int = Field(
        sa_column=Column(BIG, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    other_id: int = Field(
        sa_column=Column(
            BIG, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
        )
    )
    relation: str = words(null=False)
    similarity: float = Field(nullable=False)
    jaccard: float = Field(nullable=False)
    containment: float = Field(nullable=False)

    __table_args__ = (one_of("relation", Relation), CheckConstraint("article_id <> other_id", name="two"))


class Story(SQLModel, table=True):
    """An event that clusters report in different words. `merged_into` leads from a younger story to the older one.

    `mark` is set when its reports change and cleared when all of them have been looked at again, in quiet.
    """

    id: int = key()
    headline: str | None = words()  # of the report that is nearest to all others
    first_at: datetime | None = moment()  # when its first and last report were published, or else met
    last_at: datetime | None = moment()
    reports: int = number(0)  # clusters
    articles: int = number(0)  # copies included
    merged_into: int | None = reference("story.id", null=True)
    joined_at: datetime = moment(null=False)  # when a report last joined
    ended_at: datetime | None = moment()  # nothing joins any more
    mark: int | None = number(null=True, type_=BIG)
    created_at: datetime = moment(null=False)
    change: int | None = number(null=True, type_=BIG)  # place in the change feed; null: to be numbered

    __table_args__ = (
        CheckConstraint("merged_into is null or merged_into < id", name="oldest_wins"),
        CheckConstraint("merged_into is null or reports = 0", name="merged_is_empty"),
        CheckConstraint("reports >= 0 and articles >= reports", name="counts"),
        partial("ix_story_change", "change", where="change is not null"),
        partial("ix_story_unnumbered", "id", where="change is null"),
        partial("ix_story_marked", "joined_at", where="mark is not null"),
        partial("ix_story_open", "joined_at", where="ended_at is null and merged_into is null"),
        partial("ix_story_last_at", "last_at", "id", where=SEVERAL_REPORTS),
    )


class Report(SQLModel, table=True):
    """A cluster as a story sees it: the weighted terms of its display canonical, packed, and the story it is in.

    `mark` is set when the cluster changes, and cleared when it has been put into a story, or taken out of one.
    """

    cluster_id: int = Field(
        default=None, sa_column=Column(BIG, ForeignKey("cluster.id"), primary_key=True, autoincrement=False)
    )
    story_id: int | None = reference("story.id", null=True, index=True)
    article_id: int | None = number(null=True, type_=BIG)  # whose terms these are, and of which text
    exact_key: int | None = number(null=True, type_=BIG)
    terms: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))  # null once its story ended
    keyed_at: int | None = number(null=True)  # how many reports were known when its keys were chosen
    mark: int | None = number(null=True, type_=BIG)
    marked_at: datetime | None = moment()

    __table_args__ = (
        CheckConstraint("(mark is null) = (marked_at is null)", name="marked"),
        partial("ix_report_marked", "marked_at", where="mark is not null"),
    )


class StoryKey(SQLModel, table=True):
    """Index of reports by their rarest terms, for as long as their stories have not ended."""

    __tablename__ = "story_key"
    key: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    cluster_id: int = Field(
        sa_column=Column(BIG, ForeignKey("report.cluster_id", ondelete="CASCADE"), primary_key=True, index=True)
    )

    __table_args__ = ({"sqlite_with_rowid": False},)


class ChangeFeed(SQLModel, table=True):
    """One row: which database this is, and the last number given to a change."""

    __tablename__ = "change_feed"
    id: int = Field(default=1, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    database_id: str = words(null=False)
    last: int = number(0, type_=BIG)

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


class Turn(SQLModel, table=True):
    """Work that one worker at a time does: who is at it, and when it may be done again."""

    name: str = Field(sa_column=Column(Words, primary_key=True))
    lease_token: int | None = number(null=True, type_=BIG)
    leased_until: datetime | None = moment()
    queued_at: datetime | None = moment()  # when a message last named it
    rests_until: datetime | None = moment()  # so that it takes a small share of a processor

    __table_args__ = (CheckConstraint("(lease_token is null) = (leased_until is null)", name="lease"),)


def table(name: str) -> Table:
    """The table called `name`, for queries."""
    return SQLModel.metadata.tables[name]


submission, host, source, article = table("submission"), table("host"), table("source"), table("article")
page, revision, stage_run = table("page"), table("revision"), table("stage_run")
tally, tally_change = table("tally"), table("tally_change")
entity, mention, search_entry = table("entity"), table("mention"), table("search_entry")
site, site_block, article_blocks = table("site"), table("site_block"), table("article_blocks")
cluster, duplicate_key, duplicate_link = table("cluster"), table("duplicate_key"), table("duplicate_link")
story, report, story_key = table("story"), table("report"), table("story_key")
change_feed, turn = table("change_feed"), table("turn")
