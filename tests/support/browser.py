"""A real browser, a real newsroom in the database, and the dashboard between them."""

import json
import re
import shutil
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.commands import Desk

QUIET = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --no-sandbox"
).split()
SERIOUS = ("serious", "critical")
TOKEN = "a token for tests"  # noqa: S105


@dataclass
class Dashboard:
    """A dashboard that runs, and the desk whose articles it shows."""

    address: str
    desk: Desk


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield found
        found.close()


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A data directory in which the sample newsroom has been ingested by real workers."""
    desk = Desk(tmp_path_factory.mktemp("newsroom") / "data", {"COPYDESK_API_TOKEN": TOKEN})
    try:
        assert desk.start("demo").end(limit_s=300).status == 0
        yield desk
    finally:
        desk.close()


@pytest.fixture(scope="session")
def dashboard(newsroom: Desk) -> Iterator[Dashboard]:
    """The dashboard of that newsroom."""
    with showing(newsroom) as running:
        yield running


class showing:  # noqa: N801  (reads as a word)
    """`copydesk dashboard` on a port of its own, until the end of the block."""

    def __init__(self, desk: Desk, *options: str) -> None:
        self.desk, self.options = desk, options

    def __enter__(self) -> Dashboard:
        self.running = self.desk.start("dashboard", "--port", "0", *self.options)
        assert self.running.process.stdout is not None
        line = self.running.process.stdout.readline()
        found = re.search(r"http://\S+?(?=/ )", line)
        assert found, line + self.running.process.stdout.read() + self.running.process.stderr.read()
        return Dashboard(found[0], self.desk)

    def __exit__(self, *_: object) -> None:
        self.running.interrupt()
        ended = self.running.end()
        assert (ended.status, ended.err) == (0, ""), ended


@dataclass
class Reader:
    """A person with a browser of one width in one colour scheme; remembers what the console said."""

    page: Page
    address: str
    width: int
    said: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of the dashboard, which must answer well."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status} {answer.text()[:500]}"
        return self.page

    def check(self) -> None:
        """The page that is open: a clean console, nothing serious for axe, no scrolling to the side."""
        where = f"{self.page.url} at {self.width}"
        assert not self.said, f"{where}: {self.said}"
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width, where
        findings = Axe().run(self.page, options={"iframes": False}).response["violations"]  # a sandbox lets nobody in
        serious = [_short(one) for one in findings if one["impact"] in SERIOUS]
        assert serious == [], f"{where}: {json.dumps(serious, indent=1)}"


def _short(finding: Any) -> dict[str, Any]:
    nodes = [{"html": node["html"][:200], "why": node["failureSummary"][:300]} for node in finding["nodes"][:3]]
    return {"rule": finding["id"], "impact": finding["impact"], "nodes": nodes}


class reader:  # noqa: N801  (reads as a word)
    """A reader, until the end of the block."""

    def __init__(self, browser: Browser, dashboard: Dashboard, width: int = 1600, scheme: Any = "light") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.reader = Reader(self.context.new_page(), dashboard.address, width)
        self.reader.page.on("console", lambda message: self.reader.said.append(f"{message.type}: {message.text}"))
        self.reader.page.on("pageerror", lambda error: self.reader.said.append(str(error)))
        self.reader.page.set_default_timeout(15_000)

    def __enter__(self) -> Reader:
        return self.reader

    def __exit__(self, *_: object) -> None:
        self.context.close()


def one(desk: Desk, sql: str) -> Any:
    """The first value that a query finds."""
    return desk.query(sql)[0][0]


def change(desk: Desk, sql: str) -> None:
    """Write what no command writes."""
    with closing(sqlite3.connect(desk.data / "copydesk.db", timeout=30)) as connection, connection:
        connection.execute(sql)


def answer(address: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, Any, str]:
    """What the dashboard says to a program: status, headers, text."""
    request = urllib.request.Request(address, method=method, data=body)  # noqa: S310  (ours)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=20) as found:  # noqa: S310
            return found.status, found.headers, found.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()
