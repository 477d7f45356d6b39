"""The tagger's surroundings: words, pieces, windows, and the answers of the shipped model."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.training.entities import evaluate
from workers.stages.extracting import backends, decoding, extract, extract_many, model, pieces, sense, words
from workers.stages.extracting.mentions import Span

NEWS = (
    "Shares of Brightwater Energy Inc. fell 12% in New York after the company cut its forecast.\n"
    "Chief Executive Daniel Okafor blamed weak demand in Germany, Reuters reported."
)


def flags(text: str, word: str) -> set[str]:
    found = words.read(text)
    bits = found.flags[found.texts.index(word)]
    return {name for name in words.FLAGS if bits & words.BIT[name]}


def test_words_keep_their_place_in_the_text() -> None:
    found = words.read("Mr O’Dowd’s 12%\r\ne\u0301te\u0301 👏")

    assert found.texts == ["Mr", "O", "’", "Dowd", "’", "s", "12", "%", "e\u0301te\u0301", "👏"]
    assert found.lines[-1] == 1


def test_a_name_of_several_words_is_known_by_all_of_them() -> None:
    assert "city" in flags("He left New Haven early.", "Haven") or "city" in flags(
        "He left Los Angeles early.", "Angeles"
    )


def test_a_word_that_the_article_also_has_in_lower_case_is_marked() -> None:
    assert "seen_lower" in flags("Storm warning. The storm came.", "Storm")


def test_pieces_are_the_longest_of_the_vocabulary() -> None:
    vocabulary = {at: piece for piece, at in pieces.vocabulary().items()}

    assert next(vocabulary[at] for at in pieces.pieces("Petrosyan")) == "pet"


def test_a_word_of_another_script_is_one_unknown_piece() -> None:
    assert pieces.pieces("ⲁⲃⲅ" * 30) == (pieces.UNKNOWN,)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=400), st.integers(0, 99))
def test_windows_answer_for_every_word_once_and_never_overflow(sizes: list[int], every: int) -> None:
    lines = [at // (every + 1) for at in range(len(sizes))]
    found = list(model.windows(sizes, lines))

    assert [at for window in found for at in range(window.first, window.last)] == list(range(len(sizes)))
    assert all(window.start <= window.first < window.last <= window.end for window in found)
    assert all(sum(sizes[window.start : window.end]) <= model.ROOM for window in found)


def test_no_name_crosses_a_line_end() -> None:
    found = words.read("Daniel\nOkafor")
    scores = np.full((2, decoding.TAGS), -9.0, np.float32)
    scores[0, 1] = scores[1, 2] = -0.01

    assert all(span.end <= 6 or span.start >= 7 for span in decoding.spans(found, scores))


def test_the_model_finds_the_names_of_a_news_text() -> None:
    found = {(mention.surface, mention.type) for mention in extract(NEWS)}

    assert found == {
        ("Brightwater Energy Inc.", "ORG"),
        ("New York", "LOC"),
        ("Daniel Okafor", "PER"),
        ("Germany", "LOC"),
        ("Reuters", "ORG"),
    }


def test_the_model_writes_nothing_into_the_home_or_the_temporary_directory(tmp_path: Path) -> None:
    """What would be sent to the maker of the library that runs it is kept there first."""
    around = {name: value for name, value in os.environ.items() if name not in {"CI", "GITHUB_ACTIONS"}}
    home = around | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    reading = "from workers.stages.extracting import extract; assert extract('Angela Merkel came to Paris.')"
    subprocess.run([sys.executable, "-c", reading], env=home, check=True, timeout=60)
    assert not list(tmp_path.rglob("*"))


def test_a_text_gives_the_same_whatever_is_read_before_it() -> None:
    assert extract_many(["Paris. " * 300, NEWS, "Rome."])[1] == extract(NEWS)


def test_a_very_long_line_is_read_in_overlapping_windows() -> None:
    text = "Officials said on Monday that the minister Daniel Okafor would come. " * 40
    names = [mention for mention in extract(text) if mention.surface == "Daniel Okafor"]

    assert len(names) == 40


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_at_all_is_read(text: str) -> None:
    for mention in extract(text):
        assert text[mention.start : mention.end] == mention.surface != ""


def test_an_unknown_backend_is_named_with_those_there_are() -> None:
    with pytest.raises(backends.UnknownBackendError, match=r"no entity model 'oracle'; there are .*minilm"):
        backends.backend("oracle")


@pytest.mark.parametrize("name", ["spacy", "gliner"])
def test_a_backend_that_is_not_installed_says_in_one_line_what_to_install(name: str) -> None:
    if find_spec(name):
        pytest.skip(f"{name} is installed")
    with pytest.raises(backends.MissingModelError, match=r"\A.*pip install.*\Z"):
        backends.backend(name).find(NEWS)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.optional(name)) for name in ("spacy", "gliner")])
def test_a_backend_that_is_installed_finds_names(name: str) -> None:
    try:
        found = extract(NEWS, model=name)
    except backends.MissingModelError as error:
        pytest.skip(str(error))

    assert "Daniel Okafor" in {mention.surface for mention in found}


def test_the_rules_backend_needs_no_model() -> None:
    assert {mention.surface for mention in extract(NEWS, model="rules")} >= {"Germany", "Reuters"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Foreign Minister Sergei Lavrov", "Sergei Lavrov"),
        ("“Lavrov’s”", "Lavrov"),
        ("the United Nations'", "United Nations"),
        ("Brightwater Inc.", "Brightwater Inc."),
        ("Lavrov.", "Lavrov"),
    ],
)
def test_a_span_is_trimmed_to_the_name(text: str, name: str) -> None:
    (span,) = sense.settle(text, [Span(0, len(text), "PER", 0.9)])

    assert text[span.start : span.end] == name


@pytest.mark.parametrize("text", ["Daniel\x00Okafor", "Daniel\ud800 Okafor", "Okafor" * 50])
def test_what_no_database_takes_is_no_name(text: str) -> None:
    assert sense.settle(text, [Span(0, len(text), "PER", 0.9)]) == []


def test_one_form_has_one_type_throughout_an_article() -> None:
    text = "Ajax won. Ajax lost. Ajax drew."
    spans = [Span(0, 4, "ORG", 0.9), Span(10, 14, "PER", 0.6), Span(21, 25, "ORG", 0.8)]

    assert {span.type for span in sense.settle(text, spans)} == {"ORG"}


def settled(text: str, *spans: Span) -> set[tuple[str, str]]:
    return {(text[span.start : span.end], span.type) for span in sense.settle(text, list(spans))}


def test_a_hyphen_keeps_a_name_whole() -> None:
    assert settled("Yoon Suk-yeol spoke.", Span(0, 8, "PER", 0.9)) == {("Yoon Suk-yeol", "PER")}


def test_a_company_keeps_its_legal_form_and_point() -> None:
    assert settled("Enron Services, Inc. fell.", Span(0, 14, "ORG", 0.9)) == {("Enron Services, Inc.", "ORG")}


def test_a_lone_word_that_nobody_introduced_is_a_firm_where_the_tagger_wavers() -> None:
    assert settled("Shohozq grew.", Span(0, 7, "PER", 0.7, (0.7, 0.25, 0.0, 0.0))) == {("Shohozq", "ORG")}


def test_a_lone_last_name_of_an_introduced_person_stays_a_person() -> None:
    text = "Ann Shohozq left. Shohozq grew."
    spans = (Span(0, 11, "PER", 0.9), Span(18, 25, "PER", 0.7, (0.7, 0.25, 0.0, 0.0)))

    assert settled(text, *spans) == {("Ann Shohozq", "PER"), ("Shohozq", "PER")}


def test_parliament_counts_without_its_country_but_not_inside_another_name() -> None:
    assert settled("Ministers told Parliament so.") == {("Parliament", "ORG")}
    assert settled("The Parliament Square was full.") == set()


def test_a_name_that_the_tagger_half_takes_for_none_is_left_out() -> None:
    assert settled("A Hidden Nook opened.", Span(2, 13, "ORG", 0.5, (0.0, 0.5, 0.0, 0.0))) == set()


def test_the_gold_of_the_project_is_met() -> None:
    assert evaluate.measure("gold", list(evaluate.marked(evaluate.GOLD)), "minilm") >= evaluate.FLOORS["gold"]


def test_the_gold_of_the_project_has_thirty_texts() -> None:
    assert len(list(evaluate.marked(evaluate.GOLD))) == 30
