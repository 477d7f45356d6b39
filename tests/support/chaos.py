"""Chaos: articles go through a real cluster while it is hurt; afterwards the promise is checked to the row."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from shared import submissions, urls
from shared.accounting import progress
from shared.database import reading, transaction
from shared.errors import DatabaseDown
from shared.models import article
from shared.submissions import NewArticle
from tests.support import conservation, stories
from tests.support.cluster import Cluster
from tests.support.site import Site, serving

COPIES = 10  # every so many articles one is printed by another paper, too
Harm = Callable[[Cluster], int]


@contextmanager
def papers(count: int) -> Iterator[list[Site]]:
    """Web sites on loopback addresses of their own, so that each is a host."""
    with ExitStack() as stack:
        yield [stack.enter_context(serving(f"127.0.1.{number}")) for number in range(1, count + 1)]


@dataclass
class Outcome:
    """What came of one harm."""

    harm: str
    articles: int
    times: int
    recovered_s: float  # from its end until all that was in work then is stored, and the line moves again
    finished_s: float  # until everything has ended
    faults: list[str] = field(default_factory=list)


class Chaos:
    """Articles, a cluster, and what is done to it. This process reads the database by a way of its own."""

    def __init__(self, cluster: Cluster, sites: Sequence[Site]) -> None:
        self.cluster, self.sites = cluster, sites
        self.given = 0

    def give(self, count: int) -> None:
        """Publish this many articles, and submit their addresses."""
        addresses = [self._publish(number) for number in range(self.given, self.given + count)]
        new = [NewArticle(*urls.read_address(address)) for address in addresses]
        with transaction() as connection:
            submission_id = submissions.open_submission(connection, ["chaos"], None)
            submissions.add_articles(connection, submission_id, new)
        self.given += count

    def _publish(self, number: int) -> str:
        site = self.sites[number % len(self.sites)]
        host = site.server.server_address[0]
        story = number - 1 if number % COPIES == 0 and number else number
        site.put(f"/news/{number}", stories.page(story))
        return site.url(f"/news/{number}", host=str(host))

    def suffer(self, harm: Harm, count: int) -> Outcome:
        """Let `count` articles be worked on, do the harm in the midst of it, and wait for the end."""
        before = self.ended()
        self.give(count)
        self.cluster.until(lambda: self.ended() > before + count // 10 and self.leases())
        held = self.leases()
        times = harm(self.cluster)
        began, ended = time.monotonic(), self.ended()
        self.cluster.until(lambda: self._has_recovered(held, ended))
        recovered_s = time.monotonic() - began
        finished_s = self.finish(began)
        return Outcome(harm.__name__, count, times, recovered_s, finished_s, self.faults())

    def finish(self, began: float) -> float:
        """Wait until everything has ended; returns the seconds since `began`."""
        self.cluster.until(lambda: self._look(lambda connection: progress(connection).finished))
        return time.monotonic() - began

    def faults(self) -> list[str]:
        """What breaks the promise."""
        visits = Counter(
            f"http://{visit.host}:{site.server.server_port}{visit.path}"
            for site in self.sites
            for visit in list(site.visits)
            if visit.path != "/robots.txt"
        )
        with reading() as connection:
            return [*conservation.faults(connection, self.given), *conservation.asked_too_often(connection, visits)]

    def unforeseen(self) -> list[str]:
        """Tracebacks in logs, that of Celery for a process that was killed excepted."""
        lines = (line for log in self.cluster.logs().values() for line in log.splitlines())
        return [line for line in lines if "Traceback" in line and "WorkerLostError" not in line]

    def ended(self) -> int:
        """How many articles have ended; 0 while the database does not say."""
        query = select(func.count()).select_from(article).where(article.c.next_stage.is_(None))
        return self._look(lambda connection: connection.scalar(query)) or 0

    def leases(self) -> set[int]:
        """The tokens of all claims that are held now."""
        query = select(article.c.lease_token).where(article.c.lease_token.is_not(None))
        return set(self._look(lambda connection: connection.scalars(query).all()) or ())

    def _has_recovered(self, held: set[int], ended: int) -> bool:
        moves = self.ended() > ended or self.ended() == self.given
        return moves and not held & self.leases()

    @staticmethod
    def _look(ask: Callable[[Any], Any]) -> Any:
        try:
            with reading() as connection:
                return ask(connection)
        except DatabaseDown:
            return None
