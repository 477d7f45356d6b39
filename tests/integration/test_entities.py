"""One row per person, organisation or place, whoever meets it first."""

from dataclasses import dataclass

from sqlalchemy import func, select

from shared import entities
from shared.database import reading, transaction
from shared.models import entity, mention
from tests.support.racing import at_once


@dataclass(frozen=True)
class Named:
    start: int
    name: str
    type: str = "PER"
    local: bool = False
    country: str | None = None

    @property
    def end(self):
        return self.start + len(self.name)

    @property
    def surface(self):
        return self.name

    @property
    def key(self):
        return self.name.casefold()


def named(*names, **other):
    return [Named(100 * number, name, **other) for number, name in enumerate(names)]


def store(mentions):
    with transaction() as connection:
        entities.store(connection, mentions)


def rows(table):
    with reading() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_workers_that_meet_new_names_at_once_make_one_row_of_each(line):
    people = [f"Person {number}" for number in range(30)]
    articles = line.add_pages(*["<p>x"] * 8)
    turns = iter(zip(articles[:4], articles[4:], strict=True))

    def meet():
        forwards, backwards = next(turns)
        store({forwards: named(*people)})
        store({backwards: named(*people[::-1])})

    at_once(4, meet)

    assert rows(entity) == 30
    assert rows(mention) == 8 * 30


def test_one_name_of_two_kinds_is_two_entities(line):
    (article_id,) = line.add_stories(1)
    store({article_id: [Named(0, "Georgia", "PER"), Named(10, "Georgia", "LOC")]})
    assert rows(entity) == 2


def test_a_surname_alone_is_an_entity_of_its_article_only(line):
    first, second = line.add_stories(1, 2)
    store({first: named("Keller", local=True), second: named("Keller", local=True)})
    assert rows(entity) == 2


def test_mentions_of_an_article_that_is_extracted_again_are_replaced(line):
    (article_id,) = line.add_stories(1)
    store({article_id: named("Anna Bergmann", "Tomas Novak")})

    store({article_id: named("Maria Rossi")})

    with reading() as connection:
        assert [one.name for one in entities.of_article(connection, article_id)] == ["Maria Rossi"]
    assert rows(entity) == 3


def test_the_entities_named_in_most_articles_come_first(line):
    first, second = line.add_stories(1, 2)
    store({first: named("Anna Bergmann", "Tomas Novak", "Tomas Novak", "Tomas Novak"), second: named("Anna Bergmann")})
    with reading() as connection:
        most = entities.most_mentioned(connection, 1)
    assert [(one.name, one.articles, one.mentions) for one in most] == [("Anna Bergmann", 2, 2)]
