"""Fixtures of the real services that tests use: both databases, and a Redis. Imported by the conftest of each ring."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import redis

from scripts.embedded import redis_server
from shared import database as databases
from shared.processes import die_with_parent
from shared.schema import migrate
from shared.settings import settings
from tests.support import postgres as servers

numbers = count(1)


@pytest.fixture(scope="session")
def service_dir() -> Iterator[Path]:
    """A folder with a short name, since sockets lie in it, that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="copydesk-tests-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def postgres(service_dir: Path) -> Iterator[servers.Postgres]:
    """One PostgreSQL server for the session, with a migrated database to copy."""
    folder = service_dir / "postgres"
    folder.mkdir()
    try:
        running = servers.running(folder)
        server = running.__enter__()
    except (OSError, AssertionError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")
    try:
        server.run("create database migrated")
        migrate_at(server.url("migrated"))
        yield server
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def migrated_sqlite(service_dir: Path) -> Path:
    """A migrated SQLite file to copy."""
    path = service_dir / "migrated.db"
    migrate_at(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Every test that uses a database runs on both."""
    return str(request.param)


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of the test's own."""
    if engine_name == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "copydesk.db")
        yield f"sqlite:///{tmp_path / 'copydesk.db'}"
        return
    server: servers.Postgres = request.getfixturevalue("postgres")
    name = f"test_{next(numbers)}"
    server.run(f"create database {name} template migrated")
    yield server.url(name)
    server.run(f"drop database {name} with (force)")


@pytest.fixture
def empty_database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table."""
    if engine_name == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: servers.Postgres = request.getfixturevalue("postgres")
    name = f"empty_{next(numbers)}"
    server.run(f"create database {name}")
    yield server.url(name)
    server.run(f"drop database {name} with (force)")


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Settings for this test: `configure(fetch_delay_s=0.1)`. They hold for this process and for its children."""

    def set_them(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"COPYDESK_{name.upper()}", str(value))
        forget()

    for name in [name for name in os.environ if name.startswith("COPYDESK_")]:
        monkeypatch.delenv(name)
    forget()
    yield set_them
    forget()


@pytest.fixture
def database(database_url: str, configure: Callable[..., None], tmp_path: Path) -> str:
    """A migrated database, which the settings name."""
    configure(database_url=database_url, data_dir=tmp_path)
    return database_url


@pytest.fixture(scope="session")
def redis_socket(service_dir: Path) -> Iterator[Path]:
    """One Redis for the session; its socket."""
    socket = service_dir / "redis.sock"
    command = [redis_server(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(service_dir)]
    dying = {"preexec_fn": die_with_parent if sys.platform == "linux" else None}  # also when the tests are killed
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, **dying) as process:
        try:
            _wait_for_redis(socket)
            yield socket
        finally:
            process.terminate()


@pytest.fixture
def broker_url(redis_socket: Path) -> str:
    """An empty broker."""
    with redis.Redis(unix_socket_path=str(redis_socket)) as client:
        client.flushall()
    return f"redis+socket://{redis_socket}"


def migrate_at(url: str) -> None:
    """Migrate the database at `url`, whatever the settings of this process are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPYDESK_DATABASE_URL", url)
        forget()
        migrate()
    forget()


def forget() -> None:
    """Let go of what a process keeps for its life: settings, and connections to the database."""
    if databases.engine.cache_info().currsize:
        databases.engine().dispose()
    databases.engine.cache_clear()
    settings.cache_clear()


def _wait_for_redis(socket: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            with redis.Redis(unix_socket_path=str(socket)) as client:
                client.ping()
        except redis.RedisError:
            assert time.monotonic() < deadline, "Redis did not start"
            time.sleep(0.02)
        else:
            return
