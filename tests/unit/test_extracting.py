"""The extract stage as its callers see it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.stages.extracting import Mention, extract, extract_many, spans

TALKS = (
    "Russia said on Thursday that Turkish President Recep Tayyip Erdogan had spoken to the head of AFP. "
    "Erdogan's office in Ankara told the UN Ambassador Vasily Nebenzya that the U.S. would not come."
)


def by_surface(text: str, surface: str) -> Mention:
    return next(mention for mention in extract(text) if mention.surface == surface)


def test_a_title_and_a_nationality_stay_outside_the_name() -> None:
    assert by_surface(TALKS, "Recep Tayyip Erdogan").type == "PER"


def test_a_surname_stands_for_the_full_name_of_the_article() -> None:
    later = by_surface(TALKS, "Erdogan")

    assert (later.name, later.key, later.local) == ("Recep Tayyip Erdogan", "recep tayyip erdogan", False)


def test_a_person_of_one_word_stays_within_its_article() -> None:
    assert by_surface("Former President Lula, he said. President Lula left.", "Lula").local


def test_a_possessive_is_not_part_of_the_name() -> None:
    assert "Erdogan's" not in [mention.surface for mention in extract(TALKS)]


def test_countries_and_capitals_carry_their_country() -> None:
    assert by_surface(TALKS, "Russia").country == "RU"
    assert by_surface(TALKS, "Ankara").country == "TR"


def test_a_short_country_name_is_the_same_entity_as_the_long_one() -> None:
    assert by_surface(TALKS, "U.S.").key == "united states"


def test_well_known_agencies_and_bodies_are_organisations() -> None:
    assert {m.surface for m in extract(TALKS) if m.type == "ORG"} == {"AFP", "UN"}


def test_an_acronym_takes_the_long_form_that_the_article_gives() -> None:
    text = "The Kenya Wildlife Service (KWS) said so. KWS rangers agreed."

    assert {m.name for m in extract(text) if m.type == "ORG"} == {"Kenya Wildlife Service"}


def test_un_and_united_nations_have_one_key_across_articles() -> None:
    assert by_surface("The UN agreed.", "UN").key == by_surface("The United Nations agreed.", "United Nations").key


def test_another_language_gives_nothing() -> None:
    assert extract(TALKS, "de") == []


def test_english_of_any_country_is_read() -> None:
    assert extract(TALKS, "en-GB") == extract(TALKS)


def test_a_text_gives_the_same_mentions_whatever_stands_beside_it() -> None:
    assert extract_many([TALKS, "Paris is in France.", TALKS])[2] == extract(TALKS)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\r\n", ".", "A", "’s", "THE ", "e\u0301", "👩‍👩‍👧 U.S.\u00a0Army\r\n", "\x00\ud800"]
)
def test_odd_texts_raise_nothing(text: str) -> None:
    extract(text)


@given(st.lists(st.sampled_from([*TALKS.split(), "\n", "👍", "(", "É", "\u00a0", "’s", "A.", "\u0301"]), max_size=60))
def test_offsets_lie_inside_the_text_and_fit_the_surface(words: list[str]) -> None:
    text = " ".join(words)

    for mention in extract(text):
        assert text[mention.start : mention.end] == mention.surface != ""


def test_spans_are_in_order_and_apart() -> None:
    found = spans(TALKS)

    assert all(left[1] <= right[0] for left, right in itertools.pairwise(found))
