"""Leafing through articles by condition, on both databases."""

import pytest

from shared import browsing, selecting
from shared.database import reading


@pytest.fixture
def ids(line):
    """Seven articles; the oldest is a long one in German, the third and the fifth are quarantined."""
    found = line.add_stories(*range(1, 8))
    line.change(found[0], language="de", word_count=7777)
    for one in (found[2], found[4]):
        line.change(one, status="quarantined", reason="worker_lost", next_stage=None)
    return found


def leaves(text, limit=2):
    """All leaves, one after the other."""
    found, before = [], None
    while True:
        with reading() as connection:
            leaf = browsing.leaf(connection, selecting.parse(text), before, limit)
        found.append([row.id for row in leaf.rows])
        if leaf.next is None:
            return found
        before = leaf.next


def test_leaves_follow_each_other_newest_first_without_gap(ids):
    assert [one for leaf in leaves("") for one in leaf] == ids[::-1]
    assert [one for leaf in leaves("", 7) for one in leaf] == ids[::-1]


def test_what_an_index_leads_to_is_found_at_once(ids):
    assert leaves("status=quarantined") == [[ids[4], ids[2]]]
    assert leaves("reason=worker_lost") == [[ids[4], ids[2]]]
    assert leaves("label=none") == [[]]
    assert leaves("lang=de") == [[ids[0]]]


def test_where_no_index_leads_a_leaf_looks_through_so_many_and_says_where_to_go_on(ids, monkeypatch):
    monkeypatch.setattr(browsing, "WINDOW", 3)
    found = leaves("word_count=7777")
    assert found[0] == []
    assert [one for leaf in found for one in leaf] == [ids[0]]
