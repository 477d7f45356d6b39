"""Image and compose file, for real: a cluster ingests the sample newsroom, and a killed worker costs no article."""

import base64
import json
import os
import secrets
import socket
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1200)]

TOP = Path(__file__).parents[2]
SETTINGS = {
    "COPYDESK_FETCH_DELAY_S": "0.3",
    "COPYDESK_TIME_LIMIT_S": "15",
    "COPYDESK_LEASE_S": "20",
}


class Cluster:
    """A compose project of its own, with passwords and ports that nothing else uses."""

    def __init__(self) -> None:
        self.password = secrets.token_hex(12)
        self.port, self.dashboard_port = free_ports()
        self.told: dict[str, Any] = {}  # by the demo, in its summary
        self.environment = SETTINGS | {
            "COMPOSE_PROJECT_NAME": f"copydesk-test-{secrets.token_hex(4)}",
            "POSTGRES_PASSWORD": self.password,
            "FLOWER_PASSWORD": self.password,
            "FLOWER_PORT": str(self.port),
            "DASHBOARD_PASSWORD": self.password,
            "DASHBOARD_PORT": str(self.dashboard_port),
            "COPYDESK_API_TOKEN": f"token-{self.password}",
        }

    def compose(self, *arguments: str) -> str:
        """What `docker-compose ARGUMENTS` prints. Raises where it fails."""
        process = self.start(*arguments)
        printed, _ = process.communicate()
        assert process.returncode == 0, f"{' '.join(arguments)} ended with {process.returncode}: {printed}"
        return printed

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """`docker-compose ARGUMENTS`, which goes on."""
        command, environment = [*compose_command(), *arguments], os.environ | self.environment
        return subprocess.Popen(
            command, cwd=TOP, env=environment, text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )

    def sql(self, query: str) -> Counter[str]:
        """Rows of a name and a number."""
        psql = ("psql", "--no-align", "--tuples-only", "--username=copydesk", f"--command={query}")
        printed = self.compose("exec", "-T", "-e", f"PGPASSWORD={self.password}", "postgres", *psql)
        return Counter({name: int(count) for name, count in (line.split("|") for line in printed.splitlines())})

    def articles(self) -> Counter[str]:
        """How many articles there are, by status; `waiting` has something left to do, `postponed` has it later."""
        kind = "case when next_stage is null then status when due_at > now() then 'postponed' else 'waiting' end"
        return self.sql(f"select {kind}, count(*) from article group by 1")  # noqa: S608

    def flower(self, path: str) -> Any:
        """What Flower's HTTP API answers."""
        return json.loads(self.ask(f"http://127.0.0.1:{self.port}/api/{path}"))

    def dashboard(self, path: str) -> str:
        """What the dashboard answers."""
        return self.ask(f"http://127.0.0.1:{self.dashboard_port}{path}")

    def ask(self, address: str) -> str:
        """What is at this address, for whoever knows the password."""
        key = base64.b64encode(f"copydesk:{self.password}".encode()).decode()
        request = urllib.request.Request(address, headers={"Authorization": f"Basic {key}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return str(answer.read().decode())

    def submit(self, *sources: str) -> Any:
        """Submit through the dashboard's API."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.dashboard_port}/api/v1/submissions",
            data=json.dumps({"sources": sources}).encode(),
            headers={"Authorization": f"Bearer token-{self.password}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)


def free_ports() -> list[int]:
    """Two ports that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return [one.getsockname()[1], other.getsockname()[1]]


def docker(*arguments: str) -> str:
    """What `docker ARGUMENTS` prints. Raises where it fails."""
    return subprocess.run(["docker", *arguments], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


def compose_command() -> list[str]:
    """Either name of compose."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]


def wait_until(true: Callable[[], bool], limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end, f"not within {limit_s:.0f} s"
        time.sleep(1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster with three article workers, one of which is killed as soon as there is work; then all has ended."""
    cluster = Cluster()
    try:
        cluster.compose("up", "--detach", "--build", "--scale", "articles=3")
        demo = cluster.start("run", "--rm", "-T", "copydesk", "demo", "--json")
        wait_until(lambda: cluster.articles().total() > 0, 300)
        victim = cluster.compose("ps", "--quiet", "articles").split()[0]
        docker("kill", victim)
        cluster.told = json.loads(demo.communicate(timeout=600)[0].splitlines()[-1])
        yield cluster
    finally:
        cluster.compose("down", "--volumes", "--timeout", "5")


def test_every_article_of_the_sample_newsroom_ends_though_a_worker_is_killed(cluster: Cluster) -> None:
    articles = cluster.articles()
    assert articles["done"] >= 60
    assert articles["dropped"] > 0
    assert set(articles) <= {"done", "dropped", "postponed"}
    assert (cluster.told["submitted"], cluster.told["done"]) == (articles.total(), articles["done"])


def test_no_article_is_fetched_or_stored_twice(cluster: Cluster) -> None:
    assert cluster.sql("select canonical_url, count(*) from article group by 1 having count(*) > 1") == {}
    fetches = "select article_id, count(*) from stage_run where stage = 'fetch' and outcome = 'done' group by 1"
    assert cluster.sql(f"{fetches} having count(*) > 1") == {}


def test_flower_shows_the_tasks_of_every_stage(cluster: Cluster) -> None:
    names = {task["name"] for task in cluster.flower("tasks?limit=10000").values()}
    assert {"copydesk.fetch", "copydesk.clean", "copydesk.extract", "copydesk.deduplicate"} <= names


def test_the_dashboard_shows_the_articles_and_the_workers(cluster: Cluster) -> None:
    status = json.loads(cluster.dashboard("/api/v1/status"))
    assert status["submitted"] == cluster.articles().total()
    assert len(status["workers"]) >= 3
    assert "submitted =" in cluster.dashboard("/")
    assert "copydesk_broker_up 1.0" in cluster.dashboard("/metrics")


def test_what_is_submitted_by_a_command_or_a_program_is_ingested(cluster: Cluster) -> None:
    before = cluster.articles().total()
    cluster.compose("run", "--rm", "-T", "copydesk", "submit", "http://127.1.7.1:8871/nobody/knows/this")
    assert cluster.submit("http://127.1.7.1:8871/nobody/knows/that")["started"]
    wait_until(lambda: cluster.articles().total() == before + 2 and cluster.articles()["waiting"] == 0, 120)


def test_prometheus_and_grafana_are_described_in_their_profile(cluster: Cluster) -> None:
    described = cluster.compose("--profile", "monitoring", "config")
    assert "prom/prometheus" in described
    assert "grafana/grafana" in described


def test_the_image_runs_as_nobody_in_particular_and_cannot_install(cluster: Cluster) -> None:
    shell = "id -u; touch /opt/copydesk/x 2>&1; python -m pip --version 2>&1"
    user, touched, pip = cluster.compose("exec", "-T", "fetch", "sh", "-c", f"{shell}; true").splitlines()
    assert user == "10001"
    assert "Read-only file system" in touched
    assert "No module named pip" in pip


def test_article_workers_have_no_way_out(cluster: Cluster) -> None:
    for worker in cluster.compose("ps", "--quiet", "articles").split():
        (network,) = json.loads(docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", worker))
        assert docker("network", "inspect", "--format", "{{.Internal}}", network) == "true"
