"""What docs/scaling.md says can be done to a large PostgreSQL."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.database import reading, transaction
from tests.support.line import Line
from workers import dispatch

GUIDE = Path(__file__).parents[2] / "docs" / "scaling.md"


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)  # SQLite has no partitions
def test_the_line_works_on_partitions_and_keeps_what_was_there(line: Line) -> None:
    (old,) = line.add_stories(1)
    blocks = re.findall(r"```sql\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    with transaction() as connection:
        for statement in ";".join(blocks).split(";"):
            if statement.strip():
                connection.execute(text(statement))
        connection.execute(text("alter sequence article_id_seq restart with 1000001"))

    (new,) = line.add_stories(2)
    dispatch.tick()
    while line.work():
        dispatch.tick()

    assert [(row.id, row.status) for row in line.rows()] == [(old, "done"), (new, "done")]
    with reading() as connection:
        pages = [connection.scalars(text(f"select article_id from page_{n}")).all() for n in (0, 1)]  # noqa: S608
    assert pages == [[old], [1000001]]
    assert len(line.life(old)) == len(line.life(new)) == 3
