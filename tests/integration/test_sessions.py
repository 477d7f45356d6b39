"""Sessions with PostgreSQL: a worker that the network has cut off holds no rows, and a slow reader goes on."""

import pytest

from shared.database import is_sqlite, reading, transaction

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
