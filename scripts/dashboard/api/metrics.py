"""/metrics: for Prometheus, from the database and the broker as they are now."""

from fastapi import APIRouter
from starlette.responses import Response

from scripts import cluster
from shared import yields
from shared.accounting import account
from shared.database import reading
from shared.metrics import CONTENT_TYPE, exposition

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics() -> Response:
    """Everything that shared/metrics.py describes."""
    with reading() as connection:
        books, alarms = account(connection), yields.count_alarms(connection)
    seen = cluster.look()
    return Response(exposition(books, alarms, seen.counted() if seen else None), headers={"content-type": CONTENT_TYPE})
