"""Heartbeats: who works, since when silent; and a queue that nobody reads is named."""

import subprocess
import sys

import pytest

from tests.support.commands import until
from workers import broker, heartbeats
from workers.heartbeats import Heart, Heartbeat

CELERY = [sys.executable, "-m", "celery", "-A", "workers.app", "worker", "--without-mingle", "--without-gossip"]


@pytest.fixture
def worker(line, tmp_path):
    """A real worker on the queue of articles."""
    command = [*CELERY, "-Q", "articles", "-P", "solo", "-n", "reader@here"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        yield process
        process.kill()
        process.wait()


def names():
    return [one.name for one in heartbeats.living()]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)  # heartbeats lie in the broker
def test_a_worker_is_alive_with_its_queues_until_it_ends(line, worker):
    until(lambda: names() == ["reader@here"])
    (one,) = heartbeats.living()
    assert (one.queues, one.slots, one.busy) == (["articles", "dispatch"], 1, 0)

    line.add_stories(1)
    broker.send("copydesk.dispatch")
    until(lambda: line.statuses() == ["done"])
    until(lambda: [one.took_s is not None for one in heartbeats.living()] == [True])

    worker.terminate()
    until(lambda: names() == [])


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_an_idle_worker_that_leaves_messages_lying_starts_over(line, configure, monkeypatch):
    configure(silence_s=0.001)
    monkeypatch.setattr(heartbeats, "EVERY_S", 0.0)
    started = []
    monkeypatch.setattr(heartbeats, "start_over", lambda: started.append(True))
    heart = Heart("silent@here", ["articles"], 1)
    heart.beat()
    assert not started

    broker.send("copydesk.clean", [1])
    until(lambda: heart.beat() or started, 5)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_while_the_broker_is_away_no_worker_starts_over(line, configure, monkeypatch):
    configure(silence_s=0.001)
    monkeypatch.setattr(heartbeats, "EVERY_S", 0.0)
    monkeypatch.setattr(heartbeats, "start_over", pytest.fail)
    heart = Heart("silent@here", ["articles"], 1)
    broker.send("copydesk.clean", [1])
    line.cut_broker()

    for _ in range(3):
        heart.beat()


def beating(queue, took_s, busy=0):
    return Heartbeat("one@here", [queue, "dispatch"], 1, busy, took_s)


def test_a_queue_is_unread_that_no_worker_reads_or_only_a_silent_one():
    assert heartbeats.unread([beating("fetch", 1.0)], ["articles", "fetch"]) == ["articles"]
    assert heartbeats.unread([beating("articles", 600.0)], ["articles"]) == ["articles"]
    assert heartbeats.unread([beating("articles", 600.0, busy=1)], ["articles"]) == []
    assert heartbeats.unread([beating("articles", None)], ["articles"]) == []
