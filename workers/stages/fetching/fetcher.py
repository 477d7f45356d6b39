"""One request, one outcome: whatever a server does ends within the deadline as a value."""

import asyncio
import resource
import socket
import time
from dataclasses import replace
from types import TracebackType
from typing import Final, Self
from weakref import WeakSet

import aiohttp
from yarl import URL

from shared.reasons import Failed
from shared.urls import BadUrl, fetch_url
from workers.stages.fetching.addresses import AddressPolicy
from workers.stages.fetching.connecting import ThreadResolver, open_connector
from workers.stages.fetching.decoding import DecodingError
from workers.stages.fetching.failures import Attempt, BlockedAddress, attempt_now, failure_of
from workers.stages.fetching.outcomes import FetchLimits, NotModified, Redirected, Request, Response
from workers.stages.fetching.reading import outcome_of

Outcome = Response | NotModified | Redirected | Failed

ACCEPT: Final = {
    "page": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "robots": "text/plain,*/*;q=0.8",
    "source": "application/rss+xml,application/atom+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.8",
}


class Fetcher:
    """Makes requests over connections that it keeps: `async with Fetcher(user_agent=...) as fetcher: ...`.

    It follows no redirect and knows no robots.txt: both belong to whoever holds the host's clock.
    """

    def __init__(
        self, *, user_agent: str, limits: FetchLimits | None = None, policy: AddressPolicy | None = None,
        proxy: str | None = None,
    ) -> None:  # fmt: skip
        self._limits, self._policy = limits or FetchLimits(), policy or AddressPolicy()
        self._user_agent, self._proxy = user_agent, proxy
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._kept = min(self._limits.kept_connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 3)
        self._resolver: ThreadResolver
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._limits.connect_s, sock_read=self._limits.read_s, ceil_threshold=1e9
        )
        self._resolver = ThreadResolver(self._limits.dns_threads)
        self._session = aiohttp.ClientSession(
            connector=open_connector(
                self._limits, self._policy, self._resolver, self._sockets, proxied=bool(self._proxy)
            ),
            timeout=timeout,
            auto_decompress=False,  # decoded here: with a cap, and so that an early end is noticed
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=65_536,
            max_field_size=65_536,
            max_headers=256,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip, deflate, br, zstd"},
            trace_configs=[_tracing()],
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._resolver.close()

    async def fetch(self, request: Request) -> Outcome:
        """The outcome of `request`, whatever the network does; it takes no longer than the deadline."""
        attempt, began = Attempt(), time.monotonic()
        token = attempt_now.set(attempt)
        try:
            url = fetch_url(request.url)
            async with asyncio.timeout(self._limits.deadline_s):
                outcome = await self._exchange(request, url)
            return outcome if isinstance(outcome, Failed) else replace(outcome, seconds=time.monotonic() - began)
        except BadUrl as error:
            return Failed("bad_url", str(error))
        except (aiohttp.ClientError, OSError, ValueError, DecodingError) as error:
            return failure_of(error, attempt)
        finally:
            attempt_now.reset(token)

    async def _exchange(self, request: Request, url: str) -> Outcome:
        if self._proxy:
            await self._check_target(url)
        async with self._session.get(
            URL(url, encoded=True), headers=self._headers(request), allow_redirects=False, proxy=self._proxy
        ) as reply:
            return await outcome_of(request, url, reply, self._limits)

    def _headers(self, request: Request) -> dict[str, str]:
        wanted = {
            "Accept": ACCEPT[request.kind],
            "If-None-Match": request.etag,
            "If-Modified-Since": request.last_modified,
            "Connection": "close" if len(self._sockets) > self._kept else None,
        }
        return {name: value for name, value in wanted.items() if value}

    async def _check_target(self, url: str) -> None:
        """Through a proxy the connection is not ours to check: refuse what resolves, here, to a forbidden address."""
        parts = URL(url, encoded=True)
        for found in await self._resolver.resolve(parts.raw_host or "", parts.port or 0):
            if not self._policy.allows(found["host"]):
                attempt_now.get().blocked.append(found["host"])
                raise BlockedAddress(found["host"])


def _tracing() -> aiohttp.TraceConfig:
    """Marks the moment at which waiting for a connection becomes waiting for a response."""

    async def headers_sent(*_: object) -> None:
        attempt_now.get().phase = "response"

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(headers_sent)
    return config
