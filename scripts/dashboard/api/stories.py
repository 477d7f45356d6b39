"""Stories."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from scripts.dashboard.pages.stories import place, read_place
from scripts.dashboard.paging import Id
from shared import coverage
from shared.database import reading

router = APIRouter(prefix="/api/v1/stories", tags=["stories"])


@router.get("")
def listing(after: str = "", limit: Annotated[int, Query(ge=1, le=100)] = 50) -> dict[str, Any]:
    """Stories with several reports, the latest first. `next` is what to give as `after` for more, or null."""
    with reading() as connection:
        rows = coverage.listing(connection, read_place(after), limit + 1)
    stories = [dict(row._mapping) for row in rows[:limit]]
    return {"stories": stories, "next": place(rows[limit - 1]) if len(rows) > limit else None}


@router.get("/{story_id}")
def one(story_id: Id) -> dict[str, Any]:
    """One story with its reports in order; one that was merged is answered as what it is now."""
    with reading() as connection:
        row = coverage.one(connection, story_id)
        if row is None:
            raise HTTPException(404, f"there is no story {story_id}")
        reports = coverage.reports(connection, row.id)
        names = coverage.names(connection, [one.id for one in reports])
    told = [dict(one._mapping) for one in reports]
    return dict(row._mapping) | {"told": told, "entities": [dict(one._mapping) for one in names]}
