"""Names stand where the extract stage saw them, and a page's blocks say what became of them."""

from collections import namedtuple

from scripts.dashboard import harmless, marking

Mention = namedtuple("Mention", "start end id")
TEXT = "Ada Lovelace met\nCharles Babbage."
PAGE = """<html><body><nav><a href="/">Home</a></nav><article><p>The bridge was closed on Monday.</p>
<p>Support our journalism with a small gift.</p></article><p hidden>Never seen</p></body></html>"""


def test_names_are_marked_in_their_paragraphs():
    one, two = marking.paragraphs(TEXT, [Mention(0, 12, 1), Mention(17, 32, 2)])
    assert [(piece.text, piece.entity and piece.entity.id) for piece in one] == [("Ada Lovelace", 1), (" met", None)]
    assert [(piece.text, piece.entity and piece.entity.id) for piece in two] == [("Charles Babbage", 2), (".", None)]


def test_of_two_names_that_overlap_the_first_is_marked_and_no_letter_is_shown_twice():
    (one,) = marking.paragraphs("Ada Lovelace", [Mention(0, 12, 1), Mention(4, 12, 2)])
    assert [piece.text for piece in one] == ["Ada Lovelace"]


def test_every_block_of_a_page_says_whether_it_was_kept_removed_or_furniture():
    removed = [{"text": "Support our journalism with a small gift.", "reason": "appeal"}]
    assert marking.blocks(PAGE, "The bridge was closed on Monday.", removed) == [
        ("Home", "around", ""),
        ("The bridge was closed on Monday.", "kept", ""),
        ("Support our journalism with a small gift.", "removed", "appeal"),
    ]


def test_a_page_is_shown_without_anything_that_runs_loads_or_leads_away():
    hostile = """<html><head><meta http-equiv=refresh content="0;url=http://evil.example">
    <base href="http://evil.example">
    <link rel=stylesheet href=x></head><body onload="alert(1)"><script>alert(2)</script><p
    style="background:url(x)">Text <a href="javascript:alert(3)">link</a>
    <img src=x onerror=alert(4)></p>
    <svg><script>alert(5)</script></svg>
    <iframe srcdoc="<script>alert(6)</script>"></iframe><form action="http://evil.example"><input></form>"""
    shown = harmless.bare(hostile)
    for word in ("alert", "evil", "script", "style", "src", "href", "on", "url"):
        assert word not in shown.replace("content", "").replace("Text", "").casefold().replace("<form>", "").replace(
            "</form>", ""
        ), word
    assert "link" in shown
