"""What is no plain paragraph: headings, lists, quotes, tables, captions; in the text and in Markdown."""

import pytest

from workers.stages.cleaning import Cleaned, clean

BEFORE = (
    "<p>The committee met on Tuesday and put off its decision on the new bridge, again.</p>"
    "<p>Engineers had warned in March that the old one will not carry lorries for another winter.</p>"
    "<p>Its two members from the upper valley left the room before the vote was taken.</p>"
)
BEHIND = (
    "<p>The council wants to hear the ferrymen, the farmers and the railway before it decides.</p>"
    "<p>A decision is expected in the autumn, when the budget of the county is known.</p>"
)
TABLE = (
    "<table><caption>Lorries on the bridge</caption><thead><tr><th></th><th>Lorries</th><th>Tons</th></tr></thead>"
    "<tbody><tr><td>2019</td><td>41,200</td><td>180,000</td></tr><tr><td>2020</td><td>9,800</td><td></td></tr>"
    "</tbody></table>"
)
CASES = {
    "a heading": ("<h2>What happens next</h2>", "## What happens next"),
    "a list": (
        "<ul><li>The first public hearing is in May, in the town hall.</li><li>The second follows in June.</li></ul>",
        "- The first public hearing is in May, in the town hall.\n- The second follows in June.",
    ),
    "a list in order": (
        "<ol><li>A hearing in May.</li><li>A vote in June.</li><li>Work from August.</li></ol>",
        "1. A hearing in May.\n2. A vote in June.\n3. Work from August.",
    ),
    "a list in a list": (
        "<p>The plan has two parts:</p><ul><li>Building<ul><li>a deck for lorries</li><li>a path for walkers</li></ul>"
        "</li><li>Money<ul><li>two million from the county</li></ul></li></ul>",
        "- Building\n  - a deck for lorries\n  - a path for walkers\n- Money\n  - two million from the county",
    ),
    "a quote": (
        "<blockquote><p>Nobody asked us what we think of this bridge, said the ferryman.</p></blockquote>",
        "> Nobody asked us what we think of this bridge, said the ferryman.",
    ),
    "a table": (
        TABLE,
        "Lorries on the bridge\n\n| | Lorries | Tons |\n| --- | --- | --- |\n| 2019 | 41,200 | 180,000 |\n"
        "| 2020 | 9,800 | |\n\n",
    ),
}


def cleaned_with(part: str) -> Cleaned:
    title = "<title>Decision on the bridge is put off again</title>"
    return clean(f"<html><head>{title}</head><body><article>{BEFORE}{part}{BEHIND}</article></body></html>".encode())


@pytest.mark.parametrize("name", CASES)
def test_markdown_marks_what_is_no_plain_paragraph(name: str):
    part, markdown = CASES[name]
    assert markdown in cleaned_with(part).markdown


def test_a_table_is_a_line_a_row_in_the_text():
    lines = cleaned_with(TABLE).text.split("\n")
    start = lines.index("Lorries on the bridge")
    assert lines[start + 1 : start + 4] == ["| Lorries | Tons", "2019 | 41,200 | 180,000", "2020 | 9,800 |"]


def test_the_title_of_the_page_is_not_the_first_line_of_its_text():
    page = (
        "<html><head><title>Decision on the bridge is put off again - Courier</title></head><body><div>"
        f"<p>Decision on the bridge is put off again</p>{BEFORE}{BEHIND}</div></body></html>"
    )
    assert clean(page.encode()).text.startswith("The committee met on Tuesday")


@pytest.mark.parametrize("label", ["Read more:", "Lesen Sie auch:", "À lire aussi :", "Читайте также:", "関連記事："])
def test_a_line_that_announces_another_page_is_left_out(label: str):
    assert "ferry returns" not in cleaned_with(f"<p>{label} The ferry returns after eleven years</p>").text


@pytest.mark.parametrize("label", ["Mehr zum Thema auf Bote.de", "You might also like", "Más noticias"])
def test_links_below_a_line_that_announces_other_pages_are_left_out_with_it(label: str):
    linked = (
        f"<p>{label}</p><p><a href=/1>The ferry returns after eleven years</a></p><p><a href=/2>Oats are dear</a></p>"
    )
    text = cleaned_with(BEHIND + linked).text
    assert not any(word in text for word in (label, "ferry returns", "Oats"))


def test_a_layout_of_cells_is_read_as_the_paragraphs_in_it():
    head = "<font size=5>Decision on the bridge is put off again</font><br><br>Ines Calloway | 3 May 2021 | Local"
    page = (
        "<html><head><title>Decision on the bridge is put off again</title></head><body><table><tr><td width=120>"
        f"<a href=/>Home</a></td><td>{head}<br><br>{BEFORE}{BEHIND}</td></tr></table></body></html>"
    )
    lines = clean(page.encode()).text.split("\n")
    assert any(line.startswith("The committee met on Tuesday") for line in lines)


def test_the_caption_of_a_picture_is_not_read_as_a_paragraph():
    caption = "<figcaption>The old bridge was opened in 1936. Photo: Jane Miller/Reuters</figcaption>"
    assert "opened in 1936" not in cleaned_with(f"<figure><img src=/bridge.jpg>{caption}</figure>").text
