"""What the sample newsroom prints, and that its gold says the same."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import lxml.html
import pytest

from scripts.newsroom.edition import Edition
from scripts.newsroom.gold import Expected, as_json, gold
from scripts.newsroom.sites import SITES
from scripts.newsroom.stories import Story, read_stories

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)  # a Wednesday
ORIGINS = {site.key: f"http://{site.key}.example" for site in SITES}


@pytest.fixture(scope="module")
def edition() -> Edition:
    return Edition(ORIGINS, NOW)


@pytest.fixture(scope="module")
def expected(edition: Edition) -> dict[str, Expected]:
    return gold(edition)


def words(story: Story) -> int:
    return sum(len(paragraph.split()) for paragraph in story.paragraphs)


def shown(body: bytes) -> list[str]:
    """The text of a page, piece by piece; what calls itself iso-8859-1 is read as browsers do."""
    html = body.decode("cp1252" if b"iso-8859-1" in body else "utf-8")
    return [" ".join(str(text).split()) for text in lxml.html.document_fromstring(html).itertext()]


def test_there_are_enough_sites_pages_and_languages(expected: dict[str, Expected]) -> None:
    assert len(SITES) >= 6
    assert len(expected) >= 70
    assert {site.language for site in SITES} == {"en", "de", "fr", "uk"}


def test_every_kind_of_outcome_is_there(expected: dict[str, Expected]) -> None:
    assert set(Counter(page.outcome for page in expected.values())) == {
        *("done", "duplicate", "redirect", "not_article", "soft_404", "wall", "js_only", "robots_denied", "http_404"),
    }


def test_agency_copy_runs_on_several_sites(edition: Edition) -> None:
    sites = defaultdict(set)
    for story in edition.stories.values():
        sites[story.group].add(story.site.key)
    copied = [others for group, others in sites.items() if group.startswith("meridian/") and len(others) >= 3]
    assert len(copied) >= 8


def test_the_gold_text_is_what_the_page_shows_each_paragraph_once(
    edition: Edition, expected: dict[str, Expected]
) -> None:
    for url, page in expected.items():
        if not page.paragraphs:
            continue
        pieces = Counter(shown(edition.pages[url].body))
        for paragraph in (page.title, *page.paragraphs, *page.around):
            assert pieces[paragraph] >= 1, f"{url}: {paragraph}"
        for row in page.rows:
            assert all(pieces[cell] for cell in row)
        assert all(pieces[paragraph] == 1 for paragraph in page.paragraphs), url


def test_nothing_around_a_story_stands_in_its_text(expected: dict[str, Expected]) -> None:
    for page in expected.values():
        assert not set(page.around) & set(page.paragraphs)
    assert sum(len(page.around) for page in expected.values()) >= 5


def test_a_copy_is_younger_than_what_it_copies_and_all_are_of_the_last_three_days(edition: Edition) -> None:
    for story in edition.stories.values():
        assert NOW - timedelta(days=3) < story.published < NOW
        assert story.key == story.group or story.published > edition.stories[story.group].published


def test_stories_are_short_and_long(edition: Edition) -> None:
    lengths = sorted(words(story) for story in edition.stories.values())
    assert lengths[0] >= 70
    assert 500 <= lengths[-1] <= 700


def test_an_update_keeps_the_story_and_adds_to_it(edition: Edition) -> None:
    first = edition.stories["meridian/gotland-ferry-aground"]
    later = edition.stories["meridian/gotland-ferry-aground-passengers-safe"]
    assert later.group == first.key
    assert len(set(first.paragraphs) & set(later.paragraphs)) >= 4
    assert later.paragraphs[-1].startswith("Correction:")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("meridian/nordvik-marine-third-quarter", "meridian/castellan-foods-third-quarter"),
        ("courier/wind-warning-argyll", "courier/wind-warning-orkney"),
    ],
)
def test_what_comes_from_one_template_is_not_one_story(edition: Edition, one: str, other: str) -> None:
    assert edition.stories[one].group != edition.stories[other].group


def test_the_old_site_declares_its_character_set_in_its_markup_only(edition: Edition) -> None:
    page = edition.pages[edition.address("ledger/sunderland-heat-pumps")]
    assert page.type == "text/html"
    assert b"charset=iso-8859-1" in page.body
    assert "£410m" in page.body.decode("cp1252")


def test_days_are_named_in_the_language_of_the_site(edition: Edition) -> None:
    assert "am Mittwoch in Hamburg" in edition.stories["elbkurier/elbfaehre-strom"].paragraphs[0]
    assert "annoncé mercredi" in edition.stories["rhone/tramway-confluence"].paragraphs[0]


def test_a_copy_names_the_day_as_its_original_does(edition: Edition) -> None:
    original = edition.stories["meridian/valparaiso-mayor-election"]
    assert edition.stories["herald/valparaiso-results"].paragraphs[0] == original.paragraphs[0]


def test_the_same_day_prints_the_same_edition(edition: Edition) -> None:
    again = Edition(ORIGINS, NOW)
    assert {url: page.etag for url, page in again.pages.items()} == {
        url: page.etag for url, page in edition.pages.items()
    }


def test_the_gold_is_json_for_other_programs(edition: Edition) -> None:
    assert '"outcome": "duplicate"' in as_json(edition)


def test_every_story_has_what_its_site_lists_it_by(edition: Edition) -> None:
    for story in read_stories(NOW):
        assert story.section in story.site.sections
        assert story.by
        assert story.title
        assert "{" not in "".join(story.paragraphs)
