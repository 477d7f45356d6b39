"""The fetch stage's lifecycle: pulls due hosts from the frontier, one address each, and stores what came back.

A task works a shift: for a short while it claims hosts as slots become free, so that a slow site holds one slot and
nobody else. All shifts of a process share one event loop and one Fetcher, hence its connections. Database calls run
in threads: a transaction that waits must not stop the clock of requests in flight.
"""

import asyncio
import atexit
import threading
import time
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError

from shared import hosts, pages
from shared.database import is_passing, reading, transaction
from shared.hosts import Target
from shared.models import article
from shared.reasons import Failed
from shared.settings import settings
from shared.urls import host_of, robots_url
from workers import broker, fetched, reports
from workers.fetched import AGENT, Stored, Visit
from workers.outages import outlast
from workers.stages import fetching
from workers.stages.fetching import AddressPolicy, Fetcher, FetchLimits, Request, Robots, parse_networks

TRIES = 5  # to store beside others that lock the same hosts
LINGER_S = 1.0  # a shift stays open while a host comes due within this
POLL_S = 0.1  # how often an open shift with nothing in flight looks for due hosts
ROUND_S = 0.05  # how long finished requests wait for others to be stored with; the delay of their hosts runs meanwhile
log = structlog.get_logger(__name__)


def user_agent() -> str:
    """Who we say we are: never a browser."""
    contact = settings().fetch_contact
    return f"{AGENT}/0.1 (news ingestion{'; ' + contact if contact else ''})"


def work_a_shift() -> None:
    """Fetch until the shift is over or nothing comes due soon. Blocks the calling thread, not the event loop."""
    desk = _desk()
    asyncio.run_coroutine_threadsafe(_shift(desk), desk.loop).result()


class _Desk:
    """The event loop of this process and the Fetcher that lives in it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="fetching", daemon=True).start()
        self.fetcher: Fetcher = self.run(self._open())
        atexit.register(lambda: self.run(self.fetcher.__aexit__(None, None, None)))

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    async def _open(self) -> Fetcher:
        wanted = settings()
        if wanted.fetch_allow_networks:
            log.warning("private_networks_allowed", networks=wanted.fetch_allow_networks)
        fetcher = Fetcher(
            user_agent=user_agent(),
            limits=FetchLimits(deadline_s=wanted.fetch_deadline_s, max_body_bytes=wanted.fetch_max_bytes),
            policy=AddressPolicy(parse_networks(wanted.fetch_allow_networks)),
            proxy=wanted.fetch_proxy or None,
        )
        return await fetcher.__aenter__()


_opening = threading.Lock()


def _desk() -> _Desk:
    with _opening:
        return _one_desk()


@lru_cache(maxsize=1)
def _one_desk() -> _Desk:
    return _Desk()


async def _shift(desk: _Desk) -> None:
    ends_at = time.monotonic() + settings().fetch_shift_s
    finished: set[asyncio.Task[Visit]] = set()
    in_flight: set[asyncio.Task[Visit]] = set()
    while True:
        is_open = time.monotonic() < ends_at
        free = settings().fetch_concurrency - len(in_flight) if is_open else 0
        if finished or free:
            targets = await asyncio.to_thread(_exchange, [task.result() for task in finished], free)
            in_flight |= {asyncio.create_task(_visit(desk.fetcher, target)) for target in targets}
        if in_flight:
            finished, in_flight = await asyncio.wait(in_flight, timeout=ROUND_S)
            continue
        finished = set()
        if not is_open or not await asyncio.to_thread(_comes_due_soon):
            return
        await asyncio.sleep(POLL_S)


def _exchange(visits: Sequence[Visit], free: int) -> list[Target]:
    """Store what is finished, then claim what there is room for."""
    if visits:
        outlast(partial(_store, visits))
    return outlast(partial(_claim, free))


def _claim(limit: int) -> list[Target]:
    if limit <= 0:
        return []
    with transaction() as connection:
        targets = hosts.claim(connection, limit, settings().host_lease_s, settings().robots_ttl_s)
        again = [target.row.id for target in targets if target.table is article and target.row.text is not None]
        known = pages.validators(connection, again) if again else {}
    return [replace(target, validators=known.get(target.row.id)) if known else target for target in targets]


def _comes_due_soon() -> bool:
    with reading() as connection:
        wait_s = hosts.next_due_in(connection)
    return wait_s is not None and wait_s <= LINGER_S


async def _visit(fetcher: Fetcher, target: Target) -> Visit:
    """The one request that this host gets now: its robots.txt where our copy is old, else the address itself."""
    began = time.monotonic()
    if target.robots_due:
        return await _visit_robots(fetcher, target)
    if not rules(target.host.robots_text or "").allows(target.url, AGENT):
        return Visit(target, "denied", Failed("robots_denied"), 0.0)
    if target.table is article:
        request = Request(target.url, "page", *(target.validators or (None, None)))
    else:
        request = Request(target.url, "source", target.row.etag, target.row.last_modified)
    outcome = await fetcher.fetch(request)
    ended = time.monotonic()
    return Visit(target, request.kind, outcome, ended - began, ended=ended)


async def _visit_robots(fetcher: Fetcher, target: Target) -> Visit:
    """Fetch robots.txt, from another host where a redirect leads to one, if that host may be asked now."""
    url = target.host.robots_url or robots_url(target.url)
    borrowed = None
    if host_of(url) != target.host.name:
        borrowed = await asyncio.to_thread(_borrow, host_of(url))
        if borrowed is None:
            return Visit(target, "not_yet", Failed("robots_unreachable"))
    began = time.monotonic()
    outcome = await fetcher.fetch(Request(url, "robots"))
    ended = time.monotonic()
    return Visit(target, "robots", outcome, ended - began, borrowed, ended)


def _borrow(name: str) -> int | None:
    with transaction() as connection:
        return hosts.borrow(connection, name, settings().host_lease_s)


@lru_cache(maxsize=2000)
def rules(text: str) -> Robots:
    """Parsed robots.txt, by its text: most hosts of one publisher have the same."""
    return Robots(text)


def _until_stored(packed: Sequence[Visit]) -> Stored:
    """Store in one transaction; once more where it met another that locks the same rows."""
    for attempt in range(1, TRIES + 1):
        try:
            with transaction() as connection:
                return fetched.store(connection, packed, fetching.VERSION)
        except OperationalError as error:
            if attempt == TRIES or not is_passing(error):
                raise
    raise AssertionError("unreachable")


def _store(visits: Sequence[Visit]) -> None:
    """Store finished requests in one transaction and hand on what they brought."""
    packed = [fetched.packed(visit) for visit in visits]  # before the transaction: others wait for its locks
    stored = _until_stored(packed)
    broker.hand_on("clean", stored.to_clean)
    broker.hand_on("discover", stored.to_discover)
    if stored.endings:
        seconds = max(visit.seconds for visit in visits)
        reports.log_batch("fetch", stored.endings, lost=stored.lost, seconds=seconds)
