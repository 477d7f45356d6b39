"""A cluster of our own to measure: broker, fetch worker with beat, article worker; and the CPU of all of it."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from setproctitle import getproctitle
from sqlalchemy import func, select

from scripts import embedded
from shared import submissions
from shared.database import reading, transaction
from shared.models import article
from shared.schema import migrate
from shared.settings import settings
from shared.submissions import NewArticle
from tests.benchmarks.measuring import postgres_server
from tests.support.line import forget_broker
from tests.support.services import forget
from workers.app import app

PATIENCE_S = 3600.0
getproctitle()  # it looks for this process's words once, and finds none after the environment has been emptied


@contextmanager
def configured(**values: object) -> Iterator[None]:
    """Settings for this process and those that it starts: `configured(batch_size=64)`."""
    before = dict(os.environ)
    os.environ |= {f"COPYDESK_{name.upper()}": str(value) for name, value in values.items()}
    forget()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
        forget()


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """The URL of a new database on `engine` (sqlite, postgresql)."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    with postgres_server() as server:
        yield server.new_database("bench")


@contextmanager
def running(engine: str, prepare: Callable[[], None] = migrate, **values: object) -> Iterator[None]:
    """A cluster on a new database, made by `prepare`, which ends with the block."""
    with (
        tempfile.TemporaryDirectory(prefix="copydesk-bench-", ignore_cleanup_errors=True) as name,
        database(engine, Path(name)) as url,
        configured(database_url=url, data_dir=name, **values),
    ):
        app.conf.broker_url = settings().broker
        forget_broker()  # as in a new process: no connection to the broker of the cluster before
        with embedded.services(with_broker=True) as start_workers:
            prepare()
            start_workers()
            yield


def cpu_s() -> float:
    """CPU seconds of every process below this one, ended ones included: workers, beat, broker, database server."""
    return sum(cpu_by_part().values())


def cpu_by_part() -> dict[str, float]:
    """The same by part."""
    ended = psutil.Process().cpu_times()
    parts = Counter(ended=ended.children_user + ended.children_system)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            parts[_part(process)] += used.user + used.system + used.children_user + used.children_system
    return dict(parts)


def _part(process: psutil.Process) -> str:
    """What a process is for, by its command line."""
    words = " ".join([process.name(), *process.cmdline()])
    parts = {"postgres": "database", "redis": "broker", "fetch": "fetch and beat", "articles": "article workers"}
    return next((part for word, part in parts.items() if word in words), "rest")


def add(new: Sequence[NewArticle]) -> list[int]:
    """Add articles in one transaction."""
    with transaction() as connection:
        submission_id = submissions.open_submission(connection, ["a benchmark"], None)
        return submissions.add_articles(connection, submission_id, new)


def wait() -> None:
    """Until no article has anything left to be done."""
    deadline = time.monotonic() + PATIENCE_S
    while open_articles():
        if time.monotonic() > deadline:
            raise TimeoutError("the cluster does not finish")
        time.sleep(0.2)


def open_articles() -> int:
    with reading() as connection:
        query = select(func.count()).select_from(article).where(article.c.next_stage.is_not(None))
        return connection.scalar(query) or 0
