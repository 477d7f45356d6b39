"""Hosts: which are asked, how slowly, which are in trouble, and what waits for them."""

from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request

from scripts.dashboard.paging import ROWS, Id, paged
from scripts.dashboard.rendering import page
from shared import host_reports
from shared.database import reading
from shared.settings import settings

router = APIRouter(include_in_schema=False)


@router.get("/hosts")
def listing(request: Request, show: Literal["all", "failing", "paused"] = "all", q: str = "", after: str = "") -> Any:
    """The hosts, a page of them."""
    with reading() as connection:
        rows = host_reports.search(connection, show, q.strip(), after, ROWS + 1)
    shown, paging = paged(rows, "name", "/hosts", after, show=show, q=q.strip())
    most = host_reports.MOST_WAITING
    return page(
        request, "hosts.html", rows=shown, paging=paging, show=show, q=q, most=most, delay_s=settings().fetch_delay_s
    )


@router.get("/hosts/{host_id}")
def one(request: Request, host_id: Id) -> Any:
    """One host and its newest articles."""
    with reading() as connection:
        row = host_reports.one(connection, host_id)
        if row is None:
            raise HTTPException(404, f"there is no host {host_id}")
        articles = host_reports.newest(connection, host_id)
    return page(
        request, "host.html", row=row, articles=articles[:ROWS], count=len(articles), most=host_reports.MOST_WAITING,
        endings=host_reports.endings(articles), delay_s=settings().fetch_delay_s,
    )  # fmt: skip
