"""Sessions: a worker that the network has cut off holds no rows, a slow reader goes on, and a fork inherits none."""

import pytest
from celery import signals
from sqlalchemy import event

from shared.database import engine, is_sqlite, reading, transaction

LIMIT = "show idle_in_transaction_session_timeout"


@pytest.mark.usefixtures("database")
def test_only_a_transaction_that_writes_is_ended_by_the_server_when_nothing_more_comes() -> None:
    with transaction() as connection:
        if is_sqlite(connection):
            return  # a file has no sessions
        assert connection.exec_driver_sql(LIMIT).scalar() == "1min"
    with reading() as connection:
        assert connection.exec_driver_sql(LIMIT).scalar() == "0"
        assert connection.exec_driver_sql("show transaction_isolation").scalar() == "repeatable read"


@pytest.mark.usefixtures("database")
def test_beat_and_pool_are_forked_from_a_worker_without_a_connection() -> None:
    """SQLite let a beat that had inherited one wait for ten seconds."""

    opened: list[object] = []
    closed: list[object] = []
    event.listen(engine(), "connect", lambda connection, _record: opened.append(connection))
    event.listen(engine(), "close", lambda connection, _record: closed.append(connection))

    signals.celeryd_init.send(sender="articles@here")

    assert opened
    assert closed == opened
