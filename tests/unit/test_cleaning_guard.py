"""What is refused before any parser sees it, and how fast."""

import time

import pytest

from workers.stages.cleaning import guard


@pytest.mark.parametrize(
    "page",
    [
        b"<p>The ferry came back.</p>" * 1000,
        b"<p title='" + b"a" * 100_000 + b"'>A long picture</p>",
        b"<p>1 < 2, and </ what is that",
        b"<p>The last tag is cut off</p><div class='bo",
        b'<a href="/a>An address without its second quote</a>' + b"<p>a</p>" * 3000,
    ],
)
def test_pages_as_they_are_pass(page: bytes):
    assert guard.refuses(page) is None


@pytest.mark.parametrize(
    "page",
    [
        b"<p>" * 120_001,
        b"a" * 8_000_001,
        b"<p " + b"a=1 " * 5000 + b">",
        b"<p " + b"a" * 20_000,
        b"</p " * 100_000,
        b"<p title='" + b"a" * 1_000_000 + b"'>",
    ],
)
def test_pages_that_would_hold_a_parser_are_refused_at_once(page: bytes):
    start = time.process_time()
    assert guard.refuses(page)
    assert time.process_time() - start < 1
