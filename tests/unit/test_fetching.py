"""The fetcher against servers that say exactly what a test wants, on loopback."""

import asyncio
import contextlib
import gzip
import socket
import threading
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from shared.reasons import Failed
from workers.stages.fetching import (
    AddressPolicy,
    Fetcher,
    FetchLimits,
    NotModified,
    Outcome,
    Redirected,
    Request,
    Response,
    parse_networks,
    rules_for,
    stop_following,
)

PAGE = b"<!DOCTYPE html><html><body><p>The mill reopened on Friday.</p></body></html>"
LOOPBACK = AddressPolicy(parse_networks("127.0.0.0/8"))
QUICK = FetchLimits(deadline_s=0.5, connect_s=0.3, read_s=0.3, max_body_bytes=100_000, max_robots_bytes=1000)


def answer(status: int = 200, body: bytes = PAGE, **headers: str | None) -> bytes:
    """A response as bytes; header names with _ for -, None leaves one out."""
    rows = {"Content-Type": "text/html", "Content-Length": str(len(body))}
    rows |= {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[misc]
    lines = "".join(f"{name}: {value}\r\n" for name, value in rows.items() if value is not None)
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


def get(
    reply: bytes | Callable[[bytes], bytes], request: Request | None = None, *, hang: bool = False,
    policy: AddressPolicy = LOOPBACK,
) -> Outcome:  # fmt: skip
    """The outcome of one request to a server that sends `reply` and then closes or hangs."""

    asked = request or Request("/story")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = asked.url if "://" in asked.url else f"http://127.0.0.1:{listener.getsockname()[1]}{asked.url}"
        done = threading.Event()
        server = threading.Thread(target=_serve, args=(listener, reply, done if hang else None))
        server.start()
        try:
            return asyncio.run(_fetch(Request(url, asked.kind, asked.etag, asked.last_modified), policy))
        finally:
            done.set()
            listener.shutdown(socket.SHUT_RDWR)
            server.join()


def _serve(listener: socket.socket, reply: bytes | Callable[[bytes], bytes], done: threading.Event | None) -> None:
    """Answer each connection once, until the listener is shut down."""
    with contextlib.suppress(OSError):
        while True:
            with listener.accept()[0] as client, contextlib.suppress(OSError):
                head = client.recv(65_536)
                client.sendall(reply(head) if callable(reply) else reply)
                if done:
                    done.wait(5)


async def _fetch(request: Request, policy: AddressPolicy = LOOPBACK) -> Outcome:
    async with Fetcher(user_agent="copydesk/test", limits=QUICK, policy=policy) as fetcher:
        return await fetcher.fetch(request)


def reason(outcome: Outcome) -> str:
    return outcome.reason if isinstance(outcome, Failed) else type(outcome).__name__


def test_a_page_comes_with_its_headers_and_validators() -> None:
    outcome = get(answer(ETag='"a"', Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT", Cache_Control="max-age=60"))
    assert isinstance(outcome, Response)
    assert (outcome.body, outcome.kind, outcome.content_type) == (PAGE, "html", "text/html")
    assert (outcome.etag, outcome.last_modified, outcome.max_age_s) == ('"a"', "Mon, 01 Jan 2024 00:00:00 GMT", 60)
    assert outcome.wire_bytes == len(PAGE)


def test_the_request_says_who_asks() -> None:
    seen: list[bytes] = []
    get(lambda head: seen.append(head) or answer())  # type: ignore[func-returns-value]
    assert b"User-Agent: copydesk/test\r\n" in seen[0]


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("x-gzip", gzip.compress(PAGE[:20]) + gzip.compress(PAGE[20:])),
        ("gzip", gzip.compress(PAGE) + b"\0\0rubbish"),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),
        ("br", brotli.compress(PAGE)),
        ("zstd", zstandard.compress(PAGE)),
        ("gzip, br", brotli.compress(gzip.compress(PAGE))),
        ("identity", PAGE),
        ("GZIP", gzip.compress(PAGE)),
    ],
)
def test_every_content_encoding_is_undone(name: str, packed: bytes) -> None:
    outcome = get(answer(body=packed, Content_Encoding=name))
    assert isinstance(outcome, Response)
    assert outcome.body == PAGE


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("gzip", gzip.compress(bytes(2**24))),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(2**28)))),
        ("deflate", zlib.compress(bytes(2**24))),
        ("br", brotli.compress(bytes(2**24))),
        ("zstd", zstandard.compress(bytes(2**24))),
    ],
)
def test_a_bomb_is_too_big(name: str, packed: bytes) -> None:
    assert reason(get(answer(body=packed, Content_Encoding=name))) == "too_big"


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("gzip", gzip.compress(PAGE)[:-12]),
        ("deflate", zlib.compress(PAGE)[:-12]),
        ("br", brotli.compress(PAGE * 9)[:-3]),
        ("zstd", zstandard.compress(PAGE)[:-4]),
    ],
)
def test_an_encoding_that_ends_early_is_noticed(name: str, packed: bytes) -> None:
    assert reason(get(answer(body=packed, Content_Encoding=name))) in {"truncated", "bad_encoding"}


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "x-squash", "gzip, gzip, gzip"])
def test_a_body_that_is_not_in_its_encoding_is_refused(name: str) -> None:
    body = b"\x9f\x13\xe4 not packed at all" * 20
    assert reason(get(answer(body=body, Content_Encoding=name))) == "bad_encoding"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"", "disconnected"),
        (b"rubbish\r\n\r\n", "bad_http"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n", "bad_http"),
        (answer(Content_Length="5000"), "truncated"),
        (answer(Content_Length=None, Transfer_Encoding="chunked", body=b"5\r\n<html\r\n"), "truncated"),
        (answer(Content_Length=None, Transfer_Encoding="chunked", body=b"ZZ\r\n<html\r\n"), "bad_http"),
        (answer(Content_Length="123456789"), "too_big"),
        (answer(body=b"<p>" * 50_000), "too_big"),
        (answer(body=b"%PDF-1.7 ..."), "wrong_type"),
        (answer(body=b'{"a": 1}', Content_Type="application/json"), "wrong_type"),
        (answer(body=b""), "empty"),
        (answer(body=b" \n\t \n"), "empty"),
        (answer(204, b""), "empty"),
        (answer(206), "truncated"),
        (answer(304, b""), "bad_http"),
        (answer(302, b""), "bad_redirect"),
        (answer(302, b"", Location="file:///etc/passwd"), "bad_redirect"),
        (answer(302, b"", Location="http://user:word@example.org/"), "bad_redirect"),
        (answer(302, b"", Location="http://exa mple.org:99999/"), "bad_redirect"),
        *((answer(status), f"http_{status}") for status in (401, 402, 403, 404, 408, 410, 429, 451, 503)),
        (answer(418), "http_4xx"),
        (answer(502), "http_5xx"),
        (answer(520), "http_5xx"),
        (answer(999), "http_4xx"),
    ],
)
def test_every_answer_has_one_reason(reply: bytes, expected: str) -> None:
    assert reason(get(reply)) == expected


