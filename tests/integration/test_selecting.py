"""What a condition selects, on both databases; and that a wrong one is told in one line."""

import pytest
from sqlalchemy import select

from shared import selecting
from shared.database import reading
from shared.errors import UsageError
from shared.models import article, entity, mention
from workers import dispatch


@pytest.fixture
def desk(line):
    """Six articles: two done, one dropped, one quarantined, two that wait."""
    ids = line.add_stories(1, 2, 3, 4, site="paper.example") + line.add_stories(5, site="news.paper.example")
    ids += line.add_urls("https://other.example/a_b/1?x=1")
    dispatch.tick()
    line.work()
    line.change(ids[0], label="flood", language="de")
    line.change(ids[2], status="dropped", next_stage=None, reason="no_text")
    line.change(ids[3], status="quarantined", next_stage=None, reason="worker_lost")
    return line, ids


def selected(text):
    with reading() as connection:
        query = select(article.c.id).where(selecting.condition(selecting.parse(text)))
        return list(connection.scalars(query.order_by(article.c.id)))


def test_conditions_select(desk):
    _, ids = desk
    expected = {
        "": ids,
        "status=quarantined": [ids[3]],
        "status=quarantined,dropped": [ids[2], ids[3]],
        "status!=done status!=dropped": [ids[3], ids[5]],
        "reason=worker_lost": [ids[3]],
        "reason!=worker_lost": [one for one in ids if one != ids[3]],
        "status=in_progress": [ids[5]],
        "stage=fetch": [ids[5]],
        "host=paper.example": ids[:4],
        "host=PAPER.example": ids[:4],
        "host=*.paper.example": ids[:5],
        "host=nowhere.example": [],
        "label=flood": [ids[0]],
        "lang=de": [ids[0]],
        f"id={ids[1]}": [ids[1]],
        f"id>={ids[4]}": ids[4:],
        f"id={ids[1]},{ids[4]}": [ids[1], ids[4]],
        "submission=1": ids,
        "url=https://other.example/a_b/1?x=1": [ids[5]],
        "url=https://other.example/*": [ids[5]],
        "url=https://other.example/a%": [],
        "url=https://other.example/a_*": [ids[5]],
        "url=https://other.example/aXb*": [],
        "since=2020-01-01": ids,
        "since=1d until=2999-01-01 added>=1d": ids,
        "until=2001-01-01": [],
        "version.clean<99 status=done": [ids[0], ids[1], ids[4]],
        "version.clean>=99": [],
        "duplicate=no": ids,
        "revision=1 word_count>0": ids[:5],
    }
    assert {text: selected(text) for text in expected} == expected


def test_an_article_is_selected_by_whom_it_names(desk):
    with reading() as connection:
        row = connection.execute(
            select(entity, mention.c.article_id).join_from(entity, mention, mention.c.entity_id == entity.c.id)
        ).first()
        naming = connection.scalars(
            select(mention.c.article_id).where(mention.c.entity_id == row.id).order_by(mention.c.article_id)
        ).all()
    field = {"PER": "person", "ORG": "org", "LOC": "place"}[row.type]
    expected = sorted(set(naming))
    assert selected(f'entity="{row.name}"') == expected
    assert selected(f'{field}="{row.name.upper()}"') == expected
    assert selected(f"entity={row.id}") == expected
    assert selected('entity="Nobody At All"') == []


def test_a_value_in_quotes_may_hold_blanks_commas_and_whatever_else():
    assert selecting.parse("label='a, b' entity=\"x;--\",y") == [
        selecting.Term("label", "=", ("a, b",)),
        selecting.Term("entity", "=", ("x;--", "y")),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour=red", "unknown field 'colour': known are id, url, status"),
        ("status", "condition 'status': write FIELD=VALUE"),
        ("status=lost", "status=lost: 'lost' is none of submitted"),
        ("reason=tired", "'tired' is none of"),
        ("status<done", "status is compared with = !="),
        ("id=one", "'one' is not a whole number"),
        ("id=99999999999999999999", "is not a whole number"),
        ("since=yesterday", "'yesterday' is not a date"),
        ("since=2026-13-01", "is not a date"),
        ("since=999999w", "is not a date"),
        ("host=", "host=: a value is missing"),
        ("id>1,2", "one value can be compared"),
        ("url=nonsense", "url=nonsense:"),
        ("duplicate=maybe", "'maybe' is none of yes, no"),
        ("label='open", "a quote is opened and never closed"),
        ("version.polish=1", "unknown field 'version.polish'"),
    ],
)
def test_a_wrong_condition_is_told_in_one_line(text, message):
    with pytest.raises(UsageError) as caught:
        selecting.parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
