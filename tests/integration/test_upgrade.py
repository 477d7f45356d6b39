"""From any earlier schema to this one, with rows in it and workers of the version before at work."""

import re
import threading
import time

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

from shared import database as databases
from shared import schema
from shared.accounting import account
from shared.database import engine, make_engine, reading
from shared.errors import DatabaseDown, UsageError
from tests.support.commands import until
from tests.support.old_version import OldVersion
from workers import lifecycle
from workers.pipeline import STAGES

SCRIPTS = ScriptDirectory.from_config(schema.configuration())
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]

# What the version before still reads must stay as it is.
NOT_COMPATIBLE = re.compile(
    r"DROP (?:TABLE|COLUMN)|RENAME |ALTER COLUMN \S+ (?:SET DATA )?TYPE|SET NOT NULL|DROP DEFAULT"
    r"|ADD COLUMN (?!.*\bDEFAULT\b).*NOT NULL",
    re.IGNORECASE | re.DOTALL,
)
# What keeps others from a table that was there before for as long as it takes to read all of it.
LONG_LOCKS = re.compile(
    r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).* ON (\w+)|ALTER TABLE (\w+).*\bCHECK\b(?!.*NOT VALID)"
    r"|ALTER TABLE (\w+) ADD CONSTRAINT(?!.*NOT VALID)|ALTER TABLE (\w+).*GENERATED ALWAYS"
    r"|UPDATE (\w+) SET|DELETE FROM (\w+)",
    re.IGNORECASE | re.DOTALL,
)
# Up to here they make the schema of the first release: nobody has a large table before it.
FIRST_RELEASE = "0010"


@pytest.fixture
def database(empty_database_url, configure, tmp_path):
    """A database without tables, which the settings name."""
    configure(database_url=empty_database_url, data_dir=tmp_path)
    return empty_database_url


@pytest.mark.parametrize("start", REVISIONS[:-1])
def test_a_database_in_use_by_the_version_before_is_brought_up_to_date(start, database, request):
    schema.migrate(start)
    old = OldVersion(database)
    for _ in range(6):
        old.write()
    before = old.rows()

    with old.writing():
        until(lambda: old.written >= 8)
        assert schema.migrate() == (start, REVISIONS[-1])
        went_on = old.written + 5
        until(lambda: old.written >= went_on or old.errors)

    assert old.errors == []
    assert old.rows()[: len(before)] == before
    old.engine.dispose()
    line = request.getfixturevalue("line")
    ids = [row.id for row in line.rows()]
    for stage in STAGES:
        lifecycle.process(stage, ids)
    assert line.statuses() == ["done"] * 4 + ["dropped"] * (len(ids) - 4)
    with reading() as connection:
        assert account(connection).holds


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_who_migrates_while_a_table_is_held_lets_the_others_go_on(database, monkeypatch):
    """A statement that waits for a table keeps away everybody who comes after it: so it does not wait long."""
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "300ms")
    monkeypatch.setattr(schema, "PAUSE_S", 0.3)
    schema.migrate("0002")
    old = OldVersion(database)
    held = make_engine(database)
    with held.connect() as holder:
        holder.execute(text("lock table article in row exclusive mode"))
        migrating = threading.Thread(target=schema.migrate)
        migrating.start()
        longest = 0.0
        for _ in range(12):
            began = time.monotonic()
            old.write()
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.1)
        assert migrating.is_alive()
        assert longest < 5.0
        holder.rollback()
    migrating.join(60)
    held.dispose()
    old.engine.dispose()
    assert schema.is_current()


