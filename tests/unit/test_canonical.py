"""Which of several copies stands for all."""

from datetime import UTC, datetime
from types import SimpleNamespace

from workers.pipeline import choose_canonical


def member(id_, url, *, day=1, words=300, published_as=None, agency=None, site_name=None):
    return SimpleNamespace(
        id=id_,
        canonical_url=url,
        published_as=published_as,
        published_at=datetime(2026, 3, day, tzinfo=UTC),
        agency=agency,
        site_name=site_name,
        word_count=words,
    )


def test_the_article_stands_for_its_amp_and_print_versions_though_they_came_first():
    amp = member(1, "https://example.org/amp/a")
    printed = member(2, "https://example.org/a?print=1")
    article = member(3, "https://example.org/a", day=2)

    assert choose_canonical([amp, printed, article]) == 3


def test_the_page_that_a_copy_names_as_canonical_stands_for_both():
    copy = member(1, "https://copy.example/x", published_as="https://agency.example/x")
    original = member(2, "https://agency.example/x", day=2)

    assert choose_canonical([copy, original]) == 2


def test_the_agency_stands_for_those_that_ran_its_copy():
    paper = member(1, "https://paper.example/x", agency="AFP", site_name="The Paper")
    agency = member(2, "https://afp.example/x", day=2, agency="AFP", site_name="AFP")

    assert choose_canonical([paper, agency]) == 2


def test_among_equals_the_earliest_stands_for_all_saved_pages_included():
    late, early = member(1, "file:///a.html", day=3), member(2, "https://paper.example/x", day=2)

    assert choose_canonical([late, early]) == 2
