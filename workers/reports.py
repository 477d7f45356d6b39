"""What workers say in their logs: one line per batch, with every outcome counted."""

from collections import Counter
from collections.abc import Sequence

import structlog

from shared.articles import Ending

log = structlog.get_logger(__name__)


def log_batch(stage: str, endings: Sequence[Ending], lost: int, seconds: float) -> None:
    """One line per stage run: how many ended how."""
    outcomes = Counter(_outcome(ending) for ending in endings)
    if lost:
        outcomes["lease_lost"] = lost
    log.info("batch_stored", stage=stage, articles=len(endings), seconds=round(seconds, 3), **outcomes)


def _outcome(ending: Ending) -> str:
    """`done`, or `retry:dns`."""
    return ending.outcome if ending.reason is None else f"{ending.outcome}:{ending.reason}"
