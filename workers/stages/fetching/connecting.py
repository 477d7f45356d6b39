"""How connections are made: names resolved in threads of our own, and every address checked before it is called."""

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakSet

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from workers.stages.fetching.addresses import AddressPolicy
from workers.stages.fetching.failures import BlockedAddress, attempt_now
from workers.stages.fetching.outcomes import FetchLimits

AddrInfo = tuple[
    int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]
]


class ThreadResolver(AbstractResolver):
    """getaddrinfo in threads that no other work shares: a name server that hangs must not hold up anything else."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        attempt = attempt_now.get()
        attempt.phase = "dns"
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _addresses, host, port, family)
        attempt.phase = "connect"
        return found

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int, family: int) -> list[ResolveResult]:
    """Blocking: each address of `host` once, in the order of preference that the system gives."""
    try:
        rows = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label longer than DNS knows
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from None
    found = {str(address[0]): (kind, protocol) for kind, _, protocol, _, address in rows}
    return [
        ResolveResult(hostname=host, host=address, port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST)
        for address, (kind, protocol) in found.items()
    ]


def open_connector(
    limits: FetchLimits,
    policy: AddressPolicy,
    resolver: ThreadResolver,
    sockets: WeakSet[socket.socket],
    *,
    proxied: bool,
) -> aiohttp.TCPConnector:
    """A pool with one TLS context (it takes 35 ms to build) whose sockets exist only for addresses that may be called.

    Through a proxy the only connections are those to the proxy, which a person chose. `sockets` gets all that are open.
    """

    def checked_socket(info: AddrInfo) -> socket.socket:
        attempt, address = attempt_now.get(), str(info[4][0])
        if not proxied and not policy.allows(address):
            attempt.blocked.append(address)
            raise BlockedAddress(address)
        attempt.tried += 1
        opened = socket.socket(info[0], info[1], info[2])
        sockets.add(opened)
        return opened

    return aiohttp.TCPConnector(
        ssl=ssl.create_default_context(),
        resolver=resolver,
        ttl_dns_cache=60,
        limit=0,  # the caller decides how many requests run at once
        keepalive_timeout=limits.keepalive_s,
        socket_factory=checked_socket,
    )
