"""The broker as the lifecycle sees it: messages out, lengths of queues, and whether it has lost its memory."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import redis
import structlog
from kombu.exceptions import OperationalError

from shared import claims
from shared.database import transaction
from shared.models import article, source
from shared.settings import settings
from workers.app import ARTICLES, app

MEMORY_KEY = "copydesk:remembers"  # gone after a flush or restart without a file
log = structlog.get_logger(__name__)
_state = {"down": False}


def send(task: str, ids: Sequence[int] = ()) -> bool:
    """Send one message. Returns False where the broker is away: that loses nothing, the rows wait."""
    try:
        app.send_task(task, args=[list(ids)] if ids else [], retry=False)
    except (OperationalError, redis.RedisError, OSError) as error:
        _say_down(error)
        return False
    _say_up()
    return True


def hand_on(stage_name: str | None, ids: Sequence[int]) -> None:
    """Name these rows in messages for their next stage. What there is no room for, or no broker, dispatch will send.

    Twice the bound of dispatch: what is under way goes before what is to begin.
    """
    if stage_name is None or not ids:
        return
    size = settings().batch_size
    most = room(ARTICLES, 2 * settings().queue_bound)
    send_batches(stage_name, [ids[start : start + size] for start in range(0, len(ids), size)], most)


def send_batches(stage_name: str, batches: Sequence[Sequence[int]], most: int) -> int:
    """Send a message for each of these batches, `most` at most; returns how many. The other rows wait as unsent."""
    sent = 0
    while sent < min(most, len(batches)) and send(f"copydesk.{stage_name}", batches[sent]):
        sent += 1
    if rest := [id_ for batch in batches[sent:] for id_ in batch]:
        with transaction() as connection:
            claims.unsend(connection, source if stage_name == "discover" else article, rest)
    return sent


def room(queue: str, bound: int) -> int:
    """How many messages this queue may still take; none while the broker is away."""
    try:
        return bound - length(queue)
    except redis.RedisError as error:
        _say_down(error)
        return 0


def _say_down(error: Exception) -> None:
    if not _state["down"]:
        log.warning("broker_lost", error=str(error), loses="nothing: articles wait as rows")
    _state["down"] = True


def _say_up() -> None:
    if _state["down"]:
        log.info("broker_found")
    _state["down"] = False


def connect() -> Any:
    """A new connection of our own to the broker's Redis."""
    url = settings().broker.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)


@lru_cache(maxsize=1)
def client() -> Any:
    """The connection that this process shares."""
    return connect()


def length(queue: str) -> int:
    """Messages that wait in a queue. Raises redis.RedisError where the broker is away."""
    return int(client().llen(queue))


def remembers() -> bool:
    """Whether the broker still has what we sent; asked the first time, it has not. Raises redis.RedisError."""
    return client().set(MEMORY_KEY, "1", nx=True, get=True) is not None
