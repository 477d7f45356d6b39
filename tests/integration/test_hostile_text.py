"""Text that PostgreSQL refuses, in every column that holds what others wrote; it costs no article and no batch."""

import json

import pytest
from sqlalchemy import JSON, Text, insert, select
from sqlmodel import SQLModel

from shared import pages, submissions
from shared.database import Words, reading, transaction
from shared.models import article, entity, page, revision, site_block, source, stage_run, submission
from shared.submissions import NewArticle
from tests.support import stories
from workers import lifecycle
from workers.pipeline import STAGES

HOSTILE = "\0a\ud800\x1b[2Jb\udfff\x9b"
STORED = "a[2Jb"

ROWS = {
    "submission": (submission, {"given": [HOSTILE], "label": HOSTILE}),
    "source": (source, {"title": HOSTILE, "detail": HOSTILE, "url": HOSTILE}),
    "article": (
        article,
        {"url": HOSTILE, "title": HOSTILE, "subtitle": HOSTILE, "authors": [HOSTILE], "label": HOSTILE, "text": HOSTILE,
         "removed": [{"text": HOSTILE, "reason": HOSTILE}], "provenance": {HOSTILE: HOSTILE}, "detail": HOSTILE,
         "hops": [HOSTILE], "section": HOSTILE, "image_url": HOSTILE, "site_name": HOSTILE, "published_as": HOSTILE},
    ),
    "page": (
        page,
        {"url": HOSTILE, "headers": {HOSTILE: HOSTILE}, "content_type": HOSTILE, "given": {"title": HOSTILE}},
    ),
    "entity": (entity, {"key": HOSTILE, "name": HOSTILE, "country": HOSTILE}),
    "stage_run": (stage_run, {"detail": HOSTILE}),
    "revision": (revision, {"text": HOSTILE, "title": HOSTILE}),
    "site_block": (site_block, {"sample": HOSTILE}),
}  # fmt: skip
NEEDED = {
    "source": {"canonical_url": "x", "host_id": 1, "submission_id": 1, "kind": "feed"},
    "article": {"canonical_url": "x", "submission_id": 1, "status": "submitted", "next_stage": "fetch"},
    "page": {"article_id": 1, "body": b""},
    "entity": {"type": "PER"},
    "stage_run": {"article_id": 1, "stage": "clean", "outcome": "done"},
    "revision": {"article_id": 1, "number": 1, "exact_key": 1},
    "site_block": {"host_id": 1, "block_hash": 1},
}


@pytest.fixture
def rows_to_refer_to(line):
    """Article 1 with its host."""
    line.add_urls("https://paper.example/1")


@pytest.mark.parametrize("name", ROWS)
def test_it_is_stored_without_what_no_database_takes(name, rows_to_refer_to):
    table, values = ROWS[name]
    values = values | NEEDED.get(name, {}) | ({"article_id": 1} if name == "page" else {})
    with transaction() as connection:
        connection.execute(insert(table).values(**values))
    with reading() as connection:
        told = [table.c[key] == HOSTILE for key, value in values.items() if value == HOSTILE]
        row = connection.execute(select(table).where(*told)).one()
    stored = {key: getattr(row, key) for key in ROWS[name][1]}
    assert json.dumps(stored) == json.dumps(ROWS[name][1]).replace(json.dumps(HOSTILE)[1:-1], STORED)


def test_every_column_for_text_takes_any_text():
    bare = [
        str(column)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Text) and not isinstance(column.type, Words | JSON)
    ]
    assert bare == []


def test_a_page_that_is_full_of_it_is_done_and_so_are_its_neighbours(line):
    facts = {
        "@type": "NewsArticle", "headline": f"{HOSTILE} opens", "author": {"name": f"Ann{HOSTILE} Lee"},
        "articleSection": HOSTILE, "publisher": {"name": HOSTILE}, "datePublished": "9999-12-31T23:59:59-23:59",
        "image": f"https://a.example/{HOSTILE}",
    }  # fmt: skip
    data = f'<script type="application/ld+json">{json.dumps(facts)}</script><meta name="author" content="&#0;&#xD800;">'
    text = "<p>&#0;&#xD800;&#xDFFF;&#x1b;[2J&#x9b; was said &#x202e; in Oslo.</p>"
    hostile = stories.page(1).replace("</head>", f"{data}</head>").replace("<article>", f"<article>{text}")
    ids = line.add_pages(hostile, stories.page(2), hostile.replace("<p>", "<p>\0"))

    process(ids)

    assert line.statuses() == ["done", "done", "done"]
    assert f"{STORED} opens" in (line.row(ids[0]).title or "")


def test_a_date_that_no_calendar_has_costs_nothing_but_itself(line):
    dates = (
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-02-03T04:05:06+01:00",
        "275760-09-13",
        HOSTILE,
    )
    new = [
        NewArticle(
            f"https://paper.example/{number}", f"https://paper.example/{number}", "paper.example",
            body=pages.pack(stories.page(number).encode()), content_type="text/html", given={"published": date},
        )
        for number, date in enumerate(dates)
    ]  # fmt: skip
    with transaction() as connection:
        ids = sorted(submissions.add_articles(connection, line.submission_id, new))

    process(ids)

    assert line.statuses() == ["done"] * 5
    assert [bool(row.published_at) for row in line.rows()] == [False, False, True, False, False]


def process(ids):
    for stage in STAGES:
        lifecycle.process(stage, ids)
