"""The line in one process: what a test adds to it, what waits in the broker, and a worker that works when told."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu import pools
from sqlalchemy import func, select, update

from shared import pages, submissions, tallying, urls
from shared.database import now, reading, transaction
from shared.models import article, host, stage_run
from shared.submissions import NewArticle
from tests.support import stories
from workers import broker, tasks
from workers.app import ARTICLES, DISPATCH, FETCH, app

STAGE_TASKS = (tasks.discover, tasks.clean, tasks.extract, tasks.deduplicate, tasks.remember, tasks.arrange)
TASKS = {task.name: task for task in STAGE_TASKS}


@dataclass(frozen=True, slots=True)
class Message:
    """A task that waits in the broker, and the ids that it names."""

    task: str
    ids: tuple[int, ...]


class Line:
    """Rows in, messages out. Nothing moves unless the test says so."""

    def __init__(self, client: "redis.Redis", socket: Path) -> None:
        self.client, self.socket = client, socket
        with transaction() as connection:
            self.submission_id = submissions.open_submission(connection, ["a test"], None)

    # ---- what goes in

    def add_pages(self, *bodies: str, site: str = "paper.example", packed: bytes | None = None) -> list[int]:
        """Articles whose pages are given; they wait for the clean stage."""
        known = self.count()
        bytes_ = [pages.pack(body.encode()) if packed is None else packed for body in bodies]
        return self._add([_article(f"https://{site}/{known + n}", site, body) for n, body in enumerate(bytes_)])

    def add_stories(self, *numbers: int, site: str = "paper.example") -> list[int]:
        """Articles with the texts of these numbers."""
        return self.add_pages(*(stories.page(number) for number in numbers), site=site)

    def add_urls(self, *addresses: str) -> list[int]:
        """Articles that are to be fetched."""
        return self._add([_article(address, urls.host_of(address)) for address in addresses])

    def _add(self, new: Sequence[NewArticle]) -> list[int]:
        with transaction() as connection:
            return sorted(submissions.add_articles(connection, self.submission_id, new))

    # ---- what is there

    def row(self, article_id: int) -> Any:
        """The article as it is now."""
        with reading() as connection:
            return connection.execute(select(article).where(article.c.id == article_id)).one()

    def rows(self) -> list[Any]:
        """All articles, in the order of ids."""
        with reading() as connection:
            return list(connection.execute(select(article).order_by(article.c.id)))

    def statuses(self) -> list[str]:
        return [row.status for row in self.rows()]

    def count(self) -> int:
        with reading() as connection:
            return connection.scalar(select(func.count()).select_from(article)) or 0

    def host(self, name: str) -> Any:
        with reading() as connection:
            return connection.execute(select(host).where(host.c.name == name)).one()

    def life(self, article_id: int) -> list[tuple[str, str, str | None]]:
        """The ledger of an article: stage, outcome, reason."""
        with reading() as connection:
            runs = connection.execute(
                select(stage_run).where(stage_run.c.article_id == article_id).order_by(stage_run.c.id)
            )
            return [(run.stage, run.outcome, run.reason) for run in runs]

    def messages(self) -> list[Message]:
        """What waits in the queues of the stages, next one first."""
        waiting = [raw for queue in (FETCH, ARTICLES) for raw in reversed(self.client.lrange(queue, 0, -1))]
        return [read_message(raw) for raw in waiting]

    # ---- what happens

    def work(self) -> int:
        """A worker takes every message there is, those that it sends itself included; returns how many."""
        worked = 0
        while raw := self.client.rpop(ARTICLES):
            message = read_message(raw)
            TASKS[message.task](*([list(message.ids)] if message.ids else []))
            worked += 1
        return worked

    def lose_messages(self) -> None:
        """The broker forgets everything."""
        self.client.flushall()

    def change(self, article_id: int, **values: Any) -> None:
        """Set columns of an article behind everybody's back."""
        with transaction() as connection:
            connection.execute(update(article).where(article.c.id == article_id).values(**values))

    def expire_lease(self, *article_ids: int) -> None:
        """Let the lease of articles run out, as if their worker had been silent for long."""
        for article_id in article_ids:
            self.change(article_id, leased_until=now(-1.0))

    def cut_broker(self) -> None:
        """The broker does not answer any more."""
        self.socket.rename(self.socket.with_suffix(".away"))
        forget_broker()

    def mend_broker(self) -> None:
        """The broker is back, with what it had."""
        self.socket.with_suffix(".away").rename(self.socket)
        forget_broker()


@pytest.fixture
def line(database: str, broker_url: str, redis_socket: Path, configure: Callable[..., None]) -> Iterator[Line]:
    """An empty database and an empty broker."""
    configure(broker_url=broker_url)
    app.conf.broker_url = broker_url
    forget_broker()
    with redis.Redis(unix_socket_path=str(redis_socket)) as client:
        yield Line(client, redis_socket)
    with reading() as connection:  # whatever a test has done to the articles
        assert tallying.differences(connection) == []
    if redis_socket.with_suffix(".away").exists():
        redis_socket.with_suffix(".away").rename(redis_socket)
    forget_broker()


def forget_broker() -> None:
    """Let go of connections to the broker."""
    if broker.client.cache_info().currsize:
        broker.client().close()
    broker.client.cache_clear()
    pools.reset()
    app._after_fork()  # the app keeps the pools it has, closed or not


def _article(url: str, site: str, body: bytes | None = None) -> NewArticle:
    return NewArticle(url, urls.canonical_url(url), site, body=body, content_type="text/html" if body else None)


def read_message(raw: bytes) -> Message:
    """A message as Celery put it into Redis."""
    envelope = json.loads(raw)
    arguments = json.loads(base64.b64decode(envelope["body"]))[0]
    return Message(envelope["headers"]["task"], tuple(arguments[0]) if arguments else ())


__all__ = ["ARTICLES", "DISPATCH", "FETCH", "Line", "Message", "line", "read_message"]
