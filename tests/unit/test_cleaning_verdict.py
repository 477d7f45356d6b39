"""What is no article is dropped with the reason; what only looks like none stays."""

import json
from pathlib import Path

import pytest

from shared.reasons import PLANS
from workers.stages.cleaning import clean

PAGES = Path(__file__).parents[1] / "pages" / "cleaning"
OTHERS = Path(__file__).parents[1] / "pages" / "verdicts"
FLASH = (
    "The council of Brenford voted on Tuesday to close the old swimming pool after the summer.",
    "Repairs would cost four million, said the treasurer, and the roof would not last another winter.",
)
FOLDED = "The council of Brenford voted on Tuesday to close\nthe old swimming pool after the summer."
PLAIN = {
    "nothing_around": "<p>{}</p><p>{}</p>",
    "text_alone": "{} {}",
    "one_paragraph": "<p>{} {}</p>",
    "one_division": "<html><head><title>Pool to close</title></head><body><div>{} {}</div></body></html>",
    "line_breaks": "<body>{}<br><br>{}</body>",
    "cell": "<table><tr><td><a href=/>Home</a></td><td><font size=2>{}<br><br>{}</font></td></tr></table>",
    "typewriter": f"<h1>Pool to close</h1><pre>{FOLDED}\n\n{{1}}\n\n{{0}}</pre>",
    "unclosed_anchor": "<a name=top><p>{}</p><p>{}</p>",
    "below_a_linked_headline": "<h2><a href=/pool>Pool to close in summer</a></h2><p>{} {}</p>",
    "above_a_comment_form": "<p>{}</p><p>{}</p><form><input name=name><input type=email><textarea></textarea></form>",
    "cut_off": "<div>{} {} The mayor ...</div>",
    "broken_lines": FOLDED.replace("\n", "<br>\n") + "<br><br>{1}<br><br>{0}",
}
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


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("url", [None, "https://brenford.example/2021/05/pool.html"])
def test_a_short_article_in_plain_markup_is_kept_whole(name: str, url: str | None):
    cleaned = clean(PLAIN[name].format(*FLASH).encode(), url)
    assert cleaned.verdict is None
    assert all(sentence in cleaned.text for sentence in FLASH)


def test_lines_that_were_folded_to_a_width_are_one_paragraph():
    for name in ("typewriter", "broken_lines"):
        assert FOLDED.replace("\n", " ") in clean(PLAIN[name].format(*FLASH).encode()).text.split("\n")


@pytest.mark.parametrize("body", ["", "<nav><a href=/>Home</a> <a href=/news>News</a></nav>"])
def test_a_page_of_nothing_but_navigation_has_no_text(body: str):
    page = f"<html><head><title>Brenford Gazette</title></head><body>{body}</body></html>"
    assert clean(page.encode(), "https://brenford.example/2021/05/pool.html").verdict == "no_text"
