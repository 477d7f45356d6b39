"""What the broker knows of the cluster: who lives, and what waits."""

from dataclasses import dataclass, field

import redis

from shared.metrics import Cluster
from shared.settings import settings
from workers import broker, heartbeats
from workers.app import ARTICLES, DISPATCH, FETCH
from workers.heartbeats import Heartbeat


@dataclass(frozen=True, slots=True)
class Seen:
    """Workers that live, messages by queue, and the queues in which something waits that nobody reads."""

    workers: list[Heartbeat] = field(default_factory=list)
    queues: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def counted(self) -> Cluster:
        """As numbers."""
        slots, busy = (sum(getattr(one, name) for one in self.workers) for name in ("slots", "busy"))
        return Cluster(self.queues, len(self.workers), slots, busy)


def look() -> Seen | None:
    """What there is now; None while the broker is away."""
    try:
        workers = heartbeats.living()
        queues = {name: broker.length(name) for name in (FETCH, ARTICLES, DISPATCH)}
    except redis.RedisError:
        return None
    return Seen(workers, queues, heartbeats.unread(workers, [name for name, length in queues.items() if length]))


def works() -> bool:
    """Whether workers of the given broker fetch and read articles already."""
    if not settings().broker_url:
        return False
    seen = look()
    broker.client().close()  # what is forked after this must not share a connection
    return seen is not None and {FETCH, ARTICLES} <= {queue for worker in seen.workers for queue in worker.queues}
