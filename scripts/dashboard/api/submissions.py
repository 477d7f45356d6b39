"""Submit sources, and see how far a submission is."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from scripts.dashboard.guarding import check_token
from scripts.dashboard.paging import Id
from scripts.intake import Wishes, take_in
from scripts.submit import tell_cluster
from shared import submissions, tallying
from shared.accounting import progress
from shared.database import reading

router = APIRouter(prefix="/api/v1/submissions", tags=["submissions"])
MOST_SOURCES = 10_000
LONGEST = 4000


class Given(BaseModel, extra="forbid"):
    """What is to be ingested. An address is recognised by itself: article, feed, sitemap or site."""

    sources: list[Annotated[str, Field(max_length=LONGEST)]] = Field(min_length=1, max_length=MOST_SOURCES)
    label: Annotated[str, Field(max_length=200)] | None = None
    priority: int = Field(0, ge=-100, le=100, description="Higher goes first.")
    watch: bool = Field(False, description="Read these sources again and again, for ever.")


@router.post("", status_code=201, dependencies=[Depends(check_token)])
def submit(given: Given) -> dict[str, Any]:
    """Hand sources to the workers; `started` is false while the broker is away: then they start when it is back."""
    for one in given.sources:
        if not one.lower().startswith(("http://", "https://")):  # anything else would be a file of this machine
            raise HTTPException(422, f"{one[:200]}: an address starts with https://")
    intake = take_in(given.sources, Wishes(given.label, given.priority, watched=given.watch))
    if not intake.usable:
        raise HTTPException(422, "; ".join(intake.problems))
    names = ("submission_id", "found", "new", "sources", "bad", "problems")
    return {name: getattr(intake, name) for name in names} | {"started": tell_cluster()}


@router.get("/{submission_id}")
def how_far(submission_id: Id) -> dict[str, Any]:
    """The progress of a submission. `finished`: nothing is left but what is postponed."""
    with reading() as connection:
        row = submissions.one(connection, submission_id)
        if row is None:
            raise HTTPException(404, f"there is no submission {submission_id}")
        counted, now = tallying.read(connection, submission_id), progress(connection, submission_id)
    ended = [{"status": one.status, "reason": one.reason, "articles": one.articles} for one in counted.ended]
    return {
        "submission_id": row.id, "label": row.label, "created_at": row.created_at, "submitted": counted.submitted,
        **{name: counted.of(name) for name in ("done", "dropped", "quarantined")}, "duplicates": counted.duplicates,
        "in_progress": now.open_articles, "postponed": now.postponed, "sources_to_read": now.open_sources,
        "finished": now.finished, "ended": ended,
    }  # fmt: skip
