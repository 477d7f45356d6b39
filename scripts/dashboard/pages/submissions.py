"""Submissions: what was given, by whom, and how far it is."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request

from scripts.dashboard import charts
from scripts.dashboard.paging import ROWS, After, Id, paged
from scripts.dashboard.rendering import page
from shared import submissions, tallying
from shared.accounting import progress
from shared.database import reading

router = APIRouter(include_in_schema=False)


@router.get("/submissions")
def listing(request: Request, after: After = 0) -> Any:
    """The submissions, newest first."""
    with reading() as connection:
        rows = submissions.listing(connection, after or None, ROWS + 1)
        shown, paging = paged(rows, "id", "/submissions", after)
        counted = tallying.by_submission(connection, [row.id for row in shown])
    meters = {number: _meter(one) for number, one in counted.items()}
    return page(request, "submissions.html", rows=shown, paging=paging, counted=counted, meters=meters)


@router.get("/submissions/{submission_id}")
def one(request: Request, submission_id: Id) -> Any:
    """One submission: what has become of its articles, and why."""
    with reading() as connection:
        row = submissions.one(connection, submission_id)
        if row is None:
            raise HTTPException(404, f"there is no submission {submission_id}")
        counted = tallying.read(connection, submission_id)
        now = progress(connection, submission_id)
    return page(request, "submission.html", row=row, counted=counted, now=now, meter=_meter(counted))


def _meter(counted: tallying.Counted) -> list[charts.Part]:
    counts = {name: counted.of(name) for name in ("done", "dropped", "quarantined")}
    return charts.parts(counts, counted.submitted)
