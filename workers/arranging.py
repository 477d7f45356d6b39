"""The lifecycle of stories: reports whose clusters have changed -> terms and keys -> stories arranged anew.

One worker at a time does it (shared/stories.py). What is arranged depends on the reports alone, not on when or in what
order they came; a story that has come to rest is looked at once more, with everything that was not known earlier.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from sqlalchemy.exc import OperationalError

from shared import stories
from shared.database import is_passing, reading, transaction
from shared.models import report, story
from shared.settings import settings
from shared.stories import Keyed

AT_ONCE: Final = 500  # marked reports in one pass
LONGEST_S: Final = 20.0  # passes of one task
LEAST_REST_S: Final = 2.0
MOST_TIME: Final = 0.1  # of a processor
REKEY: Final = 1.2  # keys are chosen anew once so many times more reports are known, up to as many as are counted
log = structlog.get_logger(__name__)


def process() -> None:
    """Arrange what is marked, if it is nobody else's turn."""
    began = time.monotonic()
    with transaction() as connection:
        token = stories.claim(connection, settings().lease_s)
    if token is None:
        return
    try:
        while time.monotonic() < began + LONGEST_S and (_arrange_new(token) or _settle(token)):
            pass
    except OperationalError as error:
        if not is_passing(error):
            raise
        log.debug("stories_tried_later", because=str(error)[:200])
    finally:
        with transaction() as connection:
            stories.release(connection, token, max(LEAST_REST_S, (time.monotonic() - began) / MOST_TIME))


def _arrange_new(token: int) -> bool:
    """Put marked reports into stories; false where there are none, or where it is not our turn any more."""
    with reading() as connection:
        rows = stories.marked(connection, AT_ONCE)
    if not rows:
        return False
    gone = {row.cluster_id: row.mark for row in rows if _is_gone(row)}
    new = [row for row in rows if row.cluster_id not in gone and row.status == "done" and not _is_known(row)]
    placed = _keep_terms(token, new)
    with reading() as connection:
        arrangement = _arrangement(connection, placed)
    with transaction() as connection:
        if not stories.hold(connection, token):
            return False
        touched = stories.place(connection, arrangement.story_of, arrangement.merged, again=True)
        stories.forget(connection, gone)
        stories.clear_marks(connection, report, {row.cluster_id: row.mark for row in rows})
        stories.refresh(connection, touched | {row.story_id for row in rows if row.story_id})
    log.info("stories_arranged", reports=len(rows), moved=len(arrangement.story_of), merged=len(arrangement.merged))
    return True


def _is_gone(row: Any) -> bool:
    return row.merged_into is not None or row.status in (None, "dropped", "quarantined")


def _is_known(row: Any) -> bool:
    """Whether it is in a story by the very text that it has now."""
    return row.story_id is not None and (row.article_id, row.exact_key) == (row.canonical_id, row.shown_key)


def _keep_terms(token: int, rows: Sequence[Any]) -> list[int]:
    """Store terms and keys of reports that are new or have another text; returns their clusters."""
    from workers.stages import deduplicating

    with reading() as connection:
        texts = stories.texts(connection, [row.canonical_id for row in rows])
        counted = _counted(connection)
    terms = {row.cluster_id: deduplicating.story_terms(*texts[row.canonical_id]) for row in rows}
    known = deduplicating.count_terms([*counted, *terms.values()])
    with transaction() as connection:
        if not stories.hold(connection, token):
            return []
        made = [
            Keyed(row.cluster_id, row.canonical_id, row.shown_key, one.pack(), deduplicating.story_keys(one, known))
            for row in rows
            for one in [terms[row.cluster_id]]
        ]
        stories.store_terms(connection, made, known.reports)
    return list(terms)


def _counted(connection: Any) -> list[Any]:
    from workers.stages import deduplicating

    return [deduplicating.unpack_terms(packed) for packed in stories.newest_terms(connection)]


def _arrangement(connection: Any, cluster_ids: Sequence[int]) -> Any:
    """How these reports and all that is near to them are arranged."""
    from workers.stages import deduplicating

    if not cluster_ids:
        return deduplicating.Arrangement({}, {})
    rows = stories.near(connection, cluster_ids)
    reports = [
        deduplicating.Report(row.cluster_id, deduplicating.unpack_terms(row.terms), row.published_at, row.story_id)
        for row in rows
    ]
    return deduplicating.arrange(reports, deduplicating.count_terms(_counted(connection)))


def _settle(token: int) -> bool:
    """Look again at the stories that have come to rest; false where there are none."""
    with reading() as connection:
        marks = stories.settling(connection, idle=stories.is_idle(connection))
        seeds = stories.members(connection, marks)
    if not marks:
        return False
    _choose_keys_anew(token, seeds)
    with reading() as connection:
        arrangement = _arrangement(connection, seeds)
    with transaction() as connection:
        if not stories.hold(connection, token):
            return False
        touched = stories.place(connection, arrangement.story_of, arrangement.merged, again=False)
        stories.clear_marks(connection, story, marks)
        stories.refresh(connection, touched | marks.keys())
    log.info("stories_settled", stories=len(marks), moved=len(arrangement.story_of), merged=len(arrangement.merged))
    return True


def _choose_keys_anew(token: int, cluster_ids: Sequence[int]) -> None:
    """What is rare shows only when many reports are known: keys that were chosen among few are chosen again."""
    from workers.stages import deduplicating

    with reading() as connection:
        known = deduplicating.count_terms(_counted(connection))
        rows = stories.keyed(connection, cluster_ids)
    few = [row for row in rows if (row.keyed_at or 0) * REKEY < known.reports]
    keys: Mapping[int, Sequence[int]] = {
        row.cluster_id: deduplicating.story_keys(deduplicating.unpack_terms(row.terms), known) for row in few
    }
    with transaction() as connection:
        if keys and stories.hold(connection, token):
            stories.store_keys(connection, keys, known.reports)
