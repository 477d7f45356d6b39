"""A small real web site on loopback: pages, robots.txt and feeds as a test wants them, and a log of every visit."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

NETWORKS = "127.0.0.0/8,::1/128"
MISSING = (404, b"<h1>Not here</h1>", {})
Answer = tuple[int, bytes, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as the server saw it; times of time.monotonic()."""

    host: str
    path: str
    began: float
    ended: float


@dataclass(eq=False)
class Site:
    """Answers at http://127.0.0.1:PORT and, as another host, at http://localhost:PORT."""

    server: ThreadingHTTPServer
    answers: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    slow_s: float = 0.0  # how long every answer takes

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server.server_port}{path}"

    def put(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> str:
        """Serve `body` at `path`; returns its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, body.encode() if isinstance(body, str) else body, named)
        return self.url(path)

    def redirect(self, path: str, to: str) -> str:
        return self.put(path, "", status=302, Location=to)

    def forbid(self, rules: str) -> None:
        """Serve a robots.txt."""
        self.put("/robots.txt", rules, Content_Type="text/plain")

    def asked(self, path: str) -> int:
        """How often `path` was asked for, under any host."""
        return sum(visit.path == path for visit in self.visits)

    def answer(self, path: str) -> Answer:
        found = self.answers.get(path, MISSING)
        return found() if callable(found) else found


@contextmanager
def serving(address: str = "127.0.0.1") -> Iterator[Site]:
    """A site that answers as long as the block runs."""
    with ThreadingHTTPServer((address, 0), _Handler) as server:
        server.daemon_threads = True
        server.site = site = Site(server)  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    """A site without pages."""
    with serving() as site:
        yield site


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site: Site = self.server.site  # type: ignore[attr-defined]
        began = time.monotonic()
        if site.slow_s:
            time.sleep(site.slow_s)
        status, body, headers = site.answer(self.path)
        self.send_response(status)
        for name, value in ({"Content-Type": "text/html; charset=utf-8"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        host = (self.headers["Host"] or "").partition(":")[0]
        site.visits.append(Visit(host, self.path, began, time.monotonic()))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
