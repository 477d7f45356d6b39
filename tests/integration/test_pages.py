"""Stored pages: in the database or in a page store, and out again as WARC."""

import io
from pathlib import Path

import pytest
from sqlalchemy import and_, select, update

from shared import pages
from shared.archiving import write_warc
from shared.database import reading, transaction
from shared.errors import BadRow
from shared.models import article, page
from tests.support import stories
from tests.support.site import NETWORKS
from workers import frontier
from workers.stages.discovering import read_warc


def the_pages():
    with reading() as connection:
        return connection.execute(select(page).order_by(page.c.article_id)).all()


def as_warc(tmp_path, **conditions):
    """The pages written as WARC: the file, and what could not be written."""
    out = io.BytesIO()
    problems = list(write_warc(and_(True, *(article.c[name] == value for name, value in conditions.items())), out))
    path = tmp_path / "out.warc.gz"
    path.write_bytes(out.getvalue())
    return path, problems


@pytest.fixture
def store(configure, tmp_path):
    folder = tmp_path / "pages"
    configure(pages_url=folder.as_uri())
    return folder


def test_with_a_page_store_the_bodies_lie_there_and_not_in_the_database(line, store):
    (article_id,) = line.add_stories(1)

    (row,) = the_pages()

    assert (row.body, pages.body_of(row)) == (None, stories.page(1).encode())
    assert [path.stat().st_size > 0 for path in Path(store).rglob("*.zst")] == [True]
    assert str(article_id) in row.kept_at


def test_articles_whose_pages_lie_in_a_store_are_cleaned_like_others(line, store):
    line.add_stories(1)
    line.change(1, queued_at=None)

    from workers import lifecycle

    lifecycle.process("clean", [1])

    assert line.statuses() == ["cleaned"]


def test_a_page_that_has_gone_from_the_store_is_a_bad_page_and_no_crash(line, store):
    line.add_stories(1)
    for path in Path(store).rglob("*.zst"):
        path.unlink()

    (row,) = the_pages()

    with pytest.raises(BadRow, match="cannot be read"):
        pages.body_of(row)


def test_a_page_in_a_store_that_is_not_set_says_so(line, store, configure):
    line.add_stories(1)
    configure(pages_url="")

    with pytest.raises(BadRow, match="COPYDESK_PAGES_URL"):
        pages.body_of(the_pages()[0])


def test_fetched_pages_come_out_as_warc_and_in_again(line, site, configure, tmp_path):
    configure(fetch_allow_networks=NETWORKS, fetch_delay_s=0.0, fetch_shift_s=0.3)
    addresses = [site.put(f"/{number}", stories.page(number)) for number in (1, 2)]
    line.add_urls(*addresses)
    while "submitted" in line.statuses():
        frontier.work_a_shift()

    path, problems = as_warc(tmp_path)

    entries = list(read_warc(path))
    assert problems == []
    assert sorted((entry.url, entry.html.decode()) for entry in entries) == sorted(
        zip(addresses, (stories.page(1), stories.page(2)), strict=True)
    )


def test_given_pages_come_out_as_resources_with_their_text(line, tmp_path):
    line.add_stories(1, 2)

    path, _ = as_warc(tmp_path)

    assert [entry.html.decode() for entry in read_warc(path)] == [stories.page(1), stories.page(2)]


def test_a_damaged_page_is_named_and_the_others_are_written(line, tmp_path):
    line.add_stories(1, 2)
    with transaction() as connection:
        connection.execute(update(page).where(page.c.article_id == 1).values(body=b"not zstd"))

    path, problems = as_warc(tmp_path)

    assert (len(list(read_warc(path))), len(problems)) == (1, 1)
    assert "cannot be unpacked" in problems[0]
