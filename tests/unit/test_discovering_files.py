"""Files that a person gives: every line is an entry or a named problem, and none stops the rest."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.stages.discovering import (
    Entry,
    Problem,
    address_in,
    read_html_file,
    read_html_folder,
    read_html_zip,
    read_jsonl,
    read_url_list,
)

PAGE = (
    b"<!DOCTYPE html><html><head><link rel=canonical href='https://example.org/story'></head><body>Mill</body></html>"
)
BARE = b"<html><body>Mill</body></html>"


def split(found: Iterator[Entry | Problem]) -> tuple[list[Entry], list[Problem]]:
    rows = list(found)
    return [row for row in rows if isinstance(row, Entry)], [row for row in rows if isinstance(row, Problem)]


def test_a_list_of_addresses_names_its_bad_lines() -> None:
    lines = b"\xef\xbb\xbfhttps://example.org/a\r\n\n# note\nexample.org/b\nftp://x/\nhttps://example.org/c"
    entries, problems = split(read_url_list(io.BytesIO(lines), "urls.txt"))
    assert [(entry.url, entry.line) for entry in entries] == [
        ("https://example.org/a", 1),
        ("https://example.org/c", 6),
    ]
    assert [problem.where for problem in problems] == ["urls.txt, line 4", "urls.txt, line 5"]
    assert problems[0].what == "example.org/b: not a URL: http:// or https:// is missing"


def test_a_line_without_end_is_one_problem() -> None:
    lines = io.BytesIO(b"a" * 5_000_000 + b"\nhttps://example.org/a\n")
    entries, problems = split(read_url_list(lines))
    assert [entry.line for entry in entries] == [2]
    assert problems == [Problem("line 1", "longer than 16384 bytes")]


def test_jsonl_brings_pages_and_texts() -> None:
    rows = [
        {"url": "https://example.org/a", "html": "<p>Café", "label": "x"},
        {"url": "https://example.org/b", "text": "Mill\0", "title": "T", "published": "2024-03-01", "other": [1]},
        {"url": "https://example.org/c", "html": None},
    ]
    entries, problems = split(read_jsonl(io.BytesIO(b"\n".join(json.dumps(row).encode() for row in rows))))
    assert not problems
    assert entries == [
        Entry("https://example.org/a", "<p>Café".encode(), label="x", line=1, content_type="text/html; charset=utf-8"),
        Entry("https://example.org/b", text="Mill", title="T", published="2024-03-01", line=2),
        Entry("https://example.org/c", line=3),
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object: [1]"),
        (b"{}", "`url` is missing"),
        (b'{"url": 7}', "`url` is not a string"),
        (b'{"url": "x"}', "x: not a URL"),
        (b'{"url": "https://example.org/", "text": 7}', "`text` is not a string"),
        (b"[" * 100_000, "nested too deep"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_a_bad_line_of_jsonl_is_named(line: bytes, what: str) -> None:
    entries, problems = split(read_jsonl(io.BytesIO(line + b'\n{"url": "https://example.org/a"}\n'), "x.jsonl"))
    assert [entry.line for entry in entries] == [2]
    assert problems[0].where == "x.jsonl, line 1"
    assert what in problems[0].what


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_every_line_of_rubbish_is_accounted_for(rubbish: bytes) -> None:
    for read in (read_url_list, read_jsonl):
        for row in read(io.BytesIO(rubbish)):
            assert isinstance(row, Entry) or (row.where and "\n" not in row.what)


def test_surrogates_in_jsonl_become_text_that_can_be_stored() -> None:
    entries, _ = split(read_jsonl(io.BytesIO(b'{"url": "https://example.org/", "text": "a\\ud800b"}')))
    assert (entries[0].text or "").encode()


@pytest.mark.parametrize(
    ("page", "address"),
    [
        (PAGE, "https://example.org/story"),
        (b"<meta property='og:url' content='https://example.org/og?utm_source=x'>", "https://example.org/og"),
        (b"<!-- saved from url=(0025)https://example.org/saved -->\n<html>", "https://example.org/saved"),
        (
            b"<html><!--\n Page saved with SingleFile \n url: https://example.org/single \n-->",
            "https://example.org/single",
        ),
        (b"<link rel=canonical href='/relative'>", None),
        (b"<link rel=canonical href='https://example.org/'>", None),
        (BARE, None),
        (PAGE.decode().encode("utf-16"), "https://example.org/story"),
    ],
)
def test_a_saved_page_knows_its_address(page: bytes, address: str | None) -> None:
    assert address_in(page) == address


def test_a_page_without_address_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a page.html"
    path.write_bytes(BARE)
    assert split(read_html_file(path)) == ([Entry(path.as_uri(), BARE)], [])


def test_a_folder_is_read_to_its_depths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "story.htm").write_bytes(PAGE)
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(BARE))
    (tmp_path / "c.html").write_bytes(b"")
    (tmp_path / "d.html").write_bytes(b"%PDF-1.4")
    (tmp_path / "e.html").write_bytes(b"\x1f\x8b broken")
    (tmp_path / "notes.txt").write_bytes(b"no page")
    entries, problems = split(read_html_folder(tmp_path))
    assert [entry.url for entry in entries] == [(tmp_path / "a.html.gz").as_uri(), "https://example.org/story"]
    assert [problem.what for problem in problems[:2]] == ["empty", "not an HTML page but binary"]
    assert problems[2].where.endswith("e.html")


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert split(read_html_file(tmp_path / "no.html"))[1][0].what == "No such file or directory"


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "pages.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/story.html", PAGE)
        archive.writestr("../b ä.html", BARE)
        archive.writestr("bomb.html", BARE + bytes(30_000_000))
        archive.writestr("readme.txt", b"no page")
    entries, problems = split(read_html_zip(path))
    assert [entry.url for entry in entries] == ["https://example.org/story", f"{path.as_uri()}/../b%20%C3%A4.html"]
    assert problems == [Problem(f"{path}, bomb.html", "larger than 20000000 bytes")]


@pytest.mark.parametrize("body", [b"", b"PK\3\4 rubbish", b"rubbish"])
def test_a_broken_zip_is_a_problem(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "pages.zip"
    path.write_bytes(body)
    entries, problems = split(read_html_zip(path))
    assert not entries
    assert len(problems) == 1
