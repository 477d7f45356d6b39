"""Appeals that stand inside an article's own container go, the article stays."""

import json
from pathlib import Path

import pytest

from workers.stages.cleaning import Cleaned, clean, clean_lines
from workers.stages.cleaning.classifier import model

PAGES = Path(__file__).parents[1] / "pages" / "cleaning"
KNOWN = json.loads((PAGES / "story_with_appeals.json").read_text(encoding="utf-8"))


SHORT = (
    "The council of Brenford voted on Tuesday to close the old swimming pool after the summer.",
    "Repairs would cost four million, said the treasurer, Anna Holt, and the roof would not last another winter.",
    "Swimmers who had come to the meeting called the decision hasty and asked for a second report.",
    "A new pool is planned beside the school, but nobody has said who will pay for it.",
    "The mayor expects a first drawing by March, when the council meets again.",
)


@pytest.fixture(scope="module")
def cleaned() -> Cleaned:
    return clean((PAGES / "story_with_appeals.html").read_bytes())


def test_no_line_of_the_appeals_is_left(cleaned: Cleaned):
    assert [line for line in KNOWN["appeals"] if line in cleaned.text] == []


def test_no_paragraph_of_the_article_is_lost(cleaned: Cleaned):
    assert [line for line in KNOWN["article"] if line not in cleaned.text] == []


def test_what_was_removed_is_kept_with_its_reason(cleaned: Cleaned):
    removed = {one.text: one.reason for one in cleaned.removed}
    assert all(removed[line] == "appeal" for line in KNOWN["appeals"])


def test_a_quote_that_speaks_in_the_first_person_stays(cleaned: Cleaned):
    assert '"We will not give up this crossing again," she said.' in cleaned.text


def test_appeals_go_from_plain_text_too():
    text = clean_lines("\n".join([*KNOWN["article"], *KNOWN["appeals"][-5:]])).text
    assert KNOWN["article"][-1] in text
    assert KNOWN["appeals"][-3] not in text


def test_an_article_of_one_paragraph_stays():
    paragraph = (
        "The committee met on Tuesday and put off its decision on the new bridge over the Varrick until spring. " * 3
    )
    assert clean(f"<html><body><article><p>{paragraph}</p></article></body></html>".encode()).text


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_a_short_article_loses_no_paragraph_and_its_appeals_go(size: int):
    appeals = KNOWN["appeals"][-3:]
    told = "".join(f"<p>{line}</p>" for line in (*SHORT[:size], *appeals))
    text = clean(f"<html><body><article>{told}</article></body></html>".encode()).text
    assert [line for line in SHORT[:size] if line not in text] == []
    assert [line for line in appeals if line in text] == []


def test_the_trees_are_plain_numbers():
    learned = model()
    assert learned.words.shape[1] == 2
    assert learned.article.path.ndim == 3
