"""A run that is stopped, killed or disturbed loses nothing, leaves no process behind, and can be continued."""

import threading
from collections import Counter

import psutil
import pytest
import redis

from tests.support import stories
from tests.support.commands import Desk, until

# A lost worker is noticed soon; the limits stay far above what a batch takes.
IMPATIENT = {"COPYDESK_TIME_LIMIT_S": "10", "COPYDESK_LEASE_S": "12", "COPYDESK_BATCH_SIZE": "4"}
STAGES = ("clean", "extract", "deduplicate")


@pytest.fixture
def held(site):
    """A site whose first page is not answered until `release` is set."""
    release = threading.Event()

    def answer():
        release.wait(60)
        return 200, stories.page(1).encode(), {}

    site.answers["/news/held"] = answer
    site.release = release
    yield site
    release.set()


def save_pages(folder, count):
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.html").write_text(stories.page(number))
    return folder


def test_a_second_run_in_the_same_directory_says_that_one_is_active(desk, held):
    first = desk.start("run", held.url("/news/held"))
    until(lambda: held.asked("/robots.txt"))

    second = desk("run", held.url("/news/held"))

    assert second.status == 2
    (line,) = second.lines
    assert f"another run is active in {desk.data} (process {first.process.pid})" in line
    held.release.set()
    assert first.end().status == 0
    assert desk.count("status = 'done'") == 1


def test_two_runs_in_two_directories_do_not_meet(desk, held, tmp_path):
    first = desk.start("run", held.url("/news/held"))
    until(lambda: held.asked("/robots.txt"))
    other = Desk(tmp_path / "other")

    second = other.start("run", save_pages(tmp_path / "pages", 1), "--json")
    until(second.socket.exists)  # both are at work, each with a broker of its own
    held.release.set()

    assert first.end().status == 0
    result = second.end()
    assert (result.status, result.json["done"]) == (0, 1)
    other.close()


def test_a_run_that_is_killed_takes_all_of_its_processes_with_it(desk, held):
    run = desk.start("run", held.url("/news/held"))
    until(lambda: held.asked("/robots.txt") and len(run.pool()) >= 1)
    assert len(run.processes()) >= 6  # itself, guard, broker, two workers, and one of the pool
    assert run.broker().is_running()

    run.kill()

    until(lambda: not run.processes(), 15)


def test_a_run_that_was_killed_is_continued_by_the_next(desk, held):
    run = desk.start("run", held.url("/news/held"))
    until(lambda: held.asked("/robots.txt") and desk.count("lease_token is not null"))
    run.kill()
    held.release.set()
    until(lambda: not run.processes(), 15)

    result = desk("run", held.url("/news/held"), "--json")

    assert result.status == 0
    assert (result.json["submitted"], result.json["done"]) == (1, 1)


def test_ctrl_c_ends_a_run_with_one_line_and_leaves_nothing_behind(desk, held, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    run = desk.start("run", held.url("/news/held"))
    until(lambda: held.asked("/robots.txt"))

    run.interrupt()
    result = run.end()

    assert result.status == 130
    assert [line for line in result.err.splitlines() if line] == [
        "copydesk: stopped; what was stored stays, running it again continues"
    ]
    until(lambda: not run.processes(), 15)
    assert not list(temporary.iterdir())


def assert_each_once(desk, count):
    """Every article is done, and every stage has ended well for it exactly once."""
    assert desk.count("status = 'done' and next_stage is null") == count
    runs = Counter(desk.query("select article_id, stage from stage_run where outcome = 'done'"))
    assert set(runs.values()) == {1}
    assert len(runs) == count * len(STAGES)


def test_a_worker_process_that_is_killed_costs_no_article(desk, tmp_path):
    desk.environment = IMPATIENT
    run = desk.start("run", save_pages(tmp_path / "pages", 40), "--json")
    until(lambda: desk.count("status = 'done'") and desk.count("lease_token is not null"))

    for process in run.pool():
        process.kill()

    result = run.end()
    assert (result.status, result.json["done"], result.json["quarantined"]) == (0, 40, 0)
    assert_each_once(desk, 40)


def test_a_whole_worker_that_is_killed_is_started_again(desk, tmp_path):
    desk.environment = IMPATIENT
    run = desk.start("run", save_pages(tmp_path / "pages", 30), "--json")
    until(lambda: desk.count("status = 'done'"))
    pool = run.pool()

    psutil.Process(pool[0].ppid()).kill()

    assert run.end().json["done"] == 30
    assert_each_once(desk, 30)


def test_a_broker_that_loses_its_memory_costs_no_article(desk, tmp_path):
    run = desk.start("run", save_pages(tmp_path / "pages", 40), "--json")
    until(lambda: desk.count("status = 'done'"))

    with redis.Redis(unix_socket_path=str(desk.data / "broker.sock")) as client:
        client.flushall()

    result = run.end()
    assert (result.status, result.json["done"]) == (0, 40)
    assert_each_once(desk, 40)


def test_a_broker_that_is_killed_is_started_again_and_costs_no_article(desk, tmp_path):
    desk.environment = IMPATIENT
    run = desk.start("run", save_pages(tmp_path / "pages", 40), "--json")
    until(lambda: desk.count("status = 'done'"))

    run.broker().kill()

    result = run.end()
    assert (result.status, result.json["done"]) == (0, 40)
    assert_each_once(desk, 40)
