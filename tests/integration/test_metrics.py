"""What Prometheus gets, and whether the dashboard file and the alert rules ask for nothing that is not there."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from shared import articles
from shared.accounting import account
from shared.database import reading, transaction
from shared.flow import STAGE_NAMES
from shared.metrics import Cluster, exposition
from shared.models import cluster
from workers import dispatch

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"\bcopydesk_\w+")
SELECTOR = re.compile(r"(copydesk_\w+)\{([^}]*)\}")
LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
RUN = {"version": 1, "attempt": 1, "outcome": "done", "reason": None, "detail": None, "seconds": 0.5, "waited_s": 1.5}
ALERTS = DEPLOY / "prometheus" / "alerts.yml"


@pytest.fixture
def text(line):
    """The metrics of a database in which there is something of everything."""
    ids = line.add_stories(1, 2, 3) + line.add_urls("https://other.example/1")
    line.change(ids[0], status="quarantined", reason="stage_error", next_stage=None)
    line.change(ids[1], status="dropped", reason="no_text", next_stage=None)
    with transaction() as connection:
        connection.execute(insert(cluster).values(id=ids[2]))
        articles.write_ledger(connection, [RUN | {"article_id": ids[2], "stage": stage} for stage in STAGE_NAMES])
    line.change(ids[2], status="done", next_stage=None, cluster_id=ids[2])
    dispatch.tick()
    seen = Cluster({"fetch": 0, "articles": 2, "dispatch": 0}, workers=2, slots=6, busy=1)
    with reading() as connection:
        return exposition(account(connection), {"yield": 1}, seen)


@pytest.fixture
def metrics(text):
    """Samples by metric name."""
    return {family.name: family.samples for family in text_string_to_metric_families(text)}


def value(samples, **labels):
    (found,) = [sample.value for sample in samples if sample.labels == labels]
    return found


def test_the_numbers_are_those_of_the_database(metrics):
    states = metrics["copydesk_articles"]
    assert [value(states, state=state) for state in ("done", "dropped", "quarantined", "in_progress")] == [1, 1, 1, 1]
    assert value(metrics["copydesk_articles_by_reason"], outcome="quarantined", reason="stage_error") == 1
    assert value(metrics["copydesk_stage_articles"], stage="fetch", state="waiting") == 1
    assert value(metrics["copydesk_books_balanced"]) == 1
    assert value(metrics["copydesk_oldest_age_seconds"]) > 0
    assert value(metrics["copydesk_stage_seconds"], stage="clean", quantile="0.5") > 0
    assert value(metrics["copydesk_worker_slots"], state="free") == 5
    assert value(metrics["copydesk_source_alarms"], alarm="yield") == 1


def test_no_label_grows_with_what_is_ingested(metrics):
    labels = {name for samples in metrics.values() for sample in samples for name in sample.labels}
    assert labels <= {"state", "outcome", "reason", "stage", "quantile", "alarm", "queue"}


def test_while_the_broker_is_away_its_numbers_are_missing_rather_than_wrong(line):
    with reading() as connection:
        text = exposition(account(connection), {}, None)
    assert "copydesk_broker_up 0.0" in text
    assert "copydesk_workers" not in text


def expressions():
    """Every expression of dashboard file and alert rules."""
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "copydesk.json").read_text())
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])
    yield ALERTS.read_text()


def test_dashboard_and_rules_ask_only_for_metrics_that_are_there(metrics):
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    assert asked - set(metrics) == set()
    assert len(asked) > 12


def test_dashboard_and_rules_select_only_labels_and_words_that_are_there(metrics):
    for expression in expressions():
        for name, selector in SELECTOR.findall(expression):
            for label, wanted in LABEL.findall(selector):
                there = {sample.labels.get(label) for sample in metrics[name]}
                assert set(wanted.split("|")) & there, f"{name}{{{label}={wanted}}}"


def test_every_panel_lies_beside_the_others():
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "copydesk.json").read_text())
    taken = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.needs("promtool")
def test_prometheus_takes_the_rules_the_configuration_and_the_metrics(text):
    for what, path in (("rules", ALERTS), ("config", ALERTS.with_name("prometheus.yml"))):
        options = ["--syntax-only"] if what == "config" else []
        done = subprocess.run(["promtool", "check", what, *options, path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
