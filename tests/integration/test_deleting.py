"""A deleted article says nothing any more; its copies, its story and the books stay right."""

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from scripts.delete import command as delete
from scripts.show import command as show
from shared import changes, pages
from shared.accounting import account
from shared.database import reading, transaction
from shared.models import cluster, page, report, story, table
from tests.support import stories
from workers import dispatch, lifecycle

COPY = stories.page(1).replace(f"<p>{stories.paragraphs(1)[3]}</p>", "")


def run_line(line):
    dispatch.tick()
    while line.work():
        dispatch.tick()


def run(command, *arguments, given=None):
    # not standalone: as `copydesk` calls it
    return CliRunner().invoke(command, list(map(str, arguments)), input=given, standalone_mode=False)


def rows_of(article_id):
    """How many rows in other tables speak of an article."""
    with reading() as connection:
        return {
            name: connection.scalar(
                select(func.count()).select_from(table(name)).where(table(name).c.article_id == article_id)
            )
            for name in (
                "page",
                "revision",
                "mention",
                "article_blocks",
                "duplicate_key",
                "duplicate_link",
                "search_entry",
            )
        }


@pytest.fixture
def trio(line):
    """An original, its copy, and a stranger, all done."""
    ids = [*line.add_pages(stories.page(1)), *line.add_pages(COPY, stories.page(2), site="other.example")]
    run_line(line)
    assert line.row(ids[1]).duplicate_of == ids[0]
    return ids


def test_all_that_an_article_said_goes_and_its_address_stays(line, trio):
    address = line.row(trio[0]).canonical_url
    assert run(delete, trio[0], "--yes").return_value == 0

    row = line.row(trio[0])
    assert (row.status, row.reason, row.canonical_url) == ("dropped", "deleted", address)
    assert (row.title, row.text, row.authors, row.exact_key, row.cluster_id) == (None,) * 5
    assert set(rows_of(trio[0]).values()) == {0}
    assert line.add_urls(address) == []


def test_its_copy_stands_for_itself_and_the_books_balance(line, trio):
    run(delete, trio[0], "--yes")
    run_line(line)

    copy = line.row(trio[1])
    assert (copy.duplicate_of, copy.relation, copy.status) == (None, None, "done")
    with reading() as connection:
        books = account(connection)
        sizes = {row.id: row.size for row in connection.execute(select(cluster))}
        told = connection.execute(select(report.c.cluster_id).where(report.c.story_id.is_not(None))).scalars().all()
        assert connection.scalar(select(func.sum(story.c.articles))) == 2
    assert books.holds
    assert (books.done, books.dropped) == (2, 1)
    assert sizes[trio[0]] == 0
    assert sizes[copy.cluster_id] == 1
    assert sorted(told) == sorted([copy.cluster_id, trio[2]])


def test_the_change_feed_names_the_article_and_its_copy(line, trio):
    dispatch.number_changes(10)
    with reading() as connection:
        seen = changes.parse(connection, changes.current(connection))
    run(delete, trio[0], "--yes")
    dispatch.number_changes(10)
    with reading() as connection:
        announced = {one.id for one in changes.after(connection, seen) if one.kind == "article"}
    assert announced == {trio[0], trio[1]}


def test_a_worker_that_is_at_it_stores_nothing(line):
    (article_id,) = line.add_pages(stories.page(1))
    with transaction() as connection:
        assert pages.load(connection, [article_id])
    stage = lifecycle.STAGES["clean"]

    def clean_slowly(material):
        assert run(delete, article_id, "--yes").return_value == 0
        return stage.work(material)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(lifecycle.STAGES, "clean", type(stage)(**{**_fields(stage), "work": clean_slowly}))
        lifecycle.process("clean", [article_id])
    assert line.row(article_id).reason == "deleted"
    assert line.row(article_id).text is None


def _fields(stage):
    return {name: getattr(stage, name) for name in type(stage).__dataclass_fields__}


def test_a_person_is_asked_first(line, trio):
    answer = run(delete, trio[0], given="n\n")
    assert "1 copies of it stay" in answer.output
    assert answer.return_value == 1
    assert line.row(trio[0]).status == "done"
    assert run(delete, trio[0], given="y\n").return_value == 0
    assert line.row(trio[0]).reason == "deleted"


def test_deleting_twice_or_what_is_not_there_is_said(line, trio):
    run(delete, trio[0], "--yes")
    assert "deleted already" in str(run(delete, trio[0], "--yes").exception)
    assert "no article 999" in str(run(delete, 999, "--yes").exception)


def test_show_tells_what_a_revision_changed(line, trio):
    changed = stories.page(1).replace("</article>", "<p>The mayor of Oslo has resigned.</p></article>")
    with transaction() as connection:
        connection.execute(page.update().where(page.c.article_id == trio[0]).values(body=pages.pack(changed.encode())))
    line.change(trio[0], next_stage="clean", refetched=True)
    run_line(line)
    assert line.row(trio[0]).revision == 2

    shown = run(show, trio[0]).output
    assert "2, which replaced 1 on" in shown
    assert "{+The mayor of Oslo has resigned.+}" in shown
    assert "(copy, 87% alike)" in shown
