"""What a person knows of entities: merges that hold for old and new articles, and can be undone."""

import pytest

from shared import entities
from shared.database import reading, transaction
from shared.errors import UsageError
from workers.stages.extracting.mentions import Mention


@pytest.fixture
def named(line):
    """Let an article name people, organisations and places: (surface, type) each."""

    def name(article_id, *names):
        mentions, start = [], 0
        for surface, type_ in names:
            end = start + len(surface)
            mentions.append(Mention(start, end, type_, surface, surface, surface.casefold(), False, None, 1.0))
            start = end + 1
        with transaction() as connection:
            entities.store(connection, {article_id: mentions})

    return name


def one(which):
    with reading() as connection:
        (row,) = entities.find(connection, which)
    return row


def top():
    with reading() as connection:
        return [(row.name, row.articles) for row in entities.most_mentioned(connection, 10)]


def merge(lesser, greater):
    with transaction() as connection:
        entities.merge(connection, one(lesser), one(greater))


def test_a_merge_holds_for_old_and_new_articles(line, named):
    first, second, third = line.add_stories(1, 2, 3)
    named(first, ("Recep Tayyip Erdogan", "PER"))
    named(second, ("Tayyip Erdogan", "PER"))

    merge("Tayyip Erdogan", "Recep Tayyip Erdogan")
    named(third, ("Tayyip Erdogan", "PER"))

    assert top() == [("Recep Tayyip Erdogan", 3)]
    with reading() as connection:
        assert [row.name for row in entities.of_article(connection, third)] == ["Recep Tayyip Erdogan"]
        assert [row.surface for row in entities.aliases(connection, one("Recep Tayyip Erdogan").id)] == [
            "Tayyip Erdogan",
            "Recep Tayyip Erdogan",
        ]


def test_a_split_undoes_a_merge_to_the_mention(line, named):
    first, second = line.add_stories(1, 2)
    named(first, ("Jordan Henderson", "PER"))
    named(second, ("Dean Henderson", "PER"))
    merge("Dean Henderson", "Jordan Henderson")

    with transaction() as connection:
        entities.split(connection, one("Dean Henderson"))

    assert sorted(top()) == [("Dean Henderson", 1), ("Jordan Henderson", 1)]


def test_merges_never_form_a_chain(line, named):
    (first,) = line.add_stories(1)
    named(first, ("UN", "ORG"), ("United Nations", "ORG"), ("the Organisation", "ORG"))

    merge("UN", "United Nations")
    merge("the Organisation", "UN")

    assert top() == [("United Nations", 1)]
    with reading() as connection:
        merged = entities.merged_into(connection, one("United Nations").id)
    assert sorted(row.name for row in merged) == ["UN", "the Organisation"]


def test_one_that_others_were_merged_into_takes_them_along(line, named):
    (first,) = line.add_stories(1)
    named(first, ("UN", "ORG"), ("U.N.", "ORG"), ("United Nations", "ORG"))

    merge("U.N.", "UN")
    merge("UN", "United Nations")

    assert top() == [("United Nations", 1)]


def test_a_person_and_a_place_cannot_be_one(line, named):
    (first,) = line.add_stories(1)
    named(first, ("George Washington", "PER"), ("Washington", "LOC"))

    with pytest.raises(UsageError, match="cannot be one"):
        merge("Washington", "George Washington")


def test_two_cannot_be_merged_into_each_other(line, named):
    (first,) = line.add_stories(1)
    named(first, ("AFP", "ORG"), ("Agence France-Presse", "ORG"))
    merge("AFP", "Agence France-Presse")

    with pytest.raises(UsageError, match="split it first"):
        merge("Agence France-Presse", "AFP")


def test_an_article_in_another_language_has_no_names_and_says_why(line, configure):
    (article_id,) = line.add_pages(
        "<html lang=de><head><title>Der Hafen</title></head><body><article><h1>Der Hafen wird umgebaut</h1>"
        "<p>Der Stadtrat von Hamburg hat am Dienstag beschlossen, den alten Hafen umzubauen. Die Arbeiten sollen im "
        "Frühjahr beginnen und drei Jahre dauern, sagte eine Sprecherin der Behörde für Wirtschaft.</p>"
        "<p>Die Kosten werden auf vierzig Millionen Euro geschätzt; ein Viertel davon trägt der Bund.</p>"
        "<p>Die Fischer fürchten um ihre Liegeplätze und wollen am Freitag vor dem Rathaus protestieren.</p>"
        "</article></body></html>"
    )
    from workers import lifecycle

    lifecycle.process("clean", [article_id])
    lifecycle.process("extract", [article_id])

    row = line.row(article_id)
    assert (row.status, row.language, row.entities_skipped) == ("extracted", "de", "language")
    with reading() as connection:
        assert entities.of_article(connection, article_id) == []


def test_an_unknown_entity_model_is_named_before_anything_starts(line, configure):
    from workers.pipeline import check_entity_model

    configure(entity_model="oracle")

    with pytest.raises(UsageError, match=r"COPYDESK_ENTITY_MODEL.*oracle"):
        check_entity_model()
