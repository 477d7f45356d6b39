"""Stories: what is reported on by several, and how one event was reported over time."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse

from scripts.dashboard import charts
from scripts.dashboard.paging import ROWS, Id, Paging
from scripts.dashboard.rendering import address, page
from shared import coverage
from shared.database import reading

router = APIRouter(include_in_schema=False)


@router.get("/stories")
def listing(request: Request, after: str = "") -> Any:
    """The stories that were reported on last."""
    with reading() as connection:
        rows = coverage.listing(connection, read_place(after), ROWS + 1)
    more = address("/stories", after=place(rows[ROWS - 1])) if len(rows) > ROWS else None
    paging = Paging("/stories" if after else None, more)
    return page(
        request, "stories.html", rows=rows[:ROWS], paging=paging, most=max((row.articles for row in rows), default=1)
    )


def place(row: Any) -> str:
    """Where in the list a row stands."""
    return f"{row.last_at.isoformat()}_{row.id}"


def read_place(text: str) -> tuple[datetime, int] | None:
    """What `place` made. Raises 400 for anything else."""
    if not text:
        return None
    moment, _, story_id = text.rpartition("_")
    try:
        return datetime.fromisoformat(moment).astimezone(), int(story_id)
    except (ValueError, OverflowError):
        raise HTTPException(400, f"after={text[:100]}: not a place in the list of stories") from None


@router.get("/stories/{story_id}")
def one(request: Request, story_id: Id) -> Any:
    """One story, its reports in order, and who is in it; one that was merged leads to what it is now."""
    with reading() as connection:
        row = coverage.one(connection, story_id)
        if row is None:
            raise HTTPException(404, f"there is no story {story_id}")
        if row.id != story_id:
            return RedirectResponse(f"/stories/{row.id}")
        reports = coverage.reports(connection, story_id)
        names = coverage.names(connection, [one.id for one in reports])
    chart = charts.timeline([one.moment for one in reports], "reports")
    return page(
        request, "story.html", row=row, reports=reports, names=names, chart=chart, most=coverage.MOST_REPORTS
    )  # fmt: skip
