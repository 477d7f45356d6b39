"""Serves the sample newsroom over HTTP: one loopback address per site, or one port per site on a single address.

A Mac has no loopback address but 127.0.0.1. There, and with `bind`, the sites lie on neighbouring ports; a crawler
that is polite by host then reads all of them one request after the other.
"""

import asyncio
import errno
import socket
import threading
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final

from scripts.newsroom.edition import Edition
from scripts.newsroom.exchange import parse, respond, written
from scripts.newsroom.pages import Page
from scripts.newsroom.sites import SITES

PORTS: Final = range(8871, 9071, 10)  # the first that is free: usually the same, so a second demo knows its articles
ADDRESSES: Final = tuple(f"127.1.7.{number}" for number in range(1, len(SITES) + 1))
LONGEST_HEAD: Final = 16_384
IDLE_S: Final = 60.0
Place = tuple[str, int]


class Newsroom:
    """The sites at their addresses. They are silent until `answer` runs; `serving` is the short way."""

    def __init__(
        self, bind: str | None = None, port: int | None = None, name: str | None = None, now: datetime | None = None
    ) -> None:
        """`name` is what others call this machine, where `bind` is no address to be reached at (0.0.0.0)."""
        self.listeners = _listen(bind, port)
        places: list[Place] = [listener.getsockname() for listener in self.listeners]
        self.origins = {site.key: f"http://{name or at}:{on}" for site, (at, on) in zip(SITES, places, strict=True)}
        self.networks = sorted({f"{host}/32" for host, _ in places})  # for COPYDESK_FETCH_ALLOW_NETWORKS
        self.edition = Edition(self.origins, (now or datetime.now(UTC)).replace(microsecond=0))
        self.visits: Counter[tuple[str, int]] = Counter()  # how often each URL was answered, by status
        self._conversations: set[asyncio.Task[None] | None] = set()

    def sources(self) -> list[str]:
        """What to submit so that every page is reached: the feeds, and the pages that no feed names."""
        return self.edition.sources()

    async def answer(self, stop: asyncio.Event) -> None:
        """Answers until `stop` is set; then closes every connection and frees the addresses."""
        servers = [
            await asyncio.start_server(partial(self._converse, origin), sock=listener, limit=LONGEST_HEAD)
            for origin, listener in zip(self.origins.values(), self.listeners, strict=True)
        ]
        await stop.wait()
        for server in servers:
            server.close()
        for conversation in (open_ones := list(filter(None, self._conversations))):
            conversation.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _converse(self, origin: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side has enough of it."""
        self._conversations.add(conversation := asyncio.current_task())
        try:
            while await self._exchange(origin, reader, writer):
                pass
        except (EOFError, ConnectionError, TimeoutError, asyncio.LimitOverrunError):
            pass  # the client went away, or speaks something else
        finally:
            self._conversations.discard(conversation)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _exchange(self, origin: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its response; True if another may follow."""
        request = parse(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_S))
        response = respond(request, self.find(origin + request.target))
        self.visits[origin + request.target, response.status] += 1
        writer.write(written(request, response))
        await writer.drain()
        return request.stays

    def find(self, url: str) -> Page | None:
        """The page at `url`; parameters that no page knows, such as trackers, make no difference."""
        pages = self.edition.pages
        return pages.get(url) or pages.get(url.partition("&utm_")[0]) or pages.get(url.partition("?")[0])


@contextmanager
def serving(
    bind: str | None = None, port: int | None = None, name: str | None = None, now: datetime | None = None
) -> Generator[Newsroom]:
    """A newsroom that answers from a thread of its own as long as the block runs."""
    room = Newsroom(bind, port, name, now)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(room.answer(stop),), name="newsroom", daemon=True)
    thread.start()
    try:
        yield room
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def _listen(bind: str | None, port: int | None) -> list[socket.socket]:
    """A listening socket for each site: on `bind` side by side, else each on its own address where there are any."""
    if bind is None:
        try:
            return _first_free([[(address, on) for address in ADDRESSES] for on in _ports(port)])
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
    host = bind or "127.0.0.1"
    return _first_free([[(host, on + number) for number in range(len(SITES))] for on in _ports(port)])


def _ports(port: int | None) -> Sequence[int]:
    return PORTS if port is None else [port]


def _first_free(choices: Sequence[Sequence[Place]]) -> list[socket.socket]:
    """Listeners at the first of `choices` of which no place is taken; OSError if there is none."""
    for places in choices[:-1]:
        try:
            return _bound(places)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return _bound(choices[-1])


def _bound(places: Sequence[Place]) -> list[socket.socket]:
    """Listeners at all of `places`, or at none."""
    listeners: list[socket.socket] = []
    try:
        listeners.extend(socket.create_server(place) for place in places)
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners
