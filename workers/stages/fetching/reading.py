"""From a reply to an outcome: status, redirect, body, kind."""

import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp

from shared.kinds import Kind, kind_of
from shared.reasons import Failed
from shared.urls import BadUrl, resolve_url
from workers.stages.fetching.decoding import Decoder, TooBig, gunzip
from workers.stages.fetching.outcomes import FetchLimits, NotModified, Redirected, Request, Response

DAY_S: Final = 86_400.0
HEADER_CHARACTERS: Final = 500
KEPT_HEADERS: Final = (
    "content-type", "content-language", "content-location", "date", "last-modified", "etag", "cache-control", "expires",
    "age", "link", "server", "x-robots-tag", "refresh",
)  # fmt: skip
NAMED_STATUSES: Final = frozenset({401, 402, 403, 404, 408, 410, 429, 451, 503})
REDIRECTS: Final = frozenset({300, 301, 302, 303, 307, 308})
SOURCE_KINDS: Final[frozenset[Kind]] = frozenset({"html", "feed", "json_feed", "sitemap", "sitemap_index", "opml"})
WELCOME: Final[dict[str, frozenset[Kind]]] = {
    "page": SOURCE_KINDS,  # a feed given as an article is read as a source instead
    "source": SOURCE_KINDS | {"gzip", "xml", "json", "text"},
}


async def outcome_of(
    request: Request, url: str, reply: aiohttp.ClientResponse, limits: FetchLimits
) -> Response | NotModified | Redirected | Failed:
    """What `reply` to `request` amounts to; raises what decoding and reading raise."""
    if reply.status == 304:
        if request.etag or request.last_modified:
            etag, modified, max_age_s = _validators(reply.headers)
            return NotModified(url, etag or request.etag, modified or request.last_modified, max_age_s)
        return Failed("bad_http", "304 although nothing conditional was asked")
    if reply.status in REDIRECTS:
        return _redirect(url, reply)
    if not 200 <= reply.status < 300:
        return failure_of_status(reply.status, reply.headers)
    if reply.status == 206:
        return Failed("truncated", "206 although the whole was asked for")
    return await _response(request, url, reply, limits)


def failure_of_status(status: int, headers: Mapping[str, str]) -> Failed:
    """The reason that stands for an error status, with the pause that the server asks for."""
    retry_after_s = seconds_in(headers.get("Retry-After", ""))
    if status in NAMED_STATUSES:
        return Failed(f"http_{status}", f"status {status}", retry_after_s)
    reason = "http_5xx" if 500 <= status < 600 else "http_4xx" if status >= 400 else "bad_http"
    return Failed(reason, f"status {status}", retry_after_s)


def seconds_in(retry_after: str) -> float | None:
    """Seconds from a Retry-After header, given as a number or as a date; at most a day, None if it says nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), DAY_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, moment.timestamp() - time.time()), DAY_S)


def _redirect(url: str, reply: aiohttp.ClientResponse) -> Redirected | Failed:
    location = _as_sent(reply.headers.get("Location", "")).strip()
    if not location:
        return Failed("bad_redirect", f"status {reply.status} without a Location")
    try:
        return Redirected(url, resolve_url(url, location), permanent=reply.status in {301, 308})
    except BadUrl as error:
        return Failed("bad_redirect", f"{location[:100]}: {error}")


def _as_sent(value: str) -> str:
    """A header's text: servers send Latin-1 and UTF-8 unescaped, aiohttp gives what is not UTF-8 as surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value


async def _response(
    request: Request, url: str, reply: aiohttp.ClientResponse, limits: FetchLimits
) -> Response | Failed:
    max_bytes = _max_bytes(request, limits)
    body, cut = await _body(reply, max_bytes, may_cut=request.kind == "robots")
    content_type = _as_sent(reply.headers.get("Content-Type", ""))
    kind = kind_of(body, content_type)
    if kind == "gzip" and request.kind != "source":
        body = gunzip(body, max_bytes)
        kind = kind_of(body, content_type)
    if request.kind != "robots":
        if kind == "empty":
            return Failed("empty", f"{len(body)} bytes, none of them text")
        if kind not in WELCOME[request.kind]:
            return Failed("wrong_type", f"{kind}, called {content_type[:60] or 'nothing'}")
    etag, modified, max_age_s = _validators(reply.headers)
    return Response(
        url, reply.status, body, kind, headers=kept_headers(reply.headers), etag=etag, last_modified=modified,
        max_age_s=max_age_s, retry_after_s=seconds_in(reply.headers.get("Retry-After", "")),
        wire_bytes=reply.content.total_bytes, cut=cut,
    )  # fmt: skip


def _max_bytes(request: Request, limits: FetchLimits) -> int:
    return {
        "page": limits.max_body_bytes, "robots": limits.max_robots_bytes, "source": limits.max_source_bytes
    }[request.kind]  # fmt: skip


async def _body(reply: aiohttp.ClientResponse, max_bytes: int, *, may_cut: bool) -> tuple[bytes, bool]:
    """The body without its content encoding, and whether it was cut at `max_bytes`."""
    decoder = Decoder(reply.headers.get("Content-Encoding", ""), max_bytes)
    if (reply.content_length or 0) > max_bytes and not may_cut:
        raise TooBig(f"{reply.content_length} bytes announced, {max_bytes} allowed")
    try:
        async for piece in reply.content.iter_any():
            decoder.feed(piece)
    except TooBig:
        if not may_cut:
            raise
        return decoder.so_far()[:max_bytes], True
    return decoder.body(), False


def _validators(headers: Mapping[str, str]) -> tuple[str | None, str | None, float | None]:
    """ETag, Last-Modified and max-age of a reply; those too long to keep are left out."""
    etag, modified = headers.get("ETag"), headers.get("Last-Modified")
    return _short(etag), _short(modified), _max_age(headers.get("Cache-Control", ""))


def _short(value: str | None) -> str | None:
    return _as_sent(value) if value and len(value) <= HEADER_CHARACTERS and value.isprintable() else None


def _max_age(cache_control: str) -> float | None:
    for directive in cache_control.lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name == "max-age" and value.isascii() and value.isdigit():
            return float(value[:9])
    return None


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers worth storing, as text that every database takes."""
    found = ((name, headers.get(name)) for name in KEPT_HEADERS)
    return {name: _as_sent(value)[:HEADER_CHARACTERS].replace("\0", "") for name, value in found if value}
