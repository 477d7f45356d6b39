"""The broker as the lifecycle sees it: messages out, lengths of queues, and whether it has lost its memory."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import redis
import structlog
from kombu.exceptions import OperationalError

from shared.settings import settings
from workers.app import app

MEMORY_KEY = "copydesk:remembers"  # gone after a flush or restart without a file
log = structlog.get_logger(__name__)
_state = {"down": False}


def send(task: str, ids: Sequence[int] = (), *, expires_s: float | None = None) -> bool:
    """Send one message. Returns False where the broker is away: that loses nothing, the rows wait."""
    try:
        app.send_task(task, args=[list(ids)] if ids else [], expires=expires_s, retry=False)
    except (OperationalError, redis.RedisError, OSError) as error:
        _say_down(error)
        return False
    _say_up()
    return True


def hand_on(stage_name: str | None, article_ids: Sequence[int]) -> None:
    """Name these articles in messages for their next stage. What cannot be sent now is sent by dispatch."""
    if stage_name is None:
        return
    size = settings().batch_size
    for start in range(0, len(article_ids), size):
        send(f"copydesk.{stage_name}", list(article_ids[start : start + size]))


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
