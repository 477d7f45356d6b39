"""What a database has beside tables: triggers that keep the tally in step with the articles, and the index of words.

The tally counts every article when it is added, and again under how it has ended while nothing is to be done about it
(`next_stage` null). SQLite has one writer at a time, so there the counter itself is changed. On PostgreSQL all workers
would wait for each other at it: there changes are rows of tally_change, one for each statement that adds articles and
one for each article that ends, which dispatch folds into the tally.

Migrations make what stands here: what changes is another list, and another migration.
"""

from sqlalchemy import DDL, event
from sqlmodel import SQLModel

ENDED_OTHERWISE = """
    (old.next_stage is null or new.next_stage is null)
    and (old.next_stage, old.status, old.reason, old.duplicate_of is null, old.submission_id)
        is distinct from (new.next_stage, new.status, new.reason, new.duplicate_of is null, new.submission_id)
"""
ADD_SQLITE = "on conflict do update set articles = articles + excluded.articles"


def _one_sqlite(row: str, amount: int, state: str | None = None) -> str:
    """Count one article, as it was added (`state` given) or as it has ended."""
    if state:
        return f"insert into tally select {row}.submission_id, '{state}', '', 0, {amount} where true {ADD_SQLITE};"
    ended = f"{row}.submission_id, {row}.status, coalesce({row}.reason, ''), {row}.duplicate_of is not null, {amount}"
    return f"insert into tally select {ended} where {row}.next_stage is null {ADD_SQLITE};"


TALLY_SQLITE = (
    f"""create trigger article_added after insert on article begin
    {_one_sqlite("new", 1, "submitted")}
    {_one_sqlite("new", 1)}
end""",
    f"""create trigger article_removed after delete on article begin
    {_one_sqlite("old", -1, "submitted")}
    {_one_sqlite("old", -1)}
end""",
    f"""create trigger article_ended after update of next_stage, status, reason, duplicate_of, submission_id on article
when {ENDED_OTHERWISE.replace("is distinct from", "is not").strip()} begin
    {_one_sqlite("old", -1)}
    {_one_sqlite("new", 1)}
end""",
)


def _some_postgresql(name: str, rows: str, sign: str) -> str:
    return f"""create function {name}() returns trigger language plpgsql as $$
begin
    insert into tally_change (submission_id, state, reason, duplicate, articles)
    select submission_id, 'submitted', '', false, {sign}count(*) from {rows} group by submission_id
    union all
    select submission_id, status, coalesce(reason, ''), duplicate_of is not null, {sign}count(*)
    from {rows} where next_stage is null group by 1, 2, 3, 4;
    return null;
end
$$"""  # noqa: S608  (made of constants)


TALLY_POSTGRESQL = (
    _some_postgresql("tally_added", "added", ""),
    """create trigger article_added after insert on article
referencing new table as added for each statement execute function tally_added()""",
    _some_postgresql("tally_removed", "removed", "-"),
    """create trigger article_removed after delete on article
referencing old table as removed for each statement execute function tally_removed()""",
    """create function tally_ended() returns trigger language plpgsql as $$
begin
    if old.next_stage is null then
        insert into tally_change (submission_id, state, reason, duplicate, articles)
        values (old.submission_id, old.status, coalesce(old.reason, ''), old.duplicate_of is not null, -1);
    end if;
    if new.next_stage is null then
        insert into tally_change (submission_id, state, reason, duplicate, articles)
        values (new.submission_id, new.status, coalesce(new.reason, ''), new.duplicate_of is not null, 1);
    end if;
    return null;
end
$$""",
    f"""create trigger article_ended after update of next_stage, status, reason, duplicate_of, submission_id on article
for each row when ({ENDED_OTHERWISE.strip()}) execute function tally_ended()""",
)

# The index of words: what SQLAlchemy's tables cannot say. `ascii` takes every letter that is none of ASCII as a letter.
SEARCH_SQLITE = ("create virtual table search_words using fts5(words, content='', columnsize=0, tokenize='ascii')",)
SEARCH_POSTGRESQL = (
    "alter table search_entry alter column tokens set storage main",  # in the row, where a phrase is looked for quickly
    "create index ix_search_entry_tokens on search_entry using gin (cast(tokens as tsvector))"
    " with (gin_pending_list_limit=1024)",
)

for _dialect, _statements in (
    ("sqlite", TALLY_SQLITE + SEARCH_SQLITE),
    ("postgresql", TALLY_POSTGRESQL + SEARCH_POSTGRESQL),
):
    for _statement in _statements:
        event.listen(SQLModel.metadata, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
