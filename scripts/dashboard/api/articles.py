"""Articles, as `copydesk export` writes them, and search."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from scripts.dashboard.paging import LARGEST, Id
from shared import browsing, exporting, searching, selecting
from shared.database import reading

router = APIRouter(prefix="/api/v1", tags=["articles"])
MOST_OFFSET = 1000
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/articles")
def listing(
    where: Annotated[str, Query(max_length=4000, description="status=done host=example.org since=7d")] = "",
    before: Annotated[int | None, Query(ge=1, le=LARGEST, description="Articles with lower ids than this.")] = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The newest articles that meet all conditions, in short. `next` is what to give as `before` for more, or null.

    A page may hold fewer than `limit` articles, even none, although there are more: only `next` tells.
    """
    with reading() as connection:
        leaf = browsing.leaf(connection, selecting.parse(where), before, limit)
    return {"articles": [dict(row._mapping) for row in leaf.rows], "next": leaf.next}


@router.get("/articles/{article_id}")
def one(article_id: Id) -> dict[str, Any]:
    """One article with its text and entities: the same record as `copydesk export` writes."""
    with reading() as connection:
        records = exporting.by_id(connection, [article_id])
    if not records:
        raise HTTPException(404, f"there is no article {article_id}")
    return records[article_id]


@router.get("/search")
def search(
    q: Annotated[
        str, Query(min_length=1, max_length=2000, description='flood "prime minister" -sport host:example.org')
    ],
    limit: Limit = 20,
    offset: Annotated[int, Query(ge=0, le=MOST_OFFSET)] = 0,
) -> dict[str, Any]:
    """The best hits, with where the words stand in title and snippet, in code points."""
    with reading() as connection:
        found = searching.search(connection, q, limit, offset)
    return {"hits": [hit.as_dict() for hit in found.hits], "more": found.more}
