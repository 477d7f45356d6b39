"""A connection to the broker that is lost while a message is at work."""

from contextlib import suppress
from pathlib import Path

import pytest
from kombu import Queue

from tests.support.proxy import proxy
from workers.app import app


@pytest.fixture
def taken(redis_socket, configure):
    """A message that was taken by way of a connection that is lost, and given up as a Celery worker does it."""
    with proxy(redis_socket) as between:
        connection = app.connection_for_read(f"redis://127.0.0.1:{between.port}/9")
        queue = connection.SimpleQueue("taken")
        queue.put("work")
        message = queue.get(timeout=5)
        connection.Consumer(Queue("more"), channel=connection.channel()).consume()
        with suppress(TimeoutError):  # what a worker always does: it waits for messages on all its channels
            connection.drain_events(timeout=0.2)
        between.target = Path("/nowhere")
        between.cut()
        connection.collect(socket_timeout=1)
        yield connection, message


def test_a_worker_outlives_the_connection_by_which_it_took_a_message(taken):
    connection, _ = taken
    connection.close()
    assert not connection.connected


def test_work_that_ends_after_its_connection_is_acknowledged_to_nobody(taken):
    connection, message = taken
    connection.close()
    message.ack()
    assert message.acknowledged


def test_what_cannot_be_acknowledged_just_now_makes_room_all_the_same(redis_socket, configure):
    with proxy(redis_socket) as between, app.connection_for_read(f"redis://127.0.0.1:{between.port}/9") as connection:
        queue = connection.SimpleQueue("taken")
        queue.put("work")
        message = queue.get(timeout=5)
        message.channel.basic_qos(0, 1, False)
        assert not message.channel.qos.can_consume()
        between.target = Path("/nowhere")
        between.cut()
        message.ack()
        assert message.channel.qos.can_consume()
