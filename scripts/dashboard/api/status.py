"""Where the articles are."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from scripts import cluster
from shared.accounting import account
from shared.database import reading

router = APIRouter(prefix="/api/v1/status", tags=["status"])


@router.get("")
def status() -> dict[str, Any]:
    """The books, as `copydesk monitor --once --json` prints them; `workers` is null while the broker is away."""
    with reading() as connection:
        books = account(connection)
    seen = cluster.look()
    return books.as_dict() | {
        "workers": [asdict(one) for one in seen.workers] if seen else None,
        "queues": seen.queues if seen else None,
    }
