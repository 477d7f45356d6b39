"""The life of a batch of articles in one stage: claim, work, store, hand on. Every stage goes through here.

The rules that keep each article exactly once in the line:
- A claim is a compare-and-set; a message that is delivered twice finds nothing to claim.
- The attempt is counted before the work; a crash leaves a lease that `dispatch` takes away and counts.
- Outcomes are stored in one transaction, only for articles whose lease still carries our token.
- The hand-on follows the commit; if it fails, `dispatch` finds the rows and sends them.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError

from shared import articles, claims
from shared.articles import Ending
from shared.claims import Claim
from shared.database import is_passing, reading, transaction
from shared.duplicates import Moved
from shared.models import article
from shared.reasons import Failed
from shared.settings import settings
from workers import broker, reports
from workers.pipeline import STAGES, Stage

# of a claimed row
NEEDED = (article.c.id, article.c.attempts, article.c.status, article.c.queued_at, article.c.created_at)
TRIES = 5  # to store a batch beside others that change the same clusters
log = structlog.get_logger(__name__)


def process(stage_name: str, article_ids: Sequence[int]) -> None:
    """Run one stage for those of `article_ids` that wait for it, and hand on those that did well."""
    stage = STAGES[stage_name]
    began = time.monotonic()
    with transaction() as connection:
        claimed = claims.claim(connection, article, stage.name, article_ids, settings().lease_s, NEEDED)
        locked = claims.passed_over(connection, article, stage.name, article_ids, claimed)
    broker.hand_on(stage.name, locked)  # their message is used up, and dispatch would trust in it for a minute
    if not claimed.rows:
        log.debug("batch_empty", stage=stage.name, named=len(article_ids))
        return
    stored = _run_until_stored(stage, claimed)
    for name in {one.values.get("next_stage") for one in stored if one.outcome == "done"}:
        broker.hand_on(name, [one.article_id for one in stored if one.values.get("next_stage") == name])
    reports.log_batch(stage.name, stored, lost=len(claimed.rows) - len(stored), seconds=time.monotonic() - began)


def _run_until_stored(stage: Stage, claimed: Claim) -> list[Ending]:
    """Work on a claim and store it; once more where the ground moved meanwhile."""
    for attempt in range(1, TRIES + 1):
        try:
            return _store(stage, claimed, _run(stage, claimed))
        except (Moved, OperationalError) as error:
            if attempt == TRIES or (isinstance(error, OperationalError) and not is_passing(error)):
                raise
            log.debug("batch_tried_again", stage=stage.name, attempt=attempt, because=str(error)[:200])
    raise AssertionError("unreachable")


Attempt = tuple[Any, float]  # result or Failed, seconds


def _run(stage: Stage, claimed: Claim) -> dict[int, Attempt]:
    """The result of every claimed article, by id. Nothing is locked while this works."""
    with reading() as connection:
        inputs = stage.load(connection, [row.id for row in claimed.rows])
    return {row.id: _attempt(stage, row.id, inputs) for row in claimed.rows}


def _attempt(stage: Stage, article_id: int, inputs: Mapping[int, Any]) -> Attempt:
    if article_id not in inputs:
        return Failed("bad_row", f"nothing is stored for {stage.name} to work on"), 0.0
    began = time.monotonic()
    try:
        result = stage.work(inputs[article_id])
    except Exception as error:  # the one place that catches broadly: neighbours must not suffer
        log.exception("stage_failed", stage=stage.name, article_id=article_id)
        result = Failed("stage_error", f"{type(error).__name__}: {error}")
    return result, time.monotonic() - began


def _store(stage: Stage, claimed: Claim, attempts: Mapping[int, Attempt]) -> list[Ending]:
    """Store what came out, in one transaction; returns the endings of the articles that were still ours."""
    good = {id_: result for id_, (result, _) in attempts.items() if not isinstance(result, Failed)}
    with transaction() as connection:
        stage.lock(connection, good)
        held = claims.held(connection, article, claimed.tokens)
        columns = stage.store(connection, {id_: result for id_, result in good.items() if id_ in held})
        endings = [
            _ending(stage, claimed.token, row, attempts[row.id], columns) for row in claimed.rows if row.id in held
        ]
        stage.abandon(connection, [one.article_id for one in endings if one.outcome in ("dropped", "quarantined")])
        articles.store(connection, stage.name, stage.version, endings)
    return endings


def _ending(stage: Stage, token: int, row: Any, attempt: Attempt, columns: Mapping[int, Any]) -> Ending:
    result, seconds = attempt
    if isinstance(result, Failed):
        return articles.ended_badly(row, token, seconds, result)
    values = {"status": stage.reaches, "next_stage": stage.next, **columns[row.id]}
    return articles.ended_well(row, token, seconds, values)
