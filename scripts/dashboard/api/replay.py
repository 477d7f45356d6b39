"""Let quarantined articles be tried again."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from scripts.dashboard.guarding import check_token
from scripts.submit import tell_cluster
from shared import requeueing, selecting

router = APIRouter(prefix="/api/v1/replay", tags=["replay"])
MOST = 100_000


class Wanted(BaseModel, extra="forbid"):
    """Which of the quarantined articles."""

    where: Annotated[str, Field(max_length=4000, description="reason=worker_lost host=example.org; empty: all")] = ""
    limit: int = Field(1000, ge=1, le=MOST)


@router.post("", dependencies=[Depends(check_token)])
def replay(wanted: Wanted) -> dict[str, Any]:
    """Try them again at the stage that gave them up, oldest first; `replayed` says how many."""
    replayed = requeueing.replay(selecting.parse(wanted.where), wanted.limit)
    return {"replayed": replayed, "started": tell_cluster()}
