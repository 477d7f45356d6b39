"""Submitting while the broker is away, and a queue that nobody reads: what a person is told, and what comes of it."""

import json

from click.testing import CliRunner

from scripts.monitor import command as monitor
from scripts.submit import command as submit
from workers import broker, dispatch
from workers.app import FETCH


def run(command, *words):
    # not standalone: as `copydesk` calls it
    return CliRunner().invoke(command, words, standalone_mode=False)


def test_what_is_submitted_while_the_broker_is_away_is_recorded_and_starts_when_it_is_back(line):
    line.cut_broker()
    result = run(submit, "https://a.example/news/1", "https://a.example/news/2")
    assert result.return_value == 0, result
    assert "the broker does not answer, work starts when it is back" in result.stderr
    assert line.statuses() == ["submitted", "submitted"]

    line.mend_broker()
    dispatch.tick()
    assert [message.task for message in line.messages()] == ["copydesk.fetch"]


def test_monitor_names_a_queue_that_nobody_reads(line):
    broker.send("copydesk.fetch")
    assert json.loads(run(monitor, "--once", "--json").stdout)["broker"]["unread"] == [FETCH]
    assert f"nobody reads the queue {FETCH}" in run(monitor, "--once").stdout
