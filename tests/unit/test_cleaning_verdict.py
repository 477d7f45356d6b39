"""What is no article is dropped with the reason; what only looks like none stays."""

import json
from pathlib import Path

import pytest

from shared.reasons import PLANS
from workers.stages.cleaning import clean

PAGES = Path(__file__).parents[1] / "pages" / "cleaning"
OTHERS = Path(__file__).parents[1] / "pages" / "verdicts"
KNOWN = json.loads((OTHERS / "pages.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("section", "not_article"),
        ("search", "not_article"),
        ("gallery", "not_article"),
        ("login_wall", "wall"),
        ("cookie_wall", "wall"),
        ("soft_404", "soft_404"),
        ("shell", "js_only"),
        ("story", None),
        ("story_with_appeals", None),
    ],
)
def test_a_page_is_judged_by_what_it_is(name: str, verdict: str | None):
    assert clean((PAGES / f"{name}.html").read_bytes(), f"https://ledger.example/{name}").verdict == verdict


def test_a_home_page_of_headlines_is_no_article():
    assert clean((PAGES / "section.html").read_bytes(), "https://ledger.example/").verdict == "not_article"


def test_every_verdict_is_a_reason():
    assert {"no_text", "not_article", "soft_404", "wall", "js_only", "too_big"} <= PLANS.keys()


def test_an_article_about_pages_that_were_not_found_stays_one():
    page = (PAGES / "story.html").read_text(encoding="utf-8")
    told = page.replace(
        "Ferry returns to Lower Sandholm after eleven years", "Letters not found: the post office searches"
    )
    assert clean(told.encode()).verdict is None


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_pages_of_many_kinds_and_makes_are_told_from_articles(name: str):
    known = KNOWN[name]
    assert clean((OTHERS / f"{name}.html").read_bytes(), known["url"]).verdict == known["verdict"]


@pytest.mark.parametrize("name", sorted(name for name in KNOWN if KNOWN[name]["verdict"] is None))
def test_an_article_stays_one_where_its_address_is_not_known(name: str):
    assert clean((OTHERS / f"{name}.html").read_bytes()).verdict is None
