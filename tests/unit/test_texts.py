"""What a text from outside must lose before it is stored, and before it is shown."""

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from scripts.terminal import escape
from shared.logs import configure_logs
from shared.texts import shown, storable, storable_json

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "text", ["", "plain", "Žluťoučký kůň", "a\tb\nc\r\nd", "東京", "👩‍🚀", "שלום \u200f1\u200f", "soft\u00adhyphen"]
)
def test_what_people_write_stays_as_it_is(text):
    assert storable(text) == text


@pytest.mark.parametrize(
    "text", ["\0ab", "a\ud800b", "a\x1bb", "ab\x9b", "a\x07\x08b", "\udfff\ud800ab", "a\x7fb", "a\x85b"]
)
def test_what_no_database_takes_or_a_terminal_obeys_goes(text):
    assert storable(text) == "ab"
    assert json.loads(storable_json([{text: text}])) == [{"ab": "ab"}]


@given(ANY_TEXT)
def test_every_text_can_be_stored(text):
    assert "\0" not in storable(text)
    storable(text).encode()
    assert storable(storable(text)) == storable(text)


@given(ANY_JSON)
def test_every_value_can_be_stored_as_json(value):
    dumped = storable_json(value)
    dumped.encode()
    assert "\0" not in str(json.loads(dumped))


def test_a_backslash_is_no_control():
    assert json.loads(storable_json(["C:\\u0000\\b"])) == ["C:\\u0000\\b"]


def test_what_is_shown_neither_commands_the_terminal_nor_reads_backwards():
    assert shown("a\x1b[2J\x1b]0;owned\x07b\u202ecod.exe\rc") == "a[2J]0;ownedbcod.exec"
    assert escape("[red]\x1b[31m") == r"\[red][31m"


def test_a_log_line_for_a_person_stays_one_line(monkeypatch, capfd):
    monkeypatch.setenv("COPYDESK_LOG_FORMAT", "console")
    from shared.settings import settings

    settings.cache_clear()
    monkeypatch.setattr("sys.stderr", written := io.StringIO())
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    try:
        configure_logs()
        structlog.get_logger("a").warning("page_fetched", title="x\n2026-01-01 [error] forged\x1b[2J")
        logging.getLogger("b").warning("told:\n%s", "y\x1b]0;z\x07")
    finally:
        root.handlers[:], root.level = before
        structlog.reset_defaults()
        settings.cache_clear()
    lines = written.getvalue().splitlines()
    assert len(lines) == 2
    assert "[2J" in lines[0]
    assert "\x1b[2J" not in written.getvalue()
    assert "\x1b]" not in written.getvalue()
