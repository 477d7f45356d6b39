"""Bytes to text: what a page says of itself is believed only if it holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.charset import charset_in, decode

WORDS = {
    "utf-8": "naïve café – 東京",
    "cp1252": "naïve café – “voilà”",
    "windows-1251": "Совет министров принял решение",
    "koi8-r": "Совет министров принял решение",
    "iso-8859-2": "Zażółć gęślą jaźń",
    "shift_jis": "東京都知事は記者会見で",
    "euc-jp": "東京都知事は記者会見で",
    "iso-2022-jp": "東京都知事は記者会見で",
    "gb2312": "北京市政府周二宣布",
    "big5": "臺北市政府週二宣布",
    "euc-kr": "서울시는 화요일 발표했다",
    "windows-1253": "Η κυβέρνηση ανακοίνωσε",
    "windows-1255": "הממשלה הודיעה",
    "windows-1256": "أعلنت الحكومة",
    "tis-620": "รัฐบาลประกาศ",
    "utf-16": "naïve café",
}


def page(words: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}<title>News</title></head><body><p>{words * 20}</p></body></html>"


@pytest.mark.parametrize("charset", WORDS)
def test_a_charset_that_is_declared_rightly_is_used(charset: str) -> None:
    words = WORDS[charset]
    in_header = decode(page(words).encode(charset), f"text/html; charset={charset}")
    in_page = decode(page(words, f'<meta charset="{charset}">').encode(charset), "text/html")
    in_xml = decode(f'<?xml version="1.0" encoding="{charset}"?><p>{words}</p>'.encode(charset))
    assert words in in_header
    assert words in in_page
    assert words in in_xml


@pytest.mark.parametrize("lie", ["iso-8859-1", "windows-1251", "shift_jis", "x-klingon", "rot13", "utf-7", "idna", ""])
def test_what_is_valid_utf_8_is_utf_8(lie: str) -> None:
    assert "naïve café – 東京" in decode(page(WORDS["utf-8"]).encode(), f"text/html; charset={lie}")


@pytest.mark.parametrize("charset", ["cp1252", "windows-1251", "koi8-r", "shift_jis", "gb2312", "big5", "windows-1253"])
def test_what_is_not_utf_8_is_recognised_whatever_is_said(charset: str) -> None:
    body = page(WORDS[charset]).encode(charset)
    for said in ("text/html", "text/html; charset=utf-8", "text/html; charset=x-klingon"):
        assert WORDS[charset] in decode(body, said)


def test_the_page_knows_better_than_a_header_that_says_latin_1() -> None:
    body = page(WORDS["windows-1251"], "<meta charset=windows-1251>").encode("windows-1251")
    assert WORDS["windows-1251"] in decode(body, "text/html; charset=ISO-8859-1")


def test_a_few_broken_bytes_do_not_change_the_charset() -> None:
    body = page(WORDS["utf-8"]).encode() + b"\xff\xfe"
    text = decode(body, "text/html; charset=utf-8")
    assert "naïve café – 東京" in text
    assert text.endswith("\ufffd\ufffd")


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised_without_a_mark(charset: str) -> None:
    assert "naïve café" in decode(page("naïve café").encode(charset), "text/html; charset=utf-8")


def test_no_nul_and_no_mark_come_through() -> None:
    assert decode(b"\xef\xbb\xbfmi\0ll") == "mill"


def test_the_charset_of_a_header() -> None:
    assert charset_in('text/html; charset="UTF-8"; x=y') == "utf-8"
    assert charset_in("text/html") == ""


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=400), st.text(max_size=30))
def test_any_bytes_become_text_that_can_be_stored(body: bytes, charset: str) -> None:
    text = decode(body, f"text/html; charset={charset}")
    assert "\0" not in text
    assert text.encode() is not None
