"""The lifecycle of stories: reports whose clusters have changed -> terms and keys -> stories arranged anew.

One worker at a time does it (shared/stories.py). What is arranged depends on the reports alone, not on when or in what
order they came; a story that has come to rest is looked at once more, with everything that was not known earlier.
"""

import time
from collections import defaultdict
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
    made = [(row, deduplicating.story_terms(*texts[row.canonical_id])) for row in rows]
    for row, terms in made:
        counted[_language(row, counted)].append(terms)
    known = _frequencies(counted)
    with transaction() as connection:
        if not stories.hold(connection, token):
            return []
        keyed = [
            Keyed(
                row.cluster_id,
                row.canonical_id,
                row.shown_key,
                terms.pack(),
                deduplicating.story_keys(terms, known[_language(row, counted)]),
            )
            for row, terms in made
        ]
        stories.store_terms(connection, keyed, _size(counted))
    return [row.cluster_id for row in rows]


Counted = dict[str | None, list[Any]]  # terms of reports, by the language of their texts


def _counted(connection: Any) -> Counted:
    from workers.stages import deduplicating

    counted: Counted = defaultdict(list)
    rows = stories.newest_terms(connection)
    for row in sorted(rows, key=lambda row: row.language is None):
        counted[_language(row, counted)].append(deduplicating.unpack_terms(row.terms))
    return counted


def _language(row: Any, counted: Counted) -> str | None:
    """A text so short that its language is not known is taken to be in the commonest."""
    if row.language is not None or not counted:
        return row.language  # type: ignore[no-any-return]
    return max(counted, key=lambda language: (len(counted[language]), language or ""))


def _frequencies(counted: Counted) -> dict[str | None, Any]:
    from workers.stages import deduplicating

    return {language: deduplicating.count_terms(terms) for language, terms in counted.items()}


def _size(counted: Counted) -> int:
    return sum(map(len, counted.values()))


def _arrangement(connection: Any, cluster_ids: Sequence[int]) -> Any:
    """How these reports and all that is near to them are arranged."""
    from workers.stages import deduplicating

    if not cluster_ids:
        return deduplicating.Arrangement({}, {})
    counted = _counted(connection)
    reports = [
        deduplicating.Report(
            row.cluster_id,
            deduplicating.unpack_terms(row.terms),
            row.published_at,
            row.story_id,
            _language(row, counted),
        )
        for row in stories.near(connection, cluster_ids)
    ]
    return deduplicating.arrange(reports, _frequencies(_with_all(counted, reports)))


def _with_all(counted: Counted, reports: Sequence[Any]) -> Counted:
    """A language that none of the newest reports has is counted in those that are at hand."""
    for language in {one.language for one in reports} - counted.keys():
        counted[language] = [one.terms for one in reports if one.language == language]
    return counted


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
        counted = _counted(connection)
        rows = stories.keyed(connection, cluster_ids)
    known, size = _frequencies(counted), _size(counted)
    keys: Mapping[int, Sequence[int]] = {
        row.cluster_id: deduplicating.story_keys(deduplicating.unpack_terms(row.terms), known[_language(row, counted)])
        for row in rows
        if (row.keyed_at or 0) * REKEY < size and _language(row, counted) in known
    }
    with transaction() as connection:
        if keys and stories.hold(connection, token):
            stories.store_keys(connection, keys, size)
