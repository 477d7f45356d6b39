"""A cluster by hand: PostgreSQL, Redis, the three Celery processes of the manual, and a producer that waits."""

import os
import subprocess
import sys

import pytest

from tests.support import newsroom
from tests.support.commands import QUICK, Desk, until

CELERY = [sys.executable, "-m", "celery", "-A", "workers.app"]
PROCESSES = {
    "fetch": ["worker", "-Q", "fetch", "-P", "threads", "-c", "4", "-n", "fetch@%h"],
    "articles": ["worker", "-Q", "articles", "-c", "2", "-n", "articles@%h"],
    "beat": ["beat"],
}


@pytest.fixture
def cluster(postgres, broker_url, tmp_path):
    """A migrated database, workers and beat; the desk of somebody who submits to it."""
    postgres.run("drop database if exists a_cluster with (force)")
    postgres.run("create database a_cluster")
    places = {"COPYDESK_DATABASE_URL": postgres.url("a_cluster"), "COPYDESK_BROKER_URL": broker_url}
    desk = Desk(tmp_path / "unused", places)
    assert desk("migrate").status == 0
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYDESK_")}
    with (tmp_path / "log").open("wb") as log:
        options = {"env": inherited | QUICK | places, "cwd": tmp_path, "stdout": log, "stderr": log}
        started = [subprocess.Popen([*CELERY, *words], **options) for words in PROCESSES.values()]
        yield desk
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)
    desk.close()


def test_what_is_submitted_to_a_cluster_is_waited_for_and_accounted_for(cluster, site):
    sources = newsroom.publish(site)

    result = cluster("submit", *sources, "--wait", "--label", "by hand")

    assert result.status == 0
    books = cluster.monitor()
    assert books["submitted"] == books["done"] + books["dropped"] + books["quarantined"] + books["in_progress"]
    assert (books["done"], books["duplicates"], books["dropped"]) == (
        newsroom.DONE, newsroom.COPIES, newsroom.DROPPED,
    )  # fmt: skip
    assert {one["label"] for one in cluster.articles()} == {"by hand"}
    until(lambda: len(cluster.monitor()["workers"]) == 2)
