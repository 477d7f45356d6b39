"""People, organisations and places."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query

from scripts.dashboard.paging import Id
from shared import entities, profiles
from shared.database import reading

router = APIRouter(prefix="/api/v1/entities", tags=["entities"])
MOST_ARTICLES = 100


@router.get("")
def listing(
    type: Literal["PER", "ORG", "LOC"] | None = None,
    q: Annotated[str, Query(description="How the name begins; without it, who is in the newest articles.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Those named in most of the newest articles, or those whose name begins with `q`."""
    with reading() as connection:
        if q.strip():
            rows = [row for row in profiles.named_like(connection, q, limit) if type in (None, row.type)]
        else:
            rows = list(profiles.in_the_news(connection, limit, type))
    return {"entities": [dict(row._mapping) for row in rows]}


@router.get("/{entity_id}")
def one(entity_id: Id) -> dict[str, Any]:
    """One entity: how it is written, beside whom it is named, and its newest articles."""
    with reading() as connection:
        rows = entities.find(connection, str(entity_id))
        if not rows:
            raise HTTPException(404, f"there is no entity {entity_id}")
        entity_id = rows[0].same_as or entity_id
        row = entities.find(connection, str(entity_id))[0]
        found = profiles.profile(connection, entity_id)
    return dict(row._mapping) | {
        "articles_known": len(found.articles),
        "complete": found.complete,
        "forms": [dict(one._mapping) for one in found.forms],
        "neighbours": [dict(one._mapping) for one in found.neighbours],
        "articles": [dict(one._mapping) for one in found.articles[:MOST_ARTICLES]],
    }
