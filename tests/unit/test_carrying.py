"""What travels between a worker and its bench arrives as it was, and nothing but data does."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reasons import Failed
from workers.carrying import NotCarried, pack, unpack
from workers.stages.cleaning import Cleaned, Removed, clean
from workers.stages.deduplicating import fingerprint

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.integers() | st.text(), inner)
    | st.frozensets(st.integers()),
    max_leaves=20,
)  # fmt: skip


@given(plain)
def test_plain_values_arrive_as_they_were(value):
    assert unpack(pack(value)) == value


def test_half_a_surrogate_pair_arrives():
    assert unpack(pack("\ud83d")) == "\ud83d"


def test_dataclasses_arrive_as_what_they_were():
    published = datetime(2026, 3, 1, 12, tzinfo=UTC)
    cleaned = Cleaned("text", published=published, removed=[Removed("give", "appeal")], provenance={"title": "og"})
    for value in (cleaned, Failed("http_429", "slow down", 3.0), fingerprint("one two three " * 20)):
        assert unpack(pack(value)) == value


def test_the_outcome_of_a_real_page_arrives():
    cleaned = clean(b"<html><body><article><h1>A</h1>" + b"<p>Nine words that make a paragraph of a text.</p>" * 9)
    assert cleaned.blocks
    assert unpack(pack(cleaned)) == cleaned


def test_a_row_arrives_as_its_columns_and_may_come_back():
    there = unpack(pack(SimpleNamespace(id=7, text="seven")))
    assert unpack(pack([there]))[0] == there == SimpleNamespace(id=7, text="seven")


@pytest.mark.parametrize("value", [object(), len, Failed, {"a": [object()]}])
def test_what_is_not_data_does_not_travel(value):
    with pytest.raises(NotCarried):
        pack(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"object": ["os:system", ["true"]]}',
        b'{"object": ["subprocess:Popen", ["true"]]}',
        b'{"object": ["shared.settings:settings", []]}',
        b'{"object": ["shared.reasons:Failed", ["dns"]]}',
        b'{"object": ["workers.bench:os.system", ["true"]]}',
    ],
)
def test_nothing_but_whole_dataclasses_of_ours_is_put_together(data):
    with pytest.raises(ValueError, match=r"no dataclass of ours|shorter|longer"):
        unpack(data)


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"unknown": 1}', b'{"dict": 1}', b'{"a": 1, "b": 2}', b'{"object": [1]}']
)
def test_what_is_no_answer_is_a_value_error(data):
    with pytest.raises(ValueError):  # noqa: PT011  (as json says it)
        unpack(data)
