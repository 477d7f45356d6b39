"""Overview: where every article is, how quickly it goes on, and what is in the way."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from fastapi import APIRouter, Request

from scripts import cluster
from scripts.dashboard import charts
from scripts.dashboard.rendering import address, page
from scripts.summary import conservation
from shared import throughput, yields
from shared.accounting import Account, account
from shared.database import reading
from shared.reasons import PLANS

router = APIRouter(include_in_schema=False)
MOST_REASONS = 8
MEANINGS = {name: plan.meaning for name, plan in PLANS.items()}


class Count(NamedTuple):
    """How many articles, and where they are listed."""

    articles: int
    link: str


@router.get("/")
def overview(request: Request) -> Any:
    """The whole on one page."""
    with reading() as connection:
        books = account(connection)
        counts, end = throughput.last_hour(connection)
        alarms = yields.count_alarms(connection)
    begin = end - timedelta(minutes=throughput.MINUTES - 1)
    chart = charts.over_time(counts, 60, begin, end, "articles")
    return page(
        request, "overview.html", books=books, words=conservation(books), chart=chart, alarms=alarms,
        because=_because(books), meanings=MEANINGS, cluster=cluster.look(),
    )  # fmt: skip


def _because(books: Account) -> dict[str, list[tuple[str, Count]]]:
    """The commonest reasons by what they led to, with links to the articles."""
    parts = {
        "Dropped because": (books.dropped_because, "dropped"),
        "Quarantined because": (books.quarantined_because, "quarantined"),
        "Tried again because": (books.retried_because, "in_progress"),
    }
    return {heading: _listed(reasons, status) for heading, (reasons, status) in parts.items()}


def _listed(reasons: Mapping[str, int], status: str) -> list[tuple[str, Count]]:
    some = list(reasons.items())[:MOST_REASONS]
    return [(name, Count(count, address("/articles", status=status, reason=name))) for name, count in some]
