"""Heartbeats: every worker says every few seconds that it is there and when it last took a message.

They lie in the broker and expire there: who is alive is not worth a row. They are written by a thread of the worker's
main process; it also notices that this worker reads nothing any more although something waits for it, which happens
to Celery after an outage of the broker, and lets it start over.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import redis
import structlog
from billiard import active_children
from celery import signals
from celery.worker import state

from shared.settings import settings
from workers import broker

EVERY_S = 5.0
STUCK_AFTER = 3  # time limits
LIVES_S = 20  # a worker that has not been heard of for so long counts as gone
KEY = "copydesk:worker:"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A worker as it last was: `took_s` seconds ago it took a message from one of `queues` (null: never yet)."""

    name: str
    queues: list[str]
    slots: int
    busy: int
    took_s: float | None
    seen_s: float = 0.0


def living() -> list[Heartbeat]:
    """The workers that are alive, by name. Raises redis.RedisError where the broker is away."""
    client = broker.client()
    keys = sorted(client.scan_iter(KEY + "*", count=1000))
    pipe = client.pipeline(transaction=False)
    for key in keys:
        pipe.get(key).pttl(key)
    answers = pipe.execute() if keys else []
    return [_read(raw, rest_ms) for raw, rest_ms in zip(answers[::2], answers[1::2], strict=True) if raw]


def unread(workers: Iterable[Heartbeat], waiting: Iterable[str]) -> list[str]:
    """Those of the queues `waiting`, in which something waits, that no worker reads, or none has for a while."""
    read = {queue for one in workers for queue in one.queues if not _is_silent(one)}
    return sorted(set(waiting) - read)


def _is_silent(one: Heartbeat) -> bool:
    return one.busy == 0 and one.took_s is not None and one.took_s > settings().silence_s


def _read(raw: bytes, rest_ms: int) -> Heartbeat:
    """What a worker wrote, aged by the broker's clock."""
    seen_s = max(0.0, LIVES_S - rest_ms / 1000)
    said = json.loads(raw)
    took_s = None if said["took_s"] is None else said["took_s"] + seen_s
    return Heartbeat(said["name"], said["queues"], said["slots"], said["busy"], took_s, round(seen_s, 3))


class Heart:
    """What a worker's main process knows of itself."""

    def __init__(self, name: str, queues: list[str], slots: int) -> None:
        self.name, self.queues, self.slots = name, queues, slots
        self._taken, self._took_at = 0, time.monotonic()
        self._waits_since: float | None = None
        self._begun: dict[str, float] = {}  # when each task in work was first seen
        self._client = broker.connect()  # our own: what others share would be copied, locks and all, by a fork

    def beat(self) -> None:
        """Write the heartbeat, and start over where this worker has fallen silent or is stuck."""
        self._count()
        self._notice_stuck()
        try:
            self._client.set(KEY + self.name, json.dumps(self._state()), ex=LIVES_S)
            waits = any(self._client.llen(queue) for queue in self.queues)
        except redis.RedisError:
            self._waits_since = None  # the broker is away: nobody can read
            return
        self._notice_silence(waits)

    def _count(self) -> None:
        taken = sum(state.total_count.values())
        if taken != self._taken or state.active_requests:
            self._taken, self._took_at = taken, time.monotonic()

    def _notice_stuck(self) -> None:
        """A thread that waits for ever, say for an answer of the database, is out of reach of Celery's time limit."""
        now = time.monotonic()
        self._begun = {one.id: self._begun.get(one.id, now) for one in list(state.active_requests)}
        longest_s = now - min(self._begun.values(), default=now)
        if longest_s > STUCK_AFTER * settings().time_limit_s:
            log.error("worker_stuck", worker=self.name, task_s=round(longest_s), action="starts over")
            start_over()

    def _state(self) -> dict[str, Any]:
        took_s = time.monotonic() - self._took_at if self._taken else None
        busy = len(state.active_requests)
        return {"name": self.name, "queues": self.queues, "slots": self.slots, "busy": busy, "took_s": took_s}

    def _notice_silence(self, waits: bool) -> None:
        """Idle, with something in a queue of ours at every look, for longer than any worker needs to take it."""
        now = time.monotonic()
        if not waits or now - self._took_at < EVERY_S:
            self._waits_since = None
            return
        self._waits_since = self._waits_since or now
        silent_s = now - max(self._waits_since, self._took_at)
        if silent_s > settings().silence_s:
            log.error("worker_silent", worker=self.name, silent_s=round(silent_s), action="starts over")
            start_over()

    def forget(self) -> None:
        """This worker ends."""
        try:
            self._client.delete(KEY + self.name)
        except redis.RedisError:
            log.debug("heartbeat_left", worker=self.name)


def start_over() -> None:
    """Put a new worker in the place of this one, under the same process id: whoever supervises it sees no end."""
    for pid in filter(None, (child.ident for child in active_children())):
        os.kill(pid, signal.SIGKILL)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606


def start(name: str, queues: list[str], slots: int) -> None:
    """Let this worker's heart beat until it ends."""
    heart = Heart(name, queues, slots)

    def go_on() -> None:
        while True:
            heart.beat()
            time.sleep(EVERY_S)

    threading.Thread(target=go_on, name="heartbeat", daemon=True).start()
    signals.worker_shutdown.connect(lambda **_: heart.forget(), weak=False)
