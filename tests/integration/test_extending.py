"""Stages and finders of names from other packages, as docs/extending.md shows them."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from shared.database import reading
from shared.errors import UsageError
from shared.models import entity, mention
from tests.support.line import Line
from tests.support.packages import install
from workers import dispatch, pipeline
from workers.extensions import GROUP, use_chosen_stages
from workers.stages.extracting import backends

GUIDE = Path(__file__).parents[2] / "docs" / "extending.md"
PAGE = """<html lang="en"><head><title>The MV Evergrace returns to Rotterdam</title></head><body><article>
<h1>The MV Evergrace returns to Rotterdam</h1>
<p>The MV Evergrace sailed back into the port of Rotterdam on Tuesday with a cargo of grain, three weeks later than
its owners had hoped, after a storm in the Bay of Biscay had damaged two of its cranes and most of its lifeboats.</p>
<p>Captain Maria Lindqvist said in Rotterdam that nobody of the crew of twenty had been hurt, and that the ship would
be repaired in Hamburg before it sails again. The harbour of Hamburg has two dry docks that are long enough for it.</p>
</article></body></html>"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package of the guide, installed."""
    blocks = re.findall(r"```(\w+)\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    about = tomllib.loads(next(text for language, text in blocks if language == "toml"))["project"]
    sources = [text for language, text in blocks if language == "python"]
    modules = {re.match(r"# (\w+)\.py", source)[1]: source for source in sources}  # type: ignore[index]
    install(tmp_path, "acme_copydesk", modules, about["entry-points"])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(pipeline.STAGES, "extract", pipeline.STAGES["extract"])  # put back afterwards
    backends.backend.cache_clear()


def names() -> set[tuple[str, str]]:
    with reading() as connection:
        rows = connection.execute(
            select(entity.c.type, entity.c.name).join(mention, mention.c.entity_id == entity.c.id)
        )
        return {(row.type, row.name) for row in rows}


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)  # the database changes nothing here
def test_a_finder_of_names_from_another_package_is_named_by_setting(line: Line, configure: Callable[..., None]) -> None:
    configure(entity_model="acme")
    (article_id,) = line.add_pages(PAGE)
    pipeline.load_stages()
    dispatch.tick()
    line.work()
    assert line.row(article_id).status == "done"
    assert names() == {("ORG", "MV Evergrace")}


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)  # the database changes nothing here
def test_a_stage_from_another_package_is_named_by_setting(line: Line, configure: Callable[..., None]) -> None:
    configure(stages="extract=places")
    use_chosen_stages()
    (article_id,) = line.add_pages(PAGE)
    dispatch.tick()
    line.work()
    assert line.row(article_id).status == "done"
    assert {("LOC", "Rotterdam"), ("LOC", "Hamburg")} <= names()
    assert {kind for kind, _ in names()} == {"LOC"}


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("stages", "complaint"),
    [
        ("extract=nobody", "no entry point 'nobody' in the group copydesk.stages; installed: places"),
        ("fetch=places", "no stage 'fetch'; there are clean, extract, deduplicate"),
        ("clean=places", "clean=places is not for this place"),
    ],
)
def test_a_stage_that_cannot_be_is_named_at_once(stages: str, complaint: str, configure: Callable[..., None]) -> None:
    configure(stages=stages)
    with pytest.raises(UsageError, match=re.escape(complaint)):
        use_chosen_stages()


def test_the_guide_names_the_groups_that_are_looked_in() -> None:
    assert f'entry-points."{GROUP}"' in GUIDE.read_text()
    assert f'entry-points."{backends.GROUP}"' in GUIDE.read_text()
