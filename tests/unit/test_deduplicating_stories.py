"""Articles about one event find each other, in whatever order they come; look-alikes are told apart."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np

from workers.stages.deduplicating import (
    Frequencies,
    Report,
    Terms,
    arrange,
    count_terms,
    story_keys,
    story_terms,
    unpack_terms,
)
from workers.stages.deduplicating.terms import term_hash

QUAKE = "An earthquake shook the coast; people ran into the streets, and rescuers searched for survivors in the rubble."
KARSUND = ["Karsund", "Mayor Brandt", "the 14 March", "magnitude 6", "the Holm bridge", "31 wounded", "the Vale dam"]
LINDHOLM = ["Lindholm", "Governor Quist", "the 2 October", "magnitude 5", "the old mint", "12 wounded", "the harbour"]
CHESS = "Grandmaster Ilse Varga won the chess title in Dunmere after a tie-break of four rapid games against Okafor."
FILLER = (
    "council market school winter music train doctor lawyer ocean garden police student letter museum bakery".split()
)


def told(facts: Sequence[str], seed: int) -> Terms:
    """Half of the facts of an event, in other words each time."""
    random = Random(seed)
    return story_terms(f"{QUAKE} {'. '.join(random.sample(facts, 5))}. {' '.join(random.sample(FILLER, 6))}")


def day(number: int) -> datetime:
    return datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=number)


def arranged(reports: Sequence[Report]) -> list[list[int]]:
    """The ids of each story, stories that were there already included."""
    arrangement = arrange(reports, {None: count_terms([one.terms for one in reports])})
    stories: dict[int, list[int]] = {}
    for one in reports:
        old = arrangement.merged.get(one.story, one.story) if one.story else None
        stories.setdefault(arrangement.story_of.get(one.id, old or 0), []).append(one.id)
    return sorted(sorted(ids) for ids in stories.values())


def weight(terms: Terms, word: str) -> float:
    return float(terms.weights[np.flatnonzero(terms.hashes == term_hash(word))][0])


def has(terms: Terms, word: str) -> bool:
    return term_hash(word) in terms.hashes.tolist()


def test_terms_are_of_one_kind_whatever_the_ending_and_figures_weigh_more() -> None:
    terms = story_terms("Arrested: 23 men. The arrests were made; he was arrested.")
    assert weight(terms, "arrest") > weight(terms, "men")
    assert weight(terms, "23") == 2 * weight(terms, "men")
    assert not has(terms, "the")


def test_terms_of_scripts_without_spaces_are_pairs_of_letters() -> None:
    terms = story_terms("渡轮在长江口附近搁浅")
    assert all(has(terms, pair) for pair in ("渡轮", "轮在", "长江"))


def test_names_of_entities_are_terms_of_their_own() -> None:
    assert has(story_terms("She left.", ["Greta Solberg"]), "=greta solberg")


def test_the_stamp_of_a_page_is_no_term() -> None:
    terms = story_terms("Oliver Tranmer | 25.11.2026, 17:54 | The bank lent 54 million.")
    assert has(terms, "54")
    assert not any(has(terms, word) for word in ("2026", "25", "17"))


def test_packed_terms_are_what_they_were_and_small() -> None:
    terms = told(KARSUND, 1)
    packed = terms.pack()
    assert len(packed) == 5 * len(terms.hashes)
    again = unpack_terms(packed)
    assert (again.hashes.tolist(), again.counts.tolist()) == (terms.hashes.tolist(), terms.counts.tolist())


def test_the_keys_of_a_report_are_its_rarest_terms() -> None:
    common = story_terms("earthquake")
    frequencies = count_terms([common] * 60 + [story_terms("karsund")] * 2 + [story_terms("chess")] * 38)
    keys = story_keys(story_terms("earthquake karsund"), frequencies)
    assert keys == (term_hash("karsund"), term_hash("earthquake"))


def test_a_report_that_is_near_to_none_begins_a_story() -> None:
    frequencies = Frequencies(1, np.array([], np.uint32), np.array([], np.int64))
    assert arrange([Report(7, story_terms(CHESS))], {None: frequencies}).story_of == {7: -1}


def test_reports_of_one_event_are_one_story_and_another_event_is_another() -> None:
    reports = [Report(seed, told(KARSUND, seed)) for seed in range(1, 7)] + [Report(9, story_terms(CHESS))]
    assert arranged(reports) == [[1, 2, 3, 4, 5, 6], [9]]


def test_look_alikes_are_two_stories_when_there_are_enough_of_each() -> None:
    reports = [
        Report(2 * seed + n, told(facts, seed)) for seed in range(1, 9) for n, facts in enumerate((KARSUND, LINDHOLM))
    ]
    assert arranged(reports) == [list(range(2, 18, 2)), list(range(3, 18, 2))]


def test_the_order_in_which_reports_come_does_not_matter() -> None:
    bodies = [told(facts, seed) for seed in range(9) for facts in (KARSUND, LINDHOLM)] + [story_terms(CHESS)]
    first = None
    for seed in range(5):
        places = list(range(len(bodies)))
        Random(seed).shuffle(places)
        stories = arranged([Report(id_, bodies[place]) for id_, place in enumerate(places, 1)])
        by_text = sorted(sorted(places[id_ - 1] for id_ in ids) for ids in stories)
        assert first in (None, by_text)
        first = by_text


def test_a_younger_story_points_to_the_older_one_that_it_turns_out_to_be() -> None:
    bodies = [told(KARSUND, number) for number in range(1, 8)]
    of = [3, 3, 3, 5, 5, 5, None]
    reports = [Report(id_, terms, None, story) for id_, (terms, story) in enumerate(zip(bodies, of, strict=True), 1)]
    arrangement = arrange(reports, {None: count_terms(bodies)})
    assert arrangement.merged == {5: 3}
    assert arrangement.story_of == {7: 3}


def test_a_story_that_turns_out_to_be_two_is_split_and_its_oldest_report_keeps_the_name() -> None:
    karsund = [Report(id_, told(KARSUND, id_), None, 4) for id_ in range(1, 8)]
    lindholm = [Report(id_, told(LINDHOLM, id_), None, 4) for id_ in range(8, 15)]
    reports = [*lindholm, *karsund]
    arrangement = arrange(reports, {None: count_terms([one.terms for one in reports])})
    assert arrangement.merged == {}
    assert set(arrangement.story_of) == set(range(8, 15))
    assert len(set(arrangement.story_of.values())) == 1
    assert min(arrangement.story_of.values()) < 0


def test_an_arrangement_that_fits_already_changes_nothing() -> None:
    reports = [Report(id_, told(KARSUND, id_), None, 4) for id_ in range(1, 8)]
    arrangement = arrange(reports, {None: count_terms([one.terms for one in reports])})
    assert (arrangement.story_of, arrangement.merged) == ({}, {})


def test_what_is_weeks_apart_is_no_one_story() -> None:
    reports = [Report(id_, told(KARSUND, id_), day(id_)) for id_ in range(1, 4)]
    reports += [Report(id_, told(KARSUND, id_), day(40 + id_)) for id_ in range(4, 7)]
    assert arranged(reports) == [[1, 2, 3], [4, 5, 6]]


def test_a_story_may_last_for_weeks_if_it_is_never_silent_for_long() -> None:
    reports = [Report(id_, told(KARSUND, id_), day(2 * id_)) for id_ in range(1, 16)]
    assert arranged(reports) == [list(range(1, 16))]


def test_reports_without_terms_are_stories_of_their_own() -> None:
    assert arranged([Report(1, story_terms("")), Report(2, story_terms(""))]) == [[1], [2]]


def test_many_reports_are_arranged_in_parts() -> None:
    """More than can be compared all with all: they are told apart by how many keys they share."""
    reports = []
    for event in range(120):
        facts = [f"name{event}x{n} at {event * 31 + n}" for n in range(9)]
        reports += [Report(7 * event + seed + 1, told(facts, 100 * event + seed)) for seed in range(6)]
    assert len(reports) > 600
    stories = arranged(reports)
    assert len(stories) > 100
    assert max(map(len, stories)) <= 12


def test_what_a_few_reports_share_because_of_their_language_makes_no_story() -> None:
    """Among many English reports every German word is rare, and all German reports have them."""
    german = [
        f"Die {thing} ist am Mittwoch in {place} und mit einer neuen {other} nach dem Streit für alle wieder da."
        for thing, place, other in (
            ("Fähre", "Hamburg", "Brücke"),
            ("Kita", "Leipzig", "Rutsche"),
            ("Bahn", "Bonn", "Tür"),
        )
    ]
    reports = [Report(id_, story_terms(text), None, None, "de") for id_, text in enumerate(german, 1)]
    english = [Report(10 + id_, told(KARSUND, id_), None, None, "en") for id_ in range(1, 7)]
    frequencies = {"de": count_terms([one.terms for one in reports]), "en": count_terms([one.terms for one in english])}
    arrangement = arrange([*reports, *english], frequencies)
    assert len({arrangement.story_of[one.id] for one in reports}) == 3
    assert len({arrangement.story_of[one.id] for one in english}) == 1
