"""Passwords in the URLs of database and broker are seen by nobody: not in errors, logs, or the list of processes."""

import os
import subprocess
import sys

import psutil
import pytest

from tests.support.commands import until

SECRET = "Xq7-hush-hush"  # noqa: S105  (it opens nothing)
DATABASE = f"postgresql://copydesk:{SECRET}@127.0.0.1:1/articles"
BROKER = f"redis://:{SECRET}@127.0.0.1:1/0"


@pytest.fixture
def secretive(desk):
    """Both away, both with a password, both named by the environment."""
    desk.environment |= {"COPYDESK_DATABASE_URL": DATABASE, "COPYDESK_BROKER_URL": BROKER}
    return desk


@pytest.mark.parametrize(
    "command",
    [
        ("run", "https://a.example/1"),
        ("submit", "https://a.example/1"),
        ("monitor", "--once"),
        ("migrate",),
        ("export",),
    ],
    ids=lambda command: command[0],
)
def test_a_command_that_reaches_nothing_keeps_them(secretive, command):
    running = secretive.start(*command)
    seen = [word for process in running.processes() for word in process.cmdline()]

    result = running.end()

    assert result.status in (1, 2)
    assert "does not answer" in result.err
    assert SECRET not in result.out + result.err + " ".join(seen)


def test_wrong_urls_are_named_without_them(desk):
    for name, url in (
        ("DATABASE", f"mysql://a:{SECRET}@b/c"),
        ("DATABASE", f"a b:{SECRET}@c"),
        ("BROKER", f"http://a:{SECRET}@b"),
    ):
        desk.environment = {f"COPYDESK_{name}_URL": url}
        result = desk("run", "https://a.example/1")
        assert result.status in (1, 2)
        assert SECRET not in result.out + result.err


def test_workers_that_reach_nothing_keep_them(tmp_path):
    environment = os.environ | {
        "COPYDESK_DATABASE_URL": DATABASE, "COPYDESK_BROKER_URL": BROKER, "COPYDESK_DATA_DIR": str(tmp_path),
    }  # fmt: skip
    log = tmp_path / "log"
    command = [
        sys.executable,
        "-m",
        "celery",
        "--app",
        "workers.app",
        "worker",
        "--queues",
        "articles",
        "--concurrency",
        "1",
        "--beat",
    ]
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        try:
            until(lambda: "connect" in log.read_text("utf-8", "replace").lower() or process.poll() is not None, 90)
            family = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
            words = [word for pid in family for word in psutil.Process(pid).cmdline()]
        finally:
            process.kill()
            process.wait(60)
    assert process.returncode == -9, log.read_text()
    assert "connect" in log.read_text("utf-8", "replace").lower()
    assert SECRET not in log.read_text("utf-8", "replace") + " ".join(words)
