"""Flower as a person starts it: where it listens, and where it will not."""

import os
import subprocess
import sys

import psutil
import pytest

from tests.support.commands import until

pytestmark = pytest.mark.optional("flower")


def flower(*options, tmp_path):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK_", "FLOWER_"))}
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "workers.app", "flower", *options]
    environment = inherited | {"COPYDESK_DATA_DIR": str(tmp_path), "FLOWER_PERSISTENT": "false"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def listening(process):
    return [one.laddr.ip for one in psutil.Process(process.pid).net_connections() if one.status == psutil.CONN_LISTEN]


def test_flower_for_everybody_without_a_password_does_not_start(tmp_path):
    with flower("--address=0.0.0.0", "--port=0", tmp_path=tmp_path) as process:
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert "Flower would answer everybody at 0.0.0.0: set FLOWER_BASIC_AUTH=USER:PASSWORD" in said
    assert "Traceback" not in said


def test_flower_without_an_address_listens_on_loopback_only(tmp_path):
    with flower("--port=0", tmp_path=tmp_path) as process:
        try:
            until(lambda: listening(process) or process.poll() is not None)
            assert listening(process) == ["127.0.0.1"]
        finally:
            process.kill()
            process.communicate(timeout=60)
