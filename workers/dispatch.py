"""What beat runs, once a second: retries that are due, leases that were lost, messages that were lost, hosts due.

Safe to run twice at once: every step takes its rows with SKIP LOCKED or in one short transaction, and sends a message
too many at worst, which finds nothing to claim. It alone gives numbers to changes. Nothing here does the work of a
stage.
"""

import random
from typing import Any

import redis
import structlog

from shared import articles, changes, claims, duplicates, hosts, sites, sources, stories, tallying, yields
from shared.database import transaction
from shared.models import article, source
from shared.settings import settings
from workers import broker
from workers.app import ARTICLES, FETCH
from workers.pipeline import STAGES

JUDGED_AT_ONCE = 10
STEP = 500  # rows per kind of work and tick: a tick stays short
NUMBERINGS = 10  # steps of the change feed in a tick
OLD = 100  # stories and articles that leave an index in a tick
_looked_at = {"keys": (random.getrandbits(64) - 2**63, 0)}  # how far this process has looked for old ones
SPREAD = 8  # messages at least, while there are articles enough
log = structlog.get_logger(__name__)


def tick() -> None:
    """One round of everything."""
    _notice_lost_messages()
    _take_lost_leases()
    _release_retries()
    _send_waiting()
    _send_remember()
    _send_arrange()
    _send_fetch()
    _fold_tally()
    _judge_sources()
    number_changes(NUMBERINGS)
    _forget_old()


def _judge_sources() -> None:
    """Compare what sources bring with what they brought, a few sources at a time."""
    with transaction() as connection:
        alarms = yields.judge_due(connection, JUDGED_AT_ONCE)
    for url, alarm in alarms.items():
        log.warning("source_alarmed", url=url, alarm=alarm)


def number_changes(steps: int) -> None:
    """Let the change feed catch up, as far as so many small transactions can."""
    for _ in range(steps):
        with transaction() as connection:
            if not changes.number(connection, STEP):
                return


def _forget_old() -> None:
    """Indexes hold what new articles can still be near to, a small step at a time."""
    with transaction() as connection:
        stories.end_silent(connection, settings().story_ends_days, OLD)
        _looked_at["keys"] = duplicates.forget_old_keys(connection, settings().near_key_days, _looked_at["keys"], STEP)


def _notice_lost_messages() -> None:
    """After a flush or restart of the broker no message that we count on exists any more."""
    try:
        if broker.remembers():
            return
    except redis.RedisError:
        return  # it is away; when it is back it will not remember
    with transaction() as connection:
        for table in (article, source):
            claims.forget_messages(connection, table)
        sites.forget_messages(connection)
        stories.forget_messages(connection)
    log.info("broker_memory_lost", action="every waiting article is named in a message again")


def _take_lost_leases() -> None:
    limit, max_lost = STEP, settings().max_lost
    with transaction() as connection:
        lost = claims.take_lost(connection, article, limit)
        again = articles.give_up_lost(connection, lost, max_lost)
        lost_sources = claims.take_lost(connection, source, limit)
        sources_again = sources.give_up_lost(connection, lost_sources, max_lost)
    with transaction() as connection:  # its own: a fetcher that stores late locks hosts first, and articles then
        hosts.wake(connection, [row.host_id for row in (*again, *sources_again) if row.next_stage == "fetch"])
    if lost or lost_sources:
        log.warning("leases_lost", articles=len(lost), sources=len(lost_sources))


def _release_retries() -> None:
    with transaction() as connection:
        for table in (article, source):
            rows = claims.release_due(connection, table, STEP)
            hosts.wake(connection, [row.host_id for row in rows if row.next_stage == "fetch"])


def _send_waiting() -> None:
    """Name in messages what waits and is named in none, as far as the queue's bound allows.

    Late stages go first: what has been begun is finished before more is begun.
    """
    room = broker.room(ARTICLES, settings().queue_bound)
    for table, stage in ((source, "discover"), *((article, name) for name in reversed(STAGES))):
        if room <= 0:
            return
        room -= _send(table, stage, room)


def _send(table: Any, stage: str, room: int) -> int:
    size = settings().batch_size
    with transaction() as connection:
        rows = claims.take_unsent(connection, table, stage, room * size, settings().hand_on_timeout_s)
    # what has lost a worker comes alone: should it kill another one, no neighbour suffers
    alone, others = [[row.id] for row in rows if row.lost], [row.id for row in rows if not row.lost]
    # few articles are spread over many workers, many share the cost of a batch
    size = min(size, max(1, -(-len(others) // SPREAD), -(-len(others) // room)))
    batches = [others[start : start + size] for start in range(0, len(others), size)]
    return broker.send_batches(stage, alone + batches, room)


def _send_remember() -> None:
    """Let the hosts be learnt from whose articles have come to rest."""
    room = broker.room(ARTICLES, settings().queue_bound)
    if room <= 0:
        return
    with transaction() as connection:
        due = sites.take_due(connection, min(room, STEP), settings().hand_on_timeout_s)
    for host_id in due:
        broker.send("copydesk.remember", [host_id])


def _send_arrange() -> None:
    """Let reports be put into stories."""
    if broker.room(ARTICLES, settings().queue_bound) <= 0:
        return
    with transaction() as connection:
        due = stories.take_due(connection, settings().hand_on_timeout_s)
    if due:
        broker.send("copydesk.arrange")


def _send_fetch() -> None:
    """Let fetch workers look at the frontier, if a host is due."""
    with transaction() as connection:
        hosts.wake_forgotten(connection)
        due = hosts.count_due(connection)
    wanted = -(-due // settings().fetch_concurrency)
    for _ in range(min(wanted, broker.room(FETCH, 4))):
        broker.send("copydesk.fetch")


def _fold_tally() -> None:
    with transaction() as connection:
        tallying.fold(connection)
