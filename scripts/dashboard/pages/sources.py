"""Sources: what they bring, how fresh it is, why they fail, and whether their yield has changed."""

from typing import Any, Literal

from fastapi import APIRouter, Request

from scripts.dashboard import charts
from scripts.dashboard.paging import ROWS, After, paged
from scripts.dashboard.rendering import page
from shared import sources, yields
from shared.database import reading

router = APIRouter(include_in_schema=False)
ALARMS = {
    "yield": "far fewer of its articles become done than before",
    "length": "its texts are of quite another length than before",
    "dates": "its articles have lost their dates",
    "silence": "silent for much longer than usual",
}


@router.get("/sources")
def listing(
    request: Request, show: Literal["all", "alarm", "failing", "paused"] = "all", q: str = "", after: After = 0
) -> Any:
    """The sources, a page of them."""
    with reading() as connection:
        rows = sources.search(connection, show, q.strip(), after, ROWS + 1)
        shown, paging = paged(rows, "id", "/sources", after, show=show, q=q.strip())
        found = yields.measure(connection, shown)
        alarms = yields.count_alarms(connection)
    sparks = {row.id: charts.spark(found[row.id].lengths) for row in shown}
    return page(
        request, "sources.html", rows=shown, yields=found, sparks=sparks, paging=paging, show=show, q=q, alarms=alarms,
        meanings=ALARMS,
    )  # fmt: skip
