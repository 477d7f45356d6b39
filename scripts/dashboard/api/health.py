"""/health: whether the dashboard and its database answer; open to whoever supervises it."""

from fastapi import APIRouter
from sqlalchemy import select
from starlette.responses import PlainTextResponse

from scripts.dashboard.guarding import OPEN
from shared.database import now, reading

router = APIRouter(include_in_schema=False)


@router.get(OPEN)
def health() -> PlainTextResponse:
    """Fails with 503 while the database is away."""
    with reading() as connection:
        connection.execute(select(now()))
    return PlainTextResponse("well\n")
