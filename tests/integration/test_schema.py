"""The schema that migrations make is the one that the models declare, and it enforces what it can."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, insert, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from shared.database import engine, make_engine, transaction
from shared.models import article, cluster, entity, host, mention, page, stage_run, submission
from shared.schema import is_current, migrate
from tests.support.racing import at_once

POSTGRESQL_CATALOGUE = """
    select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
        || coalesce(' ' || column_default, '') || coalesce(' ' || identity_generation, '')
    from information_schema.columns where table_schema = 'public'
    union all select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace
    union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select 'function ' || pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
    order by 1
"""


def catalogue(url):
    """Every column, constraint and index of a database, as it describes them itself."""
    found = make_engine(url)
    with found.connect() as connection:
        if found.dialect.name == "postgresql":
            described = connection.scalars(text(POSTGRESQL_CATALOGUE)).all()
        else:
            statements = connection.scalars(text("select sql from sqlite_master where sql is not null")).all()
            described = [part for statement in statements for part in _parts(statement)]
    found.dispose()
    return {part for part in described if "alembic_version" not in part}


def _parts(sql):
    """A statement of SQLite, part by part: their order has no meaning, nor where a constraint stands."""
    flat = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    if not flat.lower().startswith("create table"):
        return [flat]
    head, _, body = flat.partition("(")
    parts = re.split(r",(?![^()]*\))|(?=CONSTRAINT)", re.sub("(?i)constraint", "CONSTRAINT", body.removesuffix(")")))
    return [head.strip(), *(f"{head.strip()} {part.strip().lower()}" for part in parts if part.strip())]


def test_migrations_make_what_the_models_declare(database_url, empty_database_url):
    made = make_engine(empty_database_url)
    SQLModel.metadata.create_all(made)
    made.dispose()

    migrated, declared = catalogue(database_url), catalogue(empty_database_url)
    assert (migrated - declared, declared - migrated) == (set(), set())


def test_alembic_finds_no_difference_between_models_and_migrations(database_url):
    found = create_engine(make_engine(database_url).url)
    with found.connect() as connection:
        # what shared/triggers.py makes: search_words and its like, ix_search_entry_tokens
        options = {"include_name": lambda name, *_: not re.match("(ix_)?search_.*(words|tokens)", name or "")}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata)
    found.dispose()
    # SQLite: Alembic misreads a descending index; the test above compares it
    assert [one for one in differences if "sqlite" not in database_url or "ix_article_frontier" not in str(one)] == []


def test_a_second_migration_changes_nothing(empty_database_url, configure):
    configure(database_url=empty_database_url)
    assert not is_current()
    assert migrate() == (None, migrate()[1])
    assert is_current()
    before = catalogue(empty_database_url)

    first, second = migrate()

    assert first == second
    assert catalogue(empty_database_url) == before


def test_two_who_migrate_at_once_take_turns(empty_database_url, configure):
    configure(database_url=empty_database_url)
    engine()  # one for both

    results = at_once(2, migrate)

    (_, head) = results[0]
    assert sorted(results, key=str) == sorted([(None, head), (head, head)], key=str)
    assert is_current()


def test_the_clock_is_stored_and_read_as_a_moment_in_utc(database):
    with transaction() as connection:
        connection.execute(insert(host).values(name="a.example"))
        row = connection.execute(insert(submission).values(given=[]).returning(submission.c.created_at)).one()
    assert row.created_at.utcoffset().total_seconds() == 0


def an_article(**values):
    return {
        "url": "https://a.example/1",
        "canonical_url": "https://a.example/1",
        "submission_id": 1,
        "status": "submitted",
        "next_stage": "fetch",
    } | values


BAD_ROWS = {
    "an unknown status": (article, an_article(status="lost")),
    "an unknown stage": (article, an_article(next_stage="polish")),
    "an open article with nothing to do": (article, an_article(next_stage=None)),
    "done without a cluster": (article, an_article(status="done", next_stage=None)),
    "dropped without a reason": (article, an_article(status="dropped", next_stage=None)),
    "a lease without an end": (article, an_article(lease_token=1)),
    "an article without a submission": (article, an_article(submission_id=99)),
    "an article of no host that exists": (article, an_article(host_id=99)),
    "a page of no article": (page, {"article_id": 99, "url": "x", "headers": {}, "body": b""}),
    "a run that failed for no reason": (stage_run, {"article_id": 1, "stage": "clean", "outcome": "retry"}),
    "a run of no stage": (stage_run, {"article_id": 1, "stage": "polish", "outcome": "done"}),
    "an entity of no type": (entity, {"type": "DOG", "key": "rex", "name": "Rex"}),
    "a mention that ends before it starts": (
        mention,
        {"article_id": 1, "start": 5, "end": 5, "entity_id": 1, "surface": ""},
    ),
    "a cluster that goes into a younger one": (cluster, {"id": 6, "merged_into": 7}),
    "a cluster that goes into none": (cluster, {"id": 8, "merged_into": 4}),
    "a second row for one address": (article, an_article(canonical_url="https://a.example/0")),
    "a second row for one host": (host, {"name": "a.example"}),
    "a second row for one entity": (entity, {"type": "PER", "key": "ada", "name": "Ada"}),
}


@pytest.mark.parametrize("what", BAD_ROWS)
def test_the_database_refuses(what, database):
    table, row = BAD_ROWS[what]
    with transaction() as connection:
        connection.execute(insert(submission).values(given=[]))
        connection.execute(insert(host).values(name="a.example"))
        connection.execute(insert(entity).values(type="PER", key="ada", name="Ada"))
        connection.execute(insert(article).values(**an_article(canonical_url="https://a.example/0")))
        connection.execute(insert(cluster).values(id=7))

    with pytest.raises(IntegrityError), transaction() as connection:
        connection.execute(insert(table).values(**row))


def test_every_table_of_the_models_is_there(database_url):
    found = make_engine(database_url)
    assert set(SQLModel.metadata.tables) <= set(inspect(found).get_table_names())
    found.dispose()
