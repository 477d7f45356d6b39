"""A worker of an earlier version, as its database sees it: plain SQL with the columns that were there in its day."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, Self

from sqlalchemy import Connection, MetaData, Table, insert, select, update
from sqlalchemy.exc import OperationalError

from shared import pages
from shared.database import is_passing, make_engine
from tests.support import stories

EMPTY = b"<html><body></body></html>"
# what it writes, as far as its tables have the columns
GIVEN = {"priority": 0, "attempts": 0, "lost": 0, "revision": 1, "refetched": False, "found": 0, "new": 0, "bad": 0}
BY_TYPE: dict[type, Any] = {int: 0, str: "", bool: False, float: 0.0, dict: {}, bytes: b""}


class OldVersion:
    """Writes as the version did for which the database at `url` is made when this begins."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url).execution_options(writes=True)
        self.tables = MetaData()
        self.tables.reflect(self.engine)
        self.numbers = count(1)
        self.written = 0
        self.errors: list[Exception] = []
        self._stop = threading.Event()
        with self.engine.begin() as connection:
            self.submission_id = self._add(connection, "submission", given=["old"], label="old")
            self.host_id = self._add(connection, "host", name="old.example")

    def write(self) -> None:
        """An article is submitted, then fetched: two transactions, each repeated after a deadlock, as workers do."""
        number = next(self.numbers)
        url = f"https://old.example/{number}"
        article_id = self._again_if_it_passes(lambda connection: self._submit(connection, url, f"Old {number}"))
        body = stories.page(number).encode() if number <= 4 else EMPTY
        self._again_if_it_passes(lambda connection: self._fetch(connection, article_id, url, body))
        self.written = number

    def _again_if_it_passes(self, act: Callable[[Connection], Any]) -> Any:
        for attempt in range(1, 6):
            try:
                with self.engine.begin() as connection:
                    return act(connection)
            except OperationalError as error:
                if attempt == 5 or not is_passing(error):
                    raise
        return None

    def _submit(self, connection: Connection, url: str, title: str) -> int:
        return self._add(
            connection, "article", url=url, canonical_url=url, submission_id=self.submission_id,
            host_id=self.host_id, status="submitted", next_stage="fetch", title=title,
        )  # fmt: skip

    def _fetch(self, connection: Connection, article_id: int, url: str, body: bytes) -> None:
        article = self.tables.tables["article"]
        self._add(
            connection, "page", article_id=article_id, url=url, status_code=200, headers={"server": "old"},
            content_type="text/html", body=pages.pack(body), size=len(body),
        )  # fmt: skip
        self._add(connection, "stage_run", article_id=article_id, stage="fetch", outcome="done", version=1, attempt=1)
        connection.execute(
            update(article).where(article.c.id == article_id).values(status="fetched", next_stage="clean")
        )

    def rows(self) -> list[Any]:
        """The articles, as this version reads them."""
        with self.engine.begin() as connection:
            article = self.tables.tables["article"]
            return list(connection.execute(select(article).order_by(article.c.id)))

    @contextmanager
    def writing(self) -> Iterator[Self]:
        """It writes in a thread as long as the block runs."""
        thread = threading.Thread(target=self._write_on)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()
            self.engine.dispose()

    def _write_on(self) -> None:
        while not self._stop.wait(0.02):
            try:
                self.write()
            except Exception as error:  # noqa: BLE001  (the test looks at them)
                self.errors.append(error)
                return

    def _add(self, connection: Connection, name: str, /, **values: Any) -> int:
        table = self.tables.tables[name]
        row = {column: value for column, value in (GIVEN | values).items() if column in table.columns}
        for column in table.columns:
            if column.name not in row and not (column.nullable or column.server_default or _counts_up(table, column)):
                row[column.name] = _something(column)
        key = next(iter(table.primary_key))
        return int(connection.scalar(insert(table).values(row).returning(key)))


def _counts_up(table: Table, column: Any) -> bool:
    return column.primary_key and len(table.primary_key) == 1 and column.name == "id"


def _something(column: Any) -> Any:
    kind = column.type.python_type
    return datetime(2026, 1, 1, tzinfo=UTC) if kind is datetime else BY_TYPE[kind]
