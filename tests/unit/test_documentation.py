"""What is generated from the code is what the code says now."""

from scripts.documentation.__main__ import outdated


def test_the_generated_pages_are_up_to_date():
    assert outdated() == [], "make docs"
