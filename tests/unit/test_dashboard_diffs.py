"""Two texts become one in which every word is kept: what both have, what only one has."""

from hypothesis import given
from hypothesis import strategies as st

from scripts.dashboard import diffs
from scripts.dashboard.diffs import Run

texts = st.text(alphabet="ab .,\n\u00e9\U0001f600", max_size=60)


def side(paragraphs, *kinds):
    """One of the two texts again, its paragraphs apart."""
    return ["".join(run.text for run in paragraph if run.kind in kinds) for paragraph in paragraphs]


def test_a_word_that_was_exchanged_is_marked_and_nothing_else():
    assert diffs.paragraphs("Ten people died.\nSame.", "Twelve people died.\nSame.") == [
        [Run("del", "Ten"), Run("ins", "Twelve"), Run("same", " people died.")],
        [Run("same", "Same.")],
    ]


def test_a_paragraph_that_was_added_is_marked_whole():
    assert [run.kind for paragraph in diffs.paragraphs("One.\nTwo.", "One.\nNew.\nTwo.") for run in paragraph] == [
        "same", "ins", "same",
    ]  # fmt: skip


def test_texts_that_are_too_long_to_compare_word_by_word_are_shown_whole():
    old, new = "a b " * 5000, "c d " * 5000
    assert diffs.words(old, new) == [Run("del", old), Run("ins", new)]


@given(texts, texts)
def test_no_word_is_lost_on_either_side(old, new):
    found = diffs.paragraphs(old, new)
    assert "".join(side(found, "same", "del")) == old.replace("\n", "")
    assert "".join(side(found, "same", "ins")) == new.replace("\n", "")
