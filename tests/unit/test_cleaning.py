"""The clean stage on pages of the project's own."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.support import stories
from workers.stages.cleaning import Cleaned, block_hash, clean, clean_lines
from workers.stages.cleaning.blocks import MAX_BLOCKS, MAX_ELEMENTS, Walk
from workers.stages.cleaning.tree import parse

PAGES = Path(__file__).parents[1] / "pages" / "cleaning"
PARAGRAPH = "<p>The committee met again on Tuesday and put off its decision on the new bridge until the spring.</p>"


@pytest.fixture(scope="module")
def story() -> Cleaned:
    return clean((PAGES / "story.html").read_bytes(), "https://ledger.example/news/ferry-returns?ref=rss")


def test_every_paragraph_of_an_article_is_a_line(story: Cleaned):
    lines = story.text.split("\n")
    assert any(line.startswith("The first ferry in eleven years tied up") for line in lines)
    assert lines[-1].endswith("promised to dredge the eastern side.")


def test_navigation_and_footer_are_left_out(story: Cleaned):
    assert "Tide tables" not in story.text
    assert "All rights reserved" not in story.text


def test_a_subheading_stays(story: Cleaned):
    assert "Two crossings a day" in story.text.split("\n")


def test_metadata_is_read_from_broken_json_ld(story: Cleaned):
    assert story.title == "Ferry returns to Lower Sandholm after eleven years"
    assert "Ines Calloway" in story.authors
    assert story.agency == "Reuters"
    assert story.published == datetime(2026, 3, 14, 7, 30, tzinfo=timezone(timedelta(hours=1)))
    assert story.section == "Transport"
    assert story.paywalled is False


def test_metadata_is_read_from_meta_tags_and_links(story: Cleaned):
    assert story.site_name == "The Harbour Ledger"
    assert story.image_url == "https://ledger.example/pictures/ferry.jpg"
    assert story.canonical_url == "https://ledger.example/news/ferry-returns"
    assert story.language == "en"
    assert story.verdict is None


def test_every_field_names_the_place_it_came_from(story: Cleaned):
    assert story.provenance["published"] == "json-ld:datePublished"
    assert story.provenance["site_name"] == "meta:og:site:name"


def test_the_same_page_gives_the_same_article(story: Cleaned):
    assert clean((PAGES / "story.html").read_bytes(), "https://ledger.example/news/ferry-returns?ref=rss") == story


@pytest.mark.parametrize(
    "html",
    [
        b"",
        b"   ",
        b"\x00" * 1000,
        b"\xff\xfe\x00\x01",
        b"<",
        b"<html/>",
        b"<!--",
        b"%PDF-1.7 not a page",
        b"<p " + b" ".join(b"a%d=x" % i for i in range(100_000)) + b">",
        b"<" * 500_000,
        b"<p>" * 200_000,
        b"<div>" * 40_000 + b"text",
        b"x" * 9_000_000,
        b'<script type="application/ld+json">' + b"[" * 50_000 + b"</script><p>text</p>",
        b'<script type="application/ld+json">{"@type": "Article", "datePublished": "9999-99-99"}</script><p>text</p>',
    ],
    ids=lambda html: html[:12].decode("latin-1"),
)
def test_a_hostile_page_ends_with_a_verdict(html: bytes):
    assert clean(html, "http://[bad").verdict


@pytest.mark.parametrize("depth", [300, 500, 1500])
def test_an_article_below_many_nested_elements_is_found(depth: int):
    html = f"<html><body>{'<div>' * depth}<article>{PARAGRAPH * 8}</article>{'</div>' * depth}</body></html>"
    assert clean(html.encode()).text.count("put off its decision") >= 1


@pytest.mark.parametrize(
    "endless", ["<p>word here", "<b>word</b> ", "<tr><td>cell"], ids=["paragraphs", "words", "rows"]
)
def test_what_lies_behind_the_limits_of_a_page_is_cut_off_before_anybody_reads_it(endless: str):
    tree = parse(f"<html><body><div>{PARAGRAPH}</div><div>{endless * 25_000}</div><p>The end.</p></body></html>")
    blocks = Walk().over(tree).blocks
    assert blocks[0].text.startswith("The committee met again")
    assert len(blocks) <= MAX_BLOCKS + 1
    assert sum(1 for _ in tree.iter()) <= MAX_ELEMENTS + 10
    assert "The end." not in tree.text_content()


def test_a_page_in_an_old_charset_is_read():
    html = (
        f'<html><head><meta charset="windows-1251"></head><body><article>{"<p>Совет перенёс решение о мосте.</p>" * 9}'
    )
    assert "Совет перенёс" in clean(html.encode("windows-1251")).text


def test_plain_text_keeps_its_lines():
    assert clean_lines("One line.\n\n  Another   line. ").text == "One line.\nAnother line."


def test_a_block_is_known_again_with_other_numbers():
    assert block_hash("You have 2 free articles left.") == block_hash("you have 3 free articles left")
    assert block_hash("You have 2 free articles left.") != block_hash("You have no articles left.")


def test_a_body_in_the_data_that_is_longer_than_the_page_is_no_harm():
    told = "The committee met again on Tuesday and put off its decision on the new bridge until the spring. " * 200
    data = f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{told}"}}</script>'
    page = f"<html><head>{data}</head><body>{PARAGRAPH}</body></html>"
    assert "put off its decision" in clean(page.encode()).text


@pytest.mark.parametrize("zone", ["+99:99", "-24:00", "+9999"])
def test_a_date_in_a_zone_that_no_clock_has_costs_the_date_only(zone: str) -> None:
    meta = f'<meta property="article:modified_time" content="2024-06-01T10:00:00{zone}">'
    cleaned = clean(stories.page(1).replace("</head>", f"{meta}</head>").encode(), "https://paper.example/1")
    assert cleaned.verdict is None