def test_a_server_that_stops_sending_is_left() -> None:
    assert reason(get(b"HTTP/1.1 200 OK\r\n", hang=True)) == "read_timeout"


def test_a_page_packed_without_saying_so_is_unpacked() -> None:
    outcome = get(answer(body=gzip.compress(PAGE)))
    assert isinstance(outcome, Response)
    assert outcome.body == PAGE


def test_retry_after_is_a_number_or_a_date() -> None:
    soon = get(answer(429, Retry_After="30"))
    past = get(answer(503, Retry_After="Mon, 01 Jan 2024 00:00:00 GMT"))
    never = get(answer(503, Retry_After="99999999999999999999"))
    silent = get(answer(503, Retry_After="soon"))
    found = [outcome.retry_after_s for outcome in (soon, past, never, silent) if isinstance(outcome, Failed)]
    assert found == [30, 0, 86_400, None]


def test_what_we_hold_is_asked_for_conditionally() -> None:
    def reply(head: bytes) -> bytes:
        asked = b'If-None-Match: "a"' in head and b"If-Modified-Since: yesterday" in head
        return answer(304 if asked else 200, b"", ETag='"a"')

    outcome = get(reply, Request("/story", etag='"a"', last_modified="yesterday"))
    assert isinstance(outcome, NotModified)
    assert (outcome.etag, outcome.last_modified) == ('"a"', "yesterday")


