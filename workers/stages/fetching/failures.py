"""From what the network does to the one reason that is recorded for it.

`Attempt` is what a request knew when it failed: one and the same timeout is raised for DNS, TCP, TLS and the response,
and an address that we refused hides among the errors of the others.
"""

import errno
import socket
import ssl
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, Literal

import aiohttp
from aiohttp import http_exceptions

from shared.reasons import Failed
from workers.stages.fetching.decoding import BadEncoding, TooBig, Truncated

WAITING: Final = {"dns": "the name server", "connect": "a connection", "response": "the response"}
TLS_ERRORS: Final = (ssl.SSLError, ssl.CertificateError, aiohttp.ClientSSLError)
REASONS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (  # the first that fits
    (TooBig, "too_big"),
    (Truncated, "truncated"),
    (BadEncoding, "bad_encoding"),
    (aiohttp.InvalidURL, "bad_url"),
    (aiohttp.SocketTimeoutError, "read_timeout"),
    (aiohttp.ClientResponseError, "bad_http"),
    (TLS_ERRORS, "tls"),
    ((OSError, aiohttp.ClientConnectionError), "disconnected"),
)


@dataclass(slots=True)
class Attempt:
    """How far a request has come: filled in by the resolver and the socket factory, read when it fails."""

    phase: Literal["dns", "connect", "response"] = "connect"
    tried: int = 0
    blocked: list[str] = field(default_factory=list)


attempt_now: Final[ContextVar[Attempt]] = ContextVar("attempt_now")


class BlockedAddress(OSError):
    """The address is not one that we connect to."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"{address} is not a public address")


def failure_of(error: BaseException, attempt: Attempt) -> Failed:
    """The outcome of a request that ended in `error`."""
    if attempt.blocked and not attempt.tried:
        return Failed("blocked_address", f"leads to {', '.join(attempt.blocked[:3])}")
    return Failed(_reason(error, attempt), _detail(error, attempt))


def _reason(error: BaseException, attempt: Attempt) -> str:
    if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.SocketTimeoutError):
        return {"dns": "dns", "connect": "connect_timeout", "response": "deadline"}[attempt.phase]
    if isinstance(error, aiohttp.ClientPayloadError):
        return _reason_of_payload(error)
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error, TLS_ERRORS):
        return _reason_of_connect(error.os_error)
    # what aiohttp finds no words for is a header that it cannot read: ValueError and the like
    return next((reason for kinds, reason in REASONS if isinstance(error, kinds)), "bad_http")


def _reason_of_connect(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "dns"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if error.errno == errno.ETIMEDOUT:
        return "connect_timeout"
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return "stage_error"  # ours, not the host's
    # a handshake cut off: the connection stood
    return "disconnected" if error.errno in {errno.ECONNRESET, errno.EPIPE} else "refused"


def _reason_of_payload(error: aiohttp.ClientPayloadError) -> str:
    """A body that ended early, or one whose framing is wrong: aiohttp has one exception for both."""
    cause = error.__cause__
    if isinstance(cause, http_exceptions.TransferEncodingError):
        # raised at the end of the connection with this text; broken framing is raised by the parser
        return "truncated" if "Not enough data" in cause.message else "bad_http"
    if isinstance(cause, http_exceptions.ContentLengthError) or not isinstance(cause, http_exceptions.BadHttpMessage):
        return "truncated"
    return "bad_http"


def _detail(error: BaseException, attempt: Attempt) -> str:
    """One line for people, cut where a library quotes what a server sent at length."""
    if isinstance(error, TimeoutError) and not str(error):
        return f"out of time while waiting for {WAITING[attempt.phase]}"
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
