"""What a revision changed is shown word by word."""

from scripts.differences import word_differences


def test_a_changed_word_is_shown_with_what_stands_around_it() -> None:
    assert word_differences("The ferry is late.\nMore soon.", "The ferry is lost.\nMore soon.") == [
        [("same", "The ferry is"), ("gone", "late."), ("new", "lost.")]
    ]


def test_new_and_lost_paragraphs_are_shown_whole() -> None:
    assert word_differences("One.\nTwo.", "One.\nTwo.\nThree is new.") == [[("new", "Three is new.")]]
    assert word_differences("One.\nTwo.", "Two.") == [[("gone", "One.")]]


def test_the_same_text_has_no_differences() -> None:
    assert word_differences("One.\nTwo.", "One.\nTwo.") == []


def test_long_stretches_that_stayed_are_shortened() -> None:
    stayed = " ".join(f"w{n}" for n in range(200))
    (pieces,) = word_differences(f"{stayed} 12", f"{stayed} 13")
    assert pieces[0][1].count(" ") == 24
    assert "..." in pieces[0][1]
    assert pieces[1:] == [("gone", "12"), ("new", "13")]