@pytest.mark.parametrize(("status", "permanent"), [(301, True), (302, False), (303, False), (307, False), (308, True)])
def test_a_redirect_is_handed_back_not_followed(status: int, permanent: bool) -> None:
    outcome = get(answer(status, b"", Location="//example.org/caf\u00e9?utm_source=x#y"))
    assert isinstance(outcome, Redirected)
    assert (outcome.to, outcome.permanent) == ("http://example.org/caf%C3%A9?utm_source=x", permanent)


def test_redirects_end_in_a_circle_or_after_five() -> None:
    hops = [f"http://example.org/{number}" for number in range(5)]
    onward = Redirected(hops[-1], "http://example.org/new")
    assert stop_following(hops, onward) is None
    many = stop_following([*hops, "http://example.org/5"], onward)
    circle = stop_following(hops, Redirected(hops[-1], hops[1]))
    assert (many and many.reason, circle and circle.reason) == ("too_many_redirects", "redirect_loop")


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
def test_no_notation_reaches_a_closed_address(host: str) -> None:
    outcome = get(answer(), Request(f"http://{host}:9/"), policy=AddressPolicy())
    assert reason(outcome) == "blocked_address"


def test_a_port_where_nothing_listens_refuses() -> None:
    assert reason(get(answer(), Request("http://127.0.0.1:1/"))) == "refused"


def test_connections_are_kept_and_beyond_a_number_closed() -> None:
    heads: list[bytes] = []

    async def run(limits: FetchLimits, url: str) -> None:
        async with Fetcher(user_agent="copydesk/test", limits=limits, policy=LOOPBACK) as fetcher:
            for _ in range(3):
                assert isinstance(await fetcher.fetch(Request(url)), Response)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_serve_again, args=(listener, heads))
        server.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/story"
        asyncio.run(run(FetchLimits(), url))
        asyncio.run(run(FetchLimits(kept_connections=-1), url))
        listener.shutdown(socket.SHUT_RDWR)
        server.join()
    assert heads.count(b"new connection") == 1 + 3
    assert sum(b"Connection: close" in head for head in heads) == 3


def _serve_again(listener: socket.socket, heads: list[bytes]) -> None:
    """Answer request after request on each connection, until asked to close it."""
    with contextlib.suppress(OSError):
        while True:
            with listener.accept()[0] as client:
                heads.append(b"new connection")
                while head := client.recv(65_536):
                    heads.append(head)
                    client.sendall(answer())
                    if b"Connection: close" in head:
                        break


@pytest.mark.parametrize(("target", "expected"), [("93.184.216.34", "Response"), ("127.0.0.1", "blocked_address")])
def test_a_proxy_is_asked_for_public_addresses_only(target: str, expected: str) -> None:
    heads: list[bytes] = []

    async def run(proxy: str) -> Outcome:
        async with Fetcher(user_agent="copydesk/test", limits=QUICK, proxy=proxy) as fetcher:
            return await fetcher.fetch(Request(f"http://{target}/story"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_serve_again, args=(listener, heads))
        server.start()
        outcome = asyncio.run(run(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        listener.shutdown(socket.SHUT_RDWR)
        server.join()
    assert reason(outcome) == expected
    assert any(b"GET http://93.184.216.34/story" in head for head in heads) is (expected == "Response")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://user@127.0.0.1/", "no url", "http://"])
def test_what_is_no_url_is_a_value_too(url: str) -> None:
    outcome = asyncio.run(_fetch(Request(url)))
    assert reason(outcome) == "bad_url"


def test_a_long_robots_txt_is_cut_not_refused() -> None:
    body = b"User-agent: *\nDisallow: /private/\n" + b"# filler\n" * 1000
    outcome = get(answer(body=body, Content_Type="text/plain"), Request("/robots.txt", "robots"))
    assert isinstance(outcome, Response)
    assert (outcome.cut, len(outcome.body)) == (True, 1000)
    assert "Disallow: /private/" in str(rules_for(outcome))
