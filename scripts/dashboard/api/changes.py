"""The change feed: what is new or different since a cursor, so that another program can live off it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from shared import changes, coverage, exporting
from shared.database import reading

router = APIRouter(prefix="/api/v1/changes", tags=["changes"])


@router.get("")
def since(
    since: Annotated[str, Query(max_length=100, description="A cursor given before; empty: from the start.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:
    """Articles (as exported) and stories that changed after `since`, in order, each as it is now.

    `cursor` is what to ask with next; `more` says whether anything has changed after it already.
    """
    with reading() as connection:
        seen = changes.parse(connection, since) if since else 0
        found = changes.after(connection, seen, limit + 1)
        told = found[:limit]
        articles = exporting.by_id(connection, [one.id for one in told if one.kind == "article"])
        stories = coverage.by_id(connection, [one.id for one in told if one.kind == "story"])
        cursor = changes.cursor(connection, told[-1].number if told else seen)
    records = {"article": articles, "story": stories}
    listed = [{"kind": one.kind, one.kind: records[one.kind][one.id]} for one in told]
    return {"changes": listed, "cursor": cursor, "more": len(found) > limit}
