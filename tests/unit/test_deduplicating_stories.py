"""Articles about one event find each other; look-alikes are told apart once there are enough of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from workers.stages.deduplicating import Frequencies, Story, StoryDoc, arrange, count_terms, story_keys, story_terms

QUAKE = "An earthquake shook the coast; people ran into the streets, and rescuers searched for survivors in the rubble."
KARSUND = ["Karsund", "Mayor Brandt", "the 14 March", "magnitude 6", "the Holm bridge", "31 wounded", "the Vale dam"]
LINDHOLM = ["Lindholm", "Governor Quist", "the 2 October", "magnitude 5", "the old mint", "12 wounded", "the harbour"]
CHESS = "Grandmaster Ilse Varga won the chess title in Dunmere after a tie-break of four rapid games against Okafor."
FILLER = (
    "council market school winter music train doctor lawyer ocean garden police student letter museum bakery".split()
)


def report(facts: Sequence[str], seed: int) -> dict[str, float]:
    """Half of the facts of an event, in other words each time."""
    random = Random(seed)
    return story_terms(f"{QUAKE} {'. '.join(random.sample(facts, 5))}. {' '.join(random.sample(FILLER, 6))}")


def day(number: int) -> datetime:
    return datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=number)


class Newsroom:
    """Stories in memory, as a database would hold them."""

    def __init__(self) -> None:
        self.docs: dict[int, StoryDoc] = {}
        self.story_of: dict[int, int] = {}
        self.last = 0

    def add(self, terms: dict[str, float], published_at: datetime | None = None) -> int:
        doc = StoryDoc(len(self.docs) + 1, terms, published_at)
        self.docs[doc.article_id] = doc
        arranged = arrange(doc, self.stories(), self.frequencies())
        made = {
            number: self.last + n
            for n, number in enumerate(sorted({s for s in arranged.story_of.values() if s < 0}), 1)
        }
        self.last += len(made)
        self.story_of = {article: arranged.merged.get(story, story) for article, story in self.story_of.items()}
        self.story_of |= {article: made.get(story, story) for article, story in arranged.story_of.items()}
        return self.story_of[doc.article_id]

    def stories(self) -> list[Story]:
        ids = sorted(set(self.story_of.values()))
        return [Story(i, [self.docs[a] for a in sorted(self.docs) if self.story_of.get(a) == i]) for i in ids]

    def frequencies(self) -> Frequencies:
        return count_terms(doc.terms for doc in self.docs.values())


def test_terms_are_of_one_kind_whatever_the_ending_and_figures_weigh_more() -> None:
    terms = story_terms("Arrested: 23 men. The arrests were made; he was arrested.")
    assert terms["arrest"] > terms["men"]
    assert terms["23"] == 2 * terms["men"]
    assert "the" not in terms


def test_terms_of_scripts_without_spaces_are_pairs_of_letters() -> None:
    assert {"渡轮", "轮在", "长江"} <= set(story_terms("渡轮在长江口附近搁浅"))


def test_names_of_entities_are_terms_of_their_own() -> None:
    assert "=greta solberg" in story_terms("She left.", ["Greta Solberg"])


def test_the_keys_of_an_article_are_its_rarest_terms() -> None:
    frequencies = Frequencies(100, {"earthquake": 60, "karsund": 2})
    assert story_keys({"earthquake": 1.0, "karsund": 1.0}, frequencies) == ("karsund", "earthquake")


def test_an_article_with_no_candidates_begins_a_story() -> None:
    assert arrange(StoryDoc(7, story_terms(CHESS)), [], Frequencies(1, {})).story_of == {7: -1}


def test_reports_of_one_event_are_one_story_and_another_event_is_another() -> None:
    newsroom = Newsroom()
    quakes = {newsroom.add(report(KARSUND, seed)) for seed in range(6)}
    assert len(quakes) == 1
    assert newsroom.add(story_terms(CHESS)) not in quakes


def test_look_alikes_are_split_when_there_are_enough_of_each() -> None:
    newsroom = Newsroom()
    for seed in range(8):
        newsroom.add(report(KARSUND, seed))
        newsroom.add(report(LINDHOLM, seed))
    karsund = {newsroom.story_of[article] for article in range(1, 17, 2)}
    lindholm = {newsroom.story_of[article] for article in range(2, 17, 2)}
    assert len(karsund) == len(lindholm) == 1
    assert karsund != lindholm
    assert min(karsund | lindholm) == newsroom.story_of[1]  # the oldest keeps the name


def test_a_younger_story_points_to_the_older_one_that_it_turns_out_to_be() -> None:
    docs = [StoryDoc(number, report(KARSUND, number)) for number in range(1, 8)]
    older, younger, new = Story(3, docs[:3]), Story(5, docs[3:6]), docs[6]
    arranged = arrange(new, [younger, older], count_terms(doc.terms for doc in docs))
    assert arranged.merged == {5: 3}
    assert arranged.story_of == {7: 3}


def test_a_story_ends_when_nothing_joins_for_some_days() -> None:
    newsroom = Newsroom()
    first = newsroom.add(report(KARSUND, 1), day(0))
    newsroom.add(story_terms(CHESS), day(1))
    assert newsroom.add(report(KARSUND, 2), day(2)) == first
    assert newsroom.add(report(KARSUND, 3), day(40)) != first


def test_articles_without_terms_are_stories_of_their_own() -> None:
    newsroom = Newsroom()
    assert newsroom.add({}) != newsroom.add({})
