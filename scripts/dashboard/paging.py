"""Pages of rows by key: the next one begins behind the last row, however many rows there are before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path, Query

from scripts.dashboard.rendering import address

ROWS = 50
LARGEST = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=LARGEST)]  # what a database takes
After = Annotated[int, Query(ge=0, le=LARGEST)]


@dataclass(frozen=True, slots=True)
class Paging:
    """Links: back to the first rows, on to the next ones; None where there are none."""

    first: str | None
    next: str | None


def paged(rows: Sequence[Any], key: str, path: str, after: Any, **fields: Any) -> tuple[Sequence[Any], Paging]:
    """Of ROWS + 1 rows those to be shown, and the links around them. `key` is the column that they are ordered by."""
    shown = rows[:ROWS]
    more = address(path, **fields, after=getattr(shown[-1], key)) if len(rows) > ROWS else None
    return shown, Paging(address(path, **fields) if after else None, more)
