"""Who is who within an article, given its names."""

from itertools import pairwise

import pytest

from workers.stages.extracting import Mention, Type, resolve


def mentions(*named: tuple[str, Type]) -> list[Mention]:
    """The mentions of an article that is nothing but its names."""
    text, spans = "", []
    for name, kind in named:
        spans.append((len(text), len(text) + len(name), kind))
        text += name + ". "
    return resolve(text, spans)


def keys(*named: tuple[str, Type]) -> list[str]:
    return [mention.key for mention in mentions(*named)]


def same(kind: Type, *names: str) -> bool:
    return len(set(keys(*((name, kind) for name in names)))) == 1


def test_a_last_name_joins_the_full_name() -> None:
    assert same("PER", "Recep Tayyip Erdogan", "Erdogan", "Tayyip Erdogan")


def test_an_initial_stands_for_its_name() -> None:
    assert same("PER", "Robert Haines", "R. Haines")


def test_accents_and_capitals_do_not_part_a_person() -> None:
    assert same("PER", "Zaha Hadid", "Zahā Ḥadīd", "ZAHA HADID")


def test_a_shared_last_name_goes_to_the_person_named_most() -> None:
    found = keys(("Kelly Pike", "PER"), ("Joanne Pike", "PER"), ("Joanne Pike", "PER"), ("Pike", "PER"))

    assert found[-1] == "joanne pike"


def test_two_full_names_of_one_family_stay_apart() -> None:
    assert not same("PER", "Kelly Pike", "Joanne Pike")


def test_a_first_name_joins_only_who_was_introduced_before() -> None:
    assert keys(("Jean", "PER"), ("Jean Gabin", "PER")) == ["jean", "jean gabin"]


@pytest.mark.parametrize(("one", "other"), [("Charles I", "Charles II"), ("John Smith Jr", "John Smith Sr")])
def test_kings_and_sons_of_one_name_stay_apart(one: str, other: str) -> None:
    assert not same("PER", one, other)


def test_an_acronym_joins_the_name_it_spells() -> None:
    assert same("ORG", "International Monetary Fund", "IMF", "I.M.F.")


def test_an_acronym_with_other_letters_joins_the_name_before_its_brackets() -> None:
    text = "Organisation of Oil Exporters (OPEX) met. OPEX agreed."
    found = resolve(text, [(0, 29, "ORG"), (31, 35, "ORG"), (42, 46, "ORG")])

    assert {mention.name for mention in found} == {"Organisation of Oil Exporters"}


def test_a_legal_form_does_not_part_a_company() -> None:
    assert same("ORG", "Brightwater Energy Inc.", "Brightwater Energy")


def test_a_short_form_joins_its_university() -> None:
    assert same("ORG", "Harvard University", "Harvard")


def test_a_ministry_without_a_country_stays_apart() -> None:
    assert not same("ORG", "Russian Foreign Ministry", "Foreign Ministry")


def test_a_slip_of_one_letter_is_the_same_name() -> None:
    assert same("ORG", "United Nations", "United Nations", "Untied Nations")


def test_countries_of_several_names_are_one_place_with_its_code() -> None:
    found = mentions(("U.S.", "LOC"), ("America", "LOC"), ("United States", "LOC"))

    assert {(mention.key, mention.country) for mention in found} == {("united states", "US")}


def test_new_york_city_and_new_york_are_one_where_an_article_has_both() -> None:
    assert same("LOC", "New York City", "New York")


def test_washington_the_person_and_the_place_stay_apart() -> None:
    person, place = mentions(("Washington", "PER"), ("Washington", "LOC"))

    assert (person.type, person.local, place.type, place.local) == ("PER", True, "LOC", False)


def test_thousands_of_names_take_no_more_than_thousands_of_looks() -> None:
    names: list[tuple[str, Type]] = [(f"Person{i} Name{i % 7}", "PER") for i in range(5_000)]

    assert len(mentions(*names)) == 5_000


def test_mentions_stand_in_the_order_of_the_text() -> None:
    found = mentions(("Kelly Pike", "PER"), ("UN", "ORG"), ("Paris", "LOC"))

    assert all(left.end <= right.start for left, right in pairwise(found))
