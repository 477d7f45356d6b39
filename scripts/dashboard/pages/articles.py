"""Articles: what a person looks for, best hits first, or the list by condition, newest first."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection

from scripts.dashboard.paging import ROWS, After, Paging
from scripts.dashboard.rendering import address, page
from shared import browsing, searching
from shared.database import reading
from shared.models import Status
from shared.reasons import PLANS
from shared.selecting import Term

router = APIRouter(include_in_schema=False)
# What the form asks for, by the names that conditions have everywhere.
FIELDS = ("status", "reason", "host", "source", "label", "submission", "entity", "lang", "since", "until")


@router.get("/articles")
def listing(request: Request, q: Annotated[str, Query(max_length=2000)] = "", after: After = 0) -> Any:
    """The articles that have the words of `q` and meet what else the form says."""
    given = {name: value for name in FIELDS if (value := request.query_params.get(name, "").strip())}
    with reading() as connection:
        if q.strip():
            rows, hits, paging = _found(connection, q.strip(), given, after)
        else:
            rows, hits, paging = _listed(connection, given, after)
    return page(
        request, "articles.html", rows=rows, hits=hits, paging=paging, given=given, q=q.strip(),
        statuses=(*get_args(Status), "in_progress"), reasons=tuple(PLANS),
    )  # fmt: skip


def _listed(connection: Connection, given: Mapping[str, str], after: int) -> tuple[Any, dict[int, Any], Paging]:
    """The newest articles that meet the conditions."""
    leaf = browsing.leaf(connection, terms(given), after or None, ROWS)
    more = address("/articles", **given, after=leaf.next) if leaf.next else None
    return leaf.rows, {}, Paging(address("/articles", **given) if after else None, more)


def _found(connection: Connection, q: str, given: Mapping[str, str], after: int) -> tuple[Any, dict[int, Any], Paging]:
    """The best hits, and by id where the words stand in them; here `after` is the number of hits before these."""
    found = searching.search(connection, question(q, given), ROWS, after)
    rows = browsing.rows(connection, [hit.id for hit in found.hits])
    more = address("/articles", q=q, **given, after=after + ROWS) if found.more and found.hits else None
    return (
        rows,
        {hit.id: hit for hit in found.hits},
        Paging(address("/articles", q=q, **given) if after else None, more),
    )


def terms(given: Mapping[str, str]) -> list[Term]:
    """Conditions, one for each field that is filled in."""
    return [Term(name, "=", (value,)) for name, value in given.items()]


def question(q: str, given: Mapping[str, str]) -> str:
    """What was typed, with the fields of the form as conditions of the same language."""
    return " ".join((q, *(f'{name}:"{value.replace(chr(34), "")}"' for name, value in given.items())))