def statements_of(revision, monkeypatch):
    """What one migration sends to the database."""
    sent = []
    event.listen(engine(), "before_cursor_execute", lambda *call: sent.append(call[2]))
    schema.migrate(revision)
    databases.engine().dispose()
    databases.engine.cache_clear()
    return sent


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_no_migration_breaks_the_version_before_or_locks_a_large_table(database, monkeypatch):
    there, found = set(), []
    for revision in REVISIONS:
        sent = statements_of(revision, monkeypatch)
        contracts = getattr(SCRIPTS.get_revision(revision).module, "contracts", None)
        found += [
            f"{revision}: the version before may still use what this takes away: {one[:90]}"
            for one in sent
            if there and not contracts and NOT_COMPATIBLE.search(one)
        ]
        found += [
            f"{revision}: locks {name} for long, see shared/migrations/online.py and docs/operations.md: {one[:90]}"
            for one in sent
            if revision > FIRST_RELEASE and (match := LONG_LOCKS.search(one))
            for name in match.groups()
            if name in there and name != "alembic_version"
        ]
        there |= {match[1] for one in sent if (match := re.search(r"CREATE TABLE (\w+)", one))}
    assert len(there) > 10
    assert found == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE article DROP COLUMN title",
        "ALTER TABLE article RENAME COLUMN a TO b",
        "ALTER TABLE article ADD COLUMN a INTEGER NOT NULL",
        "ALTER TABLE article ALTER COLUMN a TYPE bigint",
        "DROP TABLE page",
    ],
)
def test_the_check_finds_what_breaks_the_version_before(statement):
    assert NOT_COMPATIBLE.search(statement)
    assert not NOT_COMPATIBLE.search("ALTER TABLE article ADD COLUMN a INTEGER DEFAULT 0 NOT NULL")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX ix_a ON article (a)",
        "CREATE UNIQUE INDEX ix_a ON article (a) WHERE a is not null",
        "alter table article add column a text constraint b check (a in ('x'))",
        "ALTER TABLE article ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES b (id)",
        "UPDATE article SET a = 1",
    ],
)
def test_the_check_finds_what_locks_a_table_for_long(statement):
    assert "article" in LONG_LOCKS.search(statement).groups()
    assert not LONG_LOCKS.search("CREATE INDEX CONCURRENTLY ix_a ON article (a)")


def at_revision(name):
    with engine().begin() as connection:
        connection.execute(text("update alembic_version set version_num = :name"), {"name": name})


def test_a_worker_that_is_newer_than_its_database_says_what_to_do(database):
    schema.migrate(REVISIONS[-2])
    with pytest.raises(
        UsageError, match=rf"is at {REVISIONS[-2]}, and this .* needs {REVISIONS[-1]}: copydesk migrate"
    ):
        schema.check()


def test_a_worker_of_an_empty_database_says_what_to_do(database):
    with pytest.raises(UsageError, match=r"is at no revision, .*: copydesk migrate"):
        schema.check()


def test_a_worker_that_is_older_than_its_database_goes_on_and_says_so(database):
    schema.migrate()
    assert schema.check() is None
    at_revision("9999")
    assert re.search(r"is at 9999, newer than this version's", schema.check())


def test_nobody_migrates_a_database_that_a_newer_version_has_made(database):
    schema.migrate()
    at_revision("9999")
    with pytest.raises(UsageError, match="is at 9999, which a newer version of Copydesk has made"):
        schema.migrate()


def test_a_command_that_is_newer_than_its_database_says_what_to_do(database):
    schema.migrate("0001")
    with (
        pytest.raises(DatabaseDown, match=r"another version than this program: copydesk migrate|has no tables yet"),
        reading() as connection,
    ):
        account(connection)


ONE_MORE = """
from shared.migrations.online import create_index

revision, down_revision, branch_labels, depends_on = "9998", "{head}", None, None


def upgrade():
    create_index("ix_article_agency", "article", ["agency"])
"""


def test_an_index_on_a_table_in_use_is_built_beside_those_who_write(database, tmp_path, monkeypatch):
    (tmp_path / "9998_one_more.py").write_text(ONE_MORE.format(head=REVISIONS[-1]))
    config = schema.configuration()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{SCRIPTS.versions}\n{tmp_path}")
    schema.migrate()
    old = OldVersion(database)
    monkeypatch.setattr(schema, "configuration", lambda: config)

    with old.writing():
        until(lambda: old.written >= 3)
        assert schema.migrate() == (REVISIONS[-1], "9998")
        went_on = old.written + 3
        until(lambda: old.written >= went_on or old.errors)

    assert old.errors == []
    with engine().connect() as connection:
        assert "ix_article_agency" in {one["name"] for one in inspect(connection).get_indexes("article")}
