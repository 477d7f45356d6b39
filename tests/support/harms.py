"""What can be done to a cluster. Each harm is a function that ends when everything is back."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from tests.support.cluster import Cluster, Member

LEASE_S, HOST_LEASE_S = 6.0, 8.0
AWAY_S = 240.0
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def kill_child(cluster: Cluster, times: int = 3) -> int:
    """SIGKILL to a process that works on a batch."""
    return _kill_some(cluster, 1, times)


def kill_bench(cluster: Cluster, times: int = 2) -> int:
    """SIGKILL to a process that works on a page."""
    return _kill_some(cluster, 2, times)


def _kill_some(cluster: Cluster, depth: int, times: int) -> int:
    for number in range(times):
        member = cluster.members[f"articles{1 + number % 2}"]
        cluster.until(lambda member=member: member.children(depth))
        with suppress(psutil.Error, IndexError):
            member.children(depth)[0].kill()
        cluster.wait(0.7)
    return times


def kill_worker(cluster: Cluster) -> int:
    """SIGKILL to a worker's main process."""
    return _kill(cluster, "articles1")


def kill_fetch(cluster: Cluster) -> int:
    """SIGKILL to the fetch worker."""
    return _kill(cluster, "fetch")


def kill_beat(cluster: Cluster) -> int:
    """SIGKILL to beat."""
    return _kill(cluster, "beat")


def _kill(cluster: Cluster, name: str) -> int:
    cluster.members[name].kill()
    cluster.wait(0.5)
    return 1


def freeze(cluster: Cluster) -> int:
    """SIGSTOP to a worker and all its processes for longer than its leases, then SIGCONT."""
    return _freeze(cluster.members["articles1"], cluster, 2 * LEASE_S)


def freeze_fetch(cluster: Cluster) -> int:
    """The same for the fetch worker."""
    return _freeze(cluster.members["fetch"], cluster, 1.5 * HOST_LEASE_S)


def _freeze(member: Member, cluster: Cluster, seconds: float) -> int:
    member.signal(signal.SIGSTOP)
    cluster.wait(seconds)
    member.signal(signal.SIGCONT)
    return 1


def wipe_broker(cluster: Cluster, times: int = 3) -> int:
    """FLUSHALL."""
    for _ in range(times):
        with cluster.redis() as client:
            client.flushall()
        cluster.wait(0.7)
    return times


def restart_broker(cluster: Cluster) -> int:
    """SIGKILL, and back after a while without its memory."""
    cluster.broker.held_down = True
    cluster.broker.kill()
    cluster.wait(3.0)
    cluster.broker.start()
    return 1


def keep_broker_away(cluster: Cluster) -> int:
    """Away for minutes, and back without its memory: no worker may need a new start for it."""
    before = {name: member.starts for name, member in cluster.members.items()}
    cluster.broker.held_down = True
    cluster.broker.kill()
    cluster.wait(AWAY_S)
    cluster.broker.start()
    assert {name: member.starts for name, member in cluster.members.items()} == before
    return 1


def cut_broker(cluster: Cluster, times: int = 3) -> int:
    """Close all connections to the broker."""
    for _ in range(times):
        cluster.broker_proxy.cut()
        cluster.wait(0.5)
    return times


def swallow_broker(cluster: Cluster) -> int:
    """What is sent to the broker, and what it sends, is lost without a word; the old connections never live again."""
    cluster.broker_proxy.swallow()
    cluster.wait(8.0)
    cluster.broker_proxy.mend()
    return 1


def restart_database(cluster: Cluster) -> int:
    """PostgreSQL ends at once, as after a crash, and is back after a while."""
    assert cluster.postgres is not None
    cluster.postgres.stop()
    cluster.wait(3.0)
    cluster.postgres.start()
    return 1


def cut_database(cluster: Cluster, times: int = 3) -> int:
    """Close all connections to the database."""
    assert cluster.database_proxy is not None
    for _ in range(times):
        cluster.database_proxy.cut()
        cluster.wait(0.7)
    return times


def swallow_database(cluster: Cluster) -> int:
    """Connections to the database die without a word."""
    assert cluster.database_proxy is not None
    cluster.database_proxy.swallow()
    cluster.wait(5.0)
    cluster.database_proxy.mend()
    return 1


def fill_disk(cluster: Cluster) -> int:
    """No byte is left where the database lies (a small file system of its own), for a while."""
    ballast = disk_of(cluster) / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65_536)
    cluster.wait(5.0)
    ballast.unlink()
    return 1


def disk_of(cluster: Cluster) -> Path:
    """Where the database lies."""
    return cluster.folder / "disk"


def skew_clock(cluster: Cluster) -> int:
    """A worker is started again with a clock that is an hour ahead."""
    member = cluster.members["articles1"]
    honest = member.environment
    member.environment = honest | {
        "LD_PRELOAD": str(FAKETIME), "FAKETIME": "+1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    member.end()
    member.start()
    cluster.wait(10.0)
    member.environment = honest
    member.end()
    member.start()
    return 1


def mount(folder: Path, megabytes: int) -> bool:
    """A small file system of its own at `folder`; False where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
