"""What a worker acknowledges when its connection to the broker is gone: nothing, and it goes on.

Kombu closes a channel whose connection was lost by giving back what is unacknowledged, through that very connection.
If the connection has been given up by then, that is an AttributeError, which Celery takes for the end of the worker.
Nothing depends on it here: a message that stays unacknowledged comes again, and finds nothing to claim.
"""

from typing import Any

from kombu.transport import redis, virtual
from redis.exceptions import RedisError


class QoS(redis.QoS):
    """Kombu's own, for connections that may be lost at any time."""

    def restore_unacked(self, client: Any = None) -> None:
        if not self._is_lost():
            super().restore_unacked(client)

    def ack(self, delivery_tag: Any) -> None:
        if self._is_lost():
            return
        try:
            super().ack(delivery_tag)
        except (RedisError, OSError):
            virtual.QoS.ack(self, delivery_tag)  # the broker has not heard of it, but there is room for another one

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        if not self._is_lost():
            super().reject(delivery_tag, requeue=requeue)

    def _is_lost(self) -> bool:
        connection = self.channel.connection
        return connection is None or connection.client is None


def outlive_connections() -> None:
    """Let every channel of this process do so."""
    redis.Channel.QoS = QoS
