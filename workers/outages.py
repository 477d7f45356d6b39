"""Outages of the database: a worker waits where it stands, says so once, and goes on when the database is back."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from shared.errors import DatabaseDown
from shared.settings import settings

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
Result = TypeVar("Result")
log = structlog.get_logger(__name__)
_state = {"down": False}


def outlast(act: Callable[[], Result]) -> Result:
    """What `act` returns, tried again with growing pauses while the database is away.

    Raises DatabaseDown when that takes longer than a task may: the rows wait, and dispatch names them again.
    """
    ends_at, pause_s = time.monotonic() + settings().time_limit_s / 2, FIRST_PAUSE_S
    while True:
        try:
            result = act()
        except DatabaseDown as error:
            say_down(error)
            if time.monotonic() > ends_at:
                raise
            time.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  (that not all come back at once)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        else:
            say_up()
            return result


def endure(act: Callable[..., None], *arguments: Any) -> None:
    """Do this, and end quietly where the database stays away: nothing is lost, and it has been said."""
    try:
        act(*arguments)
    except DatabaseDown as error:
        say_down(error)


def say_down(error: DatabaseDown) -> None:
    """Log the beginning of an outage."""
    if not _state["down"]:
        log.warning("database_lost", error=str(error), action="waits", loses="nothing: articles wait as rows")
    _state["down"] = True


def say_up() -> None:
    """Log the end of one."""
    if _state["down"]:
        log.info("database_found")
    _state["down"] = False
