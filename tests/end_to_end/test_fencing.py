"""A worker that is frozen, and wakes after its leases were given away, overwrites nothing that others have stored."""

import signal
import sqlite3
import threading
import time

import pytest
from sqlalchemy import select

from shared import pages, submissions, urls
from shared import sources as source_rows
from shared.database import reading, transaction
from shared.models import article, host, site, source, stage_run
from shared.sources import NewSource
from shared.submissions import NewArticle
from tests.support import conservation, slowness, stories
from tests.support.chaos import papers
from tests.support.cluster import CELERY, QUICK, Member, running

SLOW_S = 8.0  # every kind of work takes so long: enough to find the worker at all of them at once
PATIENT = {"COPYDESK_ARTICLE_TIME_LIMIT_S": "100", "COPYDESK_TIME_LIMIT_S": "200",
           "COPYDESK_VISIBILITY_TIMEOUT_S": "600",
           "COPYDESK_LEASE_S": "12", "COPYDESK_HOST_LEASE_S": "14", "COPYDESK_FETCH_DEADLINE_S": "12",
           "COPYDESK_LOG_LEVEL": "INFO"}  # fmt: skip
FEED = "<rss version='2.0'><channel><title>Paper</title></channel></rss>"


def add_work(address):
    """An article to be fetched, one to be worked on, and a feed to be read, each of another host."""
    page, feed = "https://given.example/story", "https://feed.example/feed"
    given = pages.pack(stories.page(1).encode())
    with transaction() as connection:
        submission_id = submissions.open_submission(connection, ["a test"], None)
        new = [
            NewArticle(*urls.read_address(address)),
            NewArticle(*urls.read_address(page), body=given, content_type="text/html"),
        ]
        submissions.add_articles(connection, submission_id, new)
        found = NewSource(*urls.read_address(feed), submission_id, body=pages.pack(FEED.encode()))
        source_rows.add(connection, [found])


def state():
    """What is leased now, and the rows as they are."""
    with reading() as connection:
        rows = {
            table.name: connection.execute(select(table).order_by(table.c[key])).all()
            for table, key in ((article, "id"), (source, "id"), (site, "host_id"), (host, "id"))
        }
    leased = {name: [row.lease_token is not None for row in some] for name, some in rows.items() if name != "host"}
    return leased, rows


def stored():
    """What has been stored of everything, and how often."""
    ours = select(article.c.id, article.c.status, article.c.text, article.c.fetched_at, article.c.revision)
    theirs = select(source.c.id, source.c.kind, source.c.found, source.c.polled_at, source.c.attempts)
    runs = select(stage_run.c.article_id, stage_run.c.stage, stage_run.c.outcome)
    with reading() as connection:
        return [sorted(connection.execute(query).all()) for query in (ours, theirs, runs)]


def freeze(member, database):
    """Stop it, though not while it holds the one lock of SQLite, for which everybody would wait as long."""
    member.signal(signal.SIGSTOP)
    while database.startswith("sqlite") and is_locked(database.removeprefix("sqlite:///")):
        member.signal(signal.SIGCONT)
        time.sleep(0.05)
        member.signal(signal.SIGSTOP)


def is_locked(path):
    connection = sqlite3.connect(path, timeout=0.5, isolation_level=None)
    try:
        connection.execute("begin immediate")
        connection.execute("rollback")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


@pytest.mark.timeout(300)
def test_a_worker_that_wakes_too_late_stores_nothing(database, engine_name, request, tmp_path):
    server = request.getfixturevalue("postgres") if engine_name == "postgresql" else None
    slow = slowness.install_stage(tmp_path / "packages", SLOW_S) | PATIENT
    asked, answer_now = threading.Event(), threading.Event()

    def answer():
        asked.set()
        answer_now.wait(60)
        return 200, stories.page(2).encode(), {}

    with papers(1) as (paper,), running(tmp_path / "cluster", database, server, **slow) as cluster:
        beat = cluster.members["beat"]
        words = ["worker", "-Q", "fetch,articles", "-P", "threads", "-c", "8", *QUICK]
        sleeper, other = (
            Member(name, [*CELERY, *words, "-n", f"{name}@here"], cluster.environment, tmp_path / f"{name}.log")
            for name in ("sleeper", "other")
        )
        for member in cluster.members.values():
            member.end()
        cluster.members = {"beat": beat, "sleeper": sleeper}
        for member in cluster.members.values():
            member.start()
        paper.answers["/held"] = answer
        add_work(paper.url("/held", host="127.0.1.1"))

        asleep = {"article": [True, True], "source": [True], "site": [True]}
        cluster.until(lambda: asked.is_set() and state()[0] == asleep)
        freeze(sleeper, database)
        answer_now.set()
        cluster.members["other"] = other
        cluster.until(lambda: all(row.status == "done" for row in state()[1]["article"]))
        cluster.until(lambda: not any(map(any, state()[0].values())))
        other.end()
        beat.end()
        before = stored()
        sleeper.signal(signal.SIGCONT)
        for said in ("lease_lost", "memory_lost", "source_read"):
            cluster.until(lambda said=said: said in sleeper.log.read_text())
        time.sleep(1.0)
        with reading() as connection:
            assert conservation.faults(connection, 2) == []
        assert stored() == before
