"""The life of a batch of articles in one stage: claim, work, store, hand on. Every stage goes through here.

The rules that keep each article exactly once in the line:
- A claim is a compare-and-set; a message that is delivered twice finds nothing to claim.
- The attempt is counted before the work; a crash leaves a lease that `dispatch` takes away and counts.
- A lease is short, and renewed by whoever still works (leases.py); pages are worked on at the bench (bench.py).
- Outcomes are stored in one transaction, only for articles whose lease still carries our token.
- The hand-on follows the commit; if it fails, `dispatch` finds the rows and sends them.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError, StatementError

from shared import articles, claims, stories
from shared.articles import Ending
from shared.claims import Claim
from shared.database import is_passing, reading, transaction
from shared.duplicates import Moved
from shared.models import article
from shared.reasons import Failed
from shared.settings import settings
from workers import bench, broker, leases, reports
from workers.bench import Keep
from workers.outages import outlast
from workers.pipeline import STAGES, Stage

# of a claimed row
NEEDED = (article.c.id, article.c.attempts, article.c.status, article.c.queued_at, article.c.created_at)
BROKEN = (ValueError, TypeError, LookupError, AttributeError, StatementError)  # of a row that cannot be read or stored
TRIES = 5  # to store a batch beside others that change the same clusters
log = structlog.get_logger(__name__)


def process(stage_name: str, article_ids: Sequence[int]) -> None:
    """Run one stage for those of `article_ids` that wait for it, and hand on those that did well."""
    stage = STAGES[stage_name]
    began = time.monotonic()
    claimed, locked = outlast(partial(_claim, stage, article_ids))
    broker.hand_on(stage.name, locked)  # their message is used up, and dispatch would trust in it for a minute
    if not claimed.rows:
        log.debug("batch_empty", stage=stage.name, named=len(article_ids))
        return
    stored, lost = _run_until_stored(stage, claimed)
    for name in {one.values.get("next_stage") for one in stored if one.outcome == "done"}:
        broker.hand_on(name, [one.article_id for one in stored if one.values.get("next_stage") == name])
    if stage.next is None and outlast(_is_all_done):
        broker.send("copydesk.dispatch")  # stories are arranged at once, and not when beat comes round
    reports.log_batch(stage.name, stored, lost=lost, seconds=time.monotonic() - began)


def _claim(stage: Stage, article_ids: Sequence[int]) -> tuple[Claim, list[int]]:
    with transaction() as connection:
        claimed = claims.claim(connection, article, stage.name, article_ids, settings().lease_s, NEEDED)
        return claimed, claims.passed_over(connection, article, stage.name, article_ids, claimed)


def _is_all_done() -> bool:
    with reading() as connection:
        return stories.is_idle(connection)


Attempt = tuple[Any, float]  # result or Failed, seconds
Stored = tuple[list[Ending], int]  # the endings of articles that were still ours, and how many were not


def _run_until_stored(stage: Stage, claimed: Claim) -> Stored:
    """Work on a claim and store it; once more where the ground moved meanwhile."""
    for attempt in range(1, TRIES + 1):
        attempts = _run(stage, claimed)
        claimed = outlast(partial(_put_back_others, claimed, attempts))
        try:
            return _stored(stage, claimed, attempts)
        except (Moved, OperationalError) as error:
            if attempt == TRIES or (isinstance(error, OperationalError) and not is_passing(error)):
                raise
            log.debug("batch_tried_again", stage=stage.name, attempt=attempt, because=str(error)[:200])
    raise AssertionError("unreachable")


def _run(stage: Stage, claimed: Claim) -> dict[int, Attempt]:
    """What came of the claimed articles, by id. Nothing is locked while this works.

    The batch ends early, for the good of its neighbours, with an article that broke the bench, and when another slow
    one could bring it to the time limit of the whole batch.
    """
    inputs = _inputs(stage, [row.id for row in claimed.rows])
    ends_at = time.monotonic() + 0.9 * settings().time_limit_s - bench.limit_s()
    keep = leases.keeper(article, claimed)
    attempts: dict[int, Attempt] = {}
    for row in claimed.rows:
        attempts[row.id] = _attempt(stage, row.id, inputs, keep)
        if bench.breaks(attempts[row.id][0]) or time.monotonic() > ends_at:
            break
        keep()
    return attempts


def _put_back_others(claimed: Claim, attempts: Mapping[int, Attempt]) -> Claim:
    """Give back what has not been worked on; returns the claim of what has."""
    worked = [row for row in claimed.rows if row.id in attempts]
    if len(worked) < len(claimed.rows):
        with transaction() as connection:
            others = [row for row in claimed.rows if row.id not in attempts]
            claims.put_back(connection, article, Claim(claimed.token, others))
    return Claim(claimed.token, worked)


def _inputs(stage: Stage, article_ids: Sequence[int]) -> Mapping[int, Any]:
    """What the stage works on, by id: a Failed where a row cannot be read, which must not keep others from it."""
    try:
        return outlast(partial(_load, stage, article_ids))
    except BROKEN as error:
        if len(article_ids) == 1:
            return {article_ids[0]: Failed("bad_row", f"{type(error).__name__}: {error}")}
    return {id_: value for one in article_ids for id_, value in _inputs(stage, [one]).items()}


def _load(stage: Stage, article_ids: Sequence[int]) -> Mapping[int, Any]:
    with reading() as connection:
        return stage.load(connection, article_ids)


def _attempt(stage: Stage, article_id: int, inputs: Mapping[int, Any], keep: Keep) -> Attempt:
    if article_id not in inputs:
        return Failed("bad_row", f"nothing is stored for {stage.name} to work on"), 0.0
    if isinstance(inputs[article_id], Failed):
        return inputs[article_id], 0.0
    began = time.monotonic()
    result = bench.work(stage.name, article_id, inputs[article_id], keep)
    return result, time.monotonic() - began


def _stored(stage: Stage, claimed: Claim, attempts: Mapping[int, Attempt]) -> Stored:
    """Store what came out; where the database refuses it, one by one, and a Failed for what it refuses."""
    try:
        return outlast(partial(_store, stage, claimed, attempts))
    except OperationalError:  # not about what is stored
        raise
    except BROKEN as error:
        refused = error
    if len(attempts) == 1:
        log.error("result_refused", stage=stage.name, id=next(iter(attempts)), error=str(refused)[:500])
        failed = Failed("bad_row", f"the result cannot be stored: {getattr(refused, 'orig', None) or refused}")
        return outlast(partial(_store, stage, claimed, dict.fromkeys(attempts, (failed, 0.0))))
    each = [_stored(stage, claimed, {id_: attempt}) for id_, attempt in attempts.items()]
    return [ending for endings, _ in each for ending in endings], sum(lost for _, lost in each)


def _store(stage: Stage, claimed: Claim, attempts: Mapping[int, Attempt]) -> Stored:
    """Store what came out, in one transaction; returns the endings of the articles that were still ours."""
    good = {id_: result for id_, (result, _) in attempts.items() if not isinstance(result, Failed)}
    with transaction() as connection:
        stage.lock(connection, good)
        held = claims.held(connection, article, dict.fromkeys(attempts, claimed.token))
        columns = stage.store(connection, {id_: result for id_, result in good.items() if id_ in held})
        endings = [
            _ending(stage, claimed.token, row, attempts[row.id], columns) for row in claimed.rows if row.id in held
        ]
        stage.abandon(connection, [one.article_id for one in endings if one.outcome in ("dropped", "quarantined")])
        articles.store(connection, stage.name, stage.version, endings)
    return endings, len(attempts) - len(endings)


def _ending(stage: Stage, token: int, row: Any, attempt: Attempt, columns: Mapping[int, Any]) -> Ending:
    result, seconds = attempt
    if isinstance(result, Failed):
        return articles.ended_badly(row, token, seconds, result)
    values = {"status": stage.reaches, "next_stage": stage.next, **columns[row.id]}
    return articles.ended_well(row, token, seconds, values)
