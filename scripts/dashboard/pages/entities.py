"""Entities: who is in the news, and one of them: when, beside whom, how written, in which articles."""

from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse

from scripts.dashboard import charts
from scripts.dashboard.paging import ROWS, Id
from scripts.dashboard.rendering import page
from shared import entities, profiles
from shared.database import reading

router = APIRouter(include_in_schema=False)
TYPES = {"PER": "people", "ORG": "organisations", "LOC": "places"}


@router.get("/entities")
def top(request: Request, type: Literal["", "PER", "ORG", "LOC"] = "", q: str = "") -> Any:
    """Those named in most of the newest articles, or those whose name begins with `q`."""
    with reading() as connection:
        if q.strip():
            rows = profiles.named_like(connection, q, ROWS)
        else:
            rows = profiles.in_the_news(connection, ROWS, type or None)
    most = max((row.articles for row in rows), default=0) if not q.strip() else 0
    return page(
        request, "entities.html", rows=rows, type=type, types=TYPES, q=q.strip(), most=most, of=profiles.MOST_TOP
    )


@router.get("/entities/{entity_id}")
def one(request: Request, entity_id: Id) -> Any:
    """One entity; one that a person has merged leads to what it is now."""
    with reading() as connection:
        rows = entities.find(connection, str(entity_id))
        if not rows:
            raise HTTPException(404, f"there is no entity {entity_id}")
        if rows[0].same_as:
            return RedirectResponse(f"/entities/{rows[0].same_as}")
        found = profiles.profile(connection, entity_id)
        merged = entities.merged_into(connection, entity_id)
    chart = charts.timeline(found.moments, "articles")
    return page(
        request, "entity.html", row=rows[0], found=found, chart=chart, merged=merged, types=TYPES,
        articles=found.articles, most=profiles.MOST_ARTICLES,
    )  # fmt: skip
