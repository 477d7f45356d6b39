"""Rows that no version of ours would write: quarantined with a reason, while their neighbours finish."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import transaction
from tests.support import stories
from workers import dispatch


def run_line(line):
    dispatch.tick()
    while line.work():
        dispatch.tick()


def spoil(statement, **values):
    with transaction() as connection:
        connection.execute(text(statement), values)


def assert_quarantined(line, bad, good, reason):
    run_line(line)
    row = line.row(bad)
    assert (row.status, row.reason, row.next_stage, row.lease_token) == ("quarantined", reason, None, None)
    assert row.detail
    assert [line.row(article_id).status for article_id in good] == ["done"] * len(good)
    assert line.messages() == []


@pytest.mark.parametrize("column", ["status", "next_stage"])
def test_no_word_that_is_unknown_can_be_stored(line, column):
    (article_id,) = line.add_stories(1)
    with pytest.raises(DBAPIError, match=f"ck_article_{column}"):
        line.change(article_id, **{column: "pondered"})


def test_an_article_without_its_page_is_quarantined(line):
    bad, *good = line.add_stories(1, 2, 3)
    spoil("delete from page where article_id = :id", id=bad)
    assert_quarantined(line, bad, good, "bad_row")


@pytest.mark.parametrize(
    "body", [b"", b"not packed", b"\x28\xb5\x2f\xfd\x04\x00", None], ids=["no", "un", "cut", "half"]
)
def test_an_article_whose_packed_page_is_broken_is_quarantined(line, body):
    bad, *good = line.add_stories(1, 2, 3)
    if body is None:
        from shared import pages

        whole = pages.pack(stories.page(1).encode())
        body = whole[: len(whole) // 2]
    spoil("update page set body = :body where article_id = :id", body=body, id=bad)
    assert_quarantined(line, bad, good, "bad_page")


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)  # PostgreSQL takes nothing but JSON there
@pytest.mark.parametrize("column", ["headers", "given"])
def test_what_is_no_json_is_quarantined(line, column):
    bad, *good = line.add_stories(1, 2, 3)
    spoil(f"update page set {column} = '{{no json' where article_id = :id", id=bad)  # noqa: S608
    assert_quarantined(line, bad, good, "bad_row")


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize("column", ["headers", "given"])
def test_what_is_no_json_cannot_be_stored(line, column):
    (article_id,) = line.add_stories(1)
    with pytest.raises(DBAPIError, match="json"):
        spoil(f"update page set {column} = '{{no json' where article_id = :id", id=article_id)  # noqa: S608


def test_json_of_another_kind_is_quarantined(line):
    bad, *good = line.add_stories(1, 2, 3)
    spoil("update page set given = '[1, 2]' where article_id = :id", id=bad)
    assert_quarantined(line, bad, good, "bad_row")


@pytest.mark.parametrize("language", ["xx-unheard-of", "", "\u202e"])
def test_a_language_that_is_none_harms_nobody(line, language):
    odd, *good = line.add_stories(1, 2, 3)
    from workers import lifecycle

    lifecycle.process("clean", [odd])
    line.change(odd, language=language)
    run_line(line)
    assert [line.row(article_id).status for article_id in (odd, *good)] == ["done"] * 3


def test_a_ledger_of_a_version_to_come_harms_nobody(line):
    ids = line.add_stories(1, 2)
    run_line(line)
    spoil("update stage_run set version = 32767")
    for article_id in ids:
        line.change(article_id, next_stage="clean")
    run_line(line)
    assert [line.row(article_id).status for article_id in ids] == ["done", "done"]


def test_a_result_that_the_database_refuses_costs_its_own_article_only(line, monkeypatch):
    import dataclasses

    from workers.pipeline import STAGES

    bad, *good = line.add_stories(1, 2, 3)
    stage = STAGES["clean"]

    def store(connection, results):
        columns = stage.store(connection, results)
        return {id_: {**of, "status": "pondered"} if id_ == bad else of for id_, of in columns.items()}

    monkeypatch.setitem(STAGES, "clean", dataclasses.replace(stage, store=store))
    assert_quarantined(line, bad, good, "bad_row")
