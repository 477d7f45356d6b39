"""How the databases look for rows: nothing that runs for every batch or every second may read a whole large table."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, event, func, select, update

from shared.accounting import account
from shared.database import engine, is_sqlite, reading, transaction
from shared.models import article, duplicate_key, story
from tests.support import stories
from tests.support.line import Line
from workers import dispatch

# Tables that grow with the articles.
LARGE = "article|page|mention|entity|stage_run|cluster|duplicate_key|duplicate_link|article_blocks|revision"
# Indexes of the few rows that something waits for: reading one whole is reading the rows that are wanted.
SMALL_INDEXES = "ix_article_open|ix_article_due|ix_article_frontier|ix_article_blocks_marked|ix_article_unnumbered"
WHOLE = {
    True: re.compile(rf"SCAN (?:{LARGE})\b(?! USING (?:COVERING )?INDEX (?:{SMALL_INDEXES}))"),
    False: re.compile(rf"Seq Scan on (?:{LARGE})\b"),
}
Statement = tuple[str, Any]


@contextmanager
def recording() -> Iterator[dict[str, Statement]]:
    """Every statement that is run meanwhile, with the parameters of its last run."""
    seen: dict[str, Statement] = {}

    def keep(connection: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        # SQLite plans for an insert how to look for children of its row, which it does for deferred constraints only
        kinds = r"\s*(select|update|delete|with)" if is_sqlite(connection) else r"\s*(select|insert|update|delete|with)"
        if re.match(kinds, statement, re.IGNORECASE):
            seen[statement] = (statement, parameters[0] if isinstance(parameters, list) else parameters)

    event.listen(engine(), "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(engine(), "before_cursor_execute", keep)


def plan(connection: Connection, statement: str, parameters: Any) -> str:
    word = "explain query plan" if is_sqlite(connection) else "explain (costs off)"
    rows = connection.exec_driver_sql(f"{word} {statement}", parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def test_no_statement_of_a_batch_or_a_tick_reads_a_large_table_whole(line: Line) -> None:
    line.add_stories(1, 2, 3, site="one.example")
    near = [stories.page(1).replace(stories.paragraphs(1)[-1], stories.paragraphs(other)[-1]) for other in (4, 5)]
    line.add_pages(stories.page(1), *near, site="other.example")
    line.add_urls("https://third.example/1")
    with recording() as seen:
        dispatch.tick()
        while line.work():
            dispatch.tick()
    assert {row.status for row in line.rows()} == {"done", "submitted"}
    assert [row.similarity == 1 for row in line.rows() if row.duplicate_of] == [True, False, False]
    assert len(seen) > 40

    grow_old()
    with recording() as forgetting:
        for _ in range(2):  # the first goes on from anywhere in the index to its end
            dispatch.tick()
    assert keys() == 0
    assert not whole_tables(seen | forgetting)


def test_the_books_are_read_without_going_through_all_that_ever_failed(line: Line) -> None:
    line.add_stories(1)
    with recording() as seen, reading() as connection:
        account(connection)
    with reading() as connection:
        used = {plan(connection, *given) for given in seen.values()}
    assert not [one for one in used if "ix_article_reason" in one]


def grow_old() -> None:
    """Let everything be from long ago, so that it leaves the indexes of what is new."""
    with transaction() as connection:
        long_ago = datetime(2001, 1, 1, tzinfo=UTC)
        connection.execute(update(article).values(fetched_at=long_ago, created_at=long_ago))
        connection.execute(update(story).values(joined_at=long_ago))


def whole_tables(seen: dict[str, Statement]) -> str:
    """Those of these statements that read a large table whole, and how."""
    with transaction() as connection:
        if not is_sqlite(connection):  # the tables are small, so that reading them whole would be right
            connection.exec_driver_sql("set local enable_seqscan = off")
        plans = {statement: plan(connection, *given) for statement, given in seen.items()}
        whole = WHOLE[is_sqlite(connection)]
    return "\n\n".join(f"{statement}\n{found}" for statement, found in plans.items() if whole.search(found))


def keys() -> int:
    """How many entries the index of near-duplicates has."""
    with reading() as connection:
        return connection.scalar(select(func.count()).select_from(duplicate_key)) or 0


def test_reading_a_table_whole_would_be_noticed(line: Line) -> None:
    line.add_stories(1)
    with reading() as connection:
        if not is_sqlite(connection):
            connection.exec_driver_sql("set local enable_seqscan = off")
        found = plan(connection, "select id from article where markdown = 'x'", ())
        assert WHOLE[is_sqlite(connection)].search(found)
