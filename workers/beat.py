"""Beat lets dispatch run at intervals. It piles no ticks up, and is silent while the broker is away."""

from typing import Any

from celery import beat

from workers import broker
from workers.app import DISPATCH

MOST_TICKS = 3  # that wait: one does what all of them would


class Scheduler(beat.Scheduler):
    """Celery's own, without a file: what is due stands in the database. Ticks have no date of expiry: a worker whose
    clock is wrong would throw them away."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        if broker.room(DISPATCH, MOST_TICKS) > 0:
            broker.send(entry.task)
