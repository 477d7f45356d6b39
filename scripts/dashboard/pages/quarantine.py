"""Quarantine: what waits for a person, grouped by cause, and the button that lets it be tried again."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import RedirectResponse

from scripts.dashboard.guarding import form_of
from scripts.dashboard.paging import LARGEST, ROWS
from scripts.dashboard.rendering import address, page
from scripts.progress import plural
from scripts.submit import tell_cluster
from shared import browsing, requeueing, tallying
from shared.database import reading
from shared.reasons import PLANS
from shared.requeueing import QUARANTINED
from shared.selecting import Term

router = APIRouter(include_in_schema=False)
MOST_AT_ONCE = 10_000
MEANINGS = {name: plan.meaning for name, plan in PLANS.items()}


@router.get("/quarantine")
def listing(request: Request, replayed: Annotated[int, Query(ge=0, le=LARGEST)] | None = None) -> Any:
    """The causes with how many articles each holds, and the newest of these."""
    with reading() as connection:
        ended = tallying.read(connection).ended
        causes: dict[str, int] = {}
        for one in ended:
            if one.status == "quarantined" and one.reason:
                causes[one.reason] = causes.get(one.reason, 0) + one.articles
        rows = [row for row in browsing.leaf(connection, [QUARANTINED], None, ROWS).rows if row.next_stage is None]
    said = None if replayed is None else f"{plural(replayed, 'article')} will be tried again."
    ordered = sorted(causes.items(), key=lambda item: -item[1])
    return page(request, "quarantine.html", causes=ordered, meanings=MEANINGS, rows=rows, said=said)


@router.post("/quarantine")
def replay(form: Annotated[dict[str, str], Depends(form_of)]) -> RedirectResponse:
    """Let the quarantined articles of one cause, or one article, be tried again."""
    fields = (("reason", "reason"), ("article", "id"))
    terms = [Term(field, "=", (form[name],)) for name, field in fields if form.get(name)]
    if not terms:
        raise HTTPException(400, "say which articles: a reason, or one article")
    replayed = requeueing.replay(terms, MOST_AT_ONCE)
    tell_cluster()
    return RedirectResponse(address("/quarantine", replayed=str(replayed)), 303)
