"""A short storm over a real cluster, on both databases: nothing is lost, nothing is done twice, nothing hangs."""

import time

import pytest

from tests.support import harms, poison
from tests.support.chaos import Chaos, papers
from tests.support.cluster import running

ARTICLES = 40
STORM = [
    lambda cluster: harms.kill_child(cluster, 1),
    lambda cluster: harms.wipe_broker(cluster, 1),
    harms.kill_worker,
    lambda cluster: harms.cut_broker(cluster, 1),
    harms.restart_broker,
    harms.kill_fetch,
]
OF_A_SERVER = [lambda cluster: harms.cut_database(cluster, 1), harms.restart_database]


@pytest.mark.timeout(300)
def test_a_storm_loses_nothing_and_doubles_nothing(database, engine_name, request, tmp_path):
    server = request.getfixturevalue("postgres") if engine_name == "postgresql" else None
    slow = poison.install_stage(tmp_path / "packages") | {"POISON_SLOW_S": "0.2"}
    with papers(3) as sites, running(tmp_path / "cluster", database, server, **slow) as cluster:
        chaos = Chaos(cluster, sites)
        chaos.give(ARTICLES)
        for harm in [*STORM, *(OF_A_SERVER if server else [])]:
            cluster.until(lambda: chaos.leases() or chaos.ended() == ARTICLES)
            harm(cluster)
        chaos.finish(time.monotonic())
        assert chaos.faults() == []
        assert chaos.unforeseen() == []
