"""What hostile input looks like: each mutation turns bytes into worse bytes, the same for the same dice."""

import gzip
import re
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]

LARGEST: Final = 400_000  # of what is handed on, most of the time: hostile input is seldom large

NUMBERS: Final = (
    b"0", b"-1", b"9" * 400, b"1e999", b"-1e-999", b"NaN", b"Infinity", b"0x7fffffffffffffff", b"9223372036854775808",
    b"\xd9\xa3\xd9\xa4", b"1_000", b"2147483648", b".5", b"00000000000000000001",
)  # fmt: skip
DATES: Final = (
    b"0000-00-00T00:00:00Z", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59-23:59", b"275760-09-13T00:00:00Z",
    b"2024-02-30", b"2024-13-45T99:99:99Z", b"Tue, 99 Foo 2099 99:99:99 +9999", b"Thu, 01 Jan 1970 00:00:00 -2400",
    b"1e10", b"253402300800", b"-62135596801", b"99999999999999999", b"2024-06-01T10:00:00+99:99", b"31.12.9999 24:61",
)  # fmt: skip
ENTITIES: Final = (
    b"&", b"&amp", b"&bogus;", b"&#0;", b"&#xD800;", b"&#xDFFF;", b"&#x110000;", b"&#99999999999999;", b"&#x1b;[2J",
    b"&#x9b;", b"&#x202e;", b"&#128;", b"&a;&b;&c;", b"%00", b"\\u0000", b"\\ud800", b"\\udc00\\ud800", b"\\u001b]0;x\\u0007",
)  # fmt: skip
CHARACTERS: Final = (
    b"\0", b"\x1b[31m", b"\x9b", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xf4\x90\x80\x80",
    b"\xc0\x80", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\xe2\x81\xa6", b"\xef\xbf\xbe", b"\x85", b"\x0b", b"\x0c", b"\r", b"\x7f",
    b"\xf3\xa0\x80\x81", "e\u0301".encode() * 30, "\u0130\u017f\ufb01\u00df".encode(), "\U0001f468\u200d\U0001f469".encode(),
)  # fmt: skip
ADDRESSES: Final = (
    b"http://[::1]/", b"http://[::ffff:7f00:1", b"javascript:alert(1)", b"http://a:b@example.org/", b"//", b"http:///a",
    b"http://example.org:99999/", b"http://" + b"a" * 300 + b".example/", b"https://xn--\xff/", b"http://%00/", b"../" * 60,
    b"https://example.org/" + b"a/" * 2000, b"http://0x7f.1/", b"file:///etc/passwd", b"\\\\server\\share", b"http://ex ample/",
    b"https://\xe2\x91\xa0\xe2\x91\xa1.example/", b"https://example.org/?" + b"a=b&" * 900, b"http://1.1.1.1.1.1/",
    b"data:text/html;base64,AAAA", b"https://example.org/%zz%2f%2e%2e/", b"https://EXAMPLE.ORG:443//a//b/..;jsessionid=1",
)  # fmt: skip
CHARSETS: Final = (
    b"utf-8", b"utf-16", b"utf-32", b"iso-2022-jp", b"shift_jis", b"windows-1251", b"koi8-r", b"rot13", b"base64", b"idna",
    b"punycode", b"unicode_escape", b"utf-7", b"gb18030", b"big5", b"x-user-defined", b"", b"a" * 60, b"hex", b"mbcs", b"undefined",
)  # fmt: skip
PROLOGUES: Final = (
    b'<!DOCTYPE lolz [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
    b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]>',
    b'<!-- <a> --><!DOCTYPE r [<!ENTITY a "<b>&b;</b>"><!ENTITY b "&a;">]>', b'<?xml version="1.0" encoding="utf-16"?>',
    b'<?xml version="9.9" standalone="maybe"?>', b'<?xml-stylesheet href="http://127.0.0.1:9/"?>', b"<!DOCTYPE html [", b"<!--",
    b"<![CDATA[", b"\xef\xbb\xbf\xff\xfe",
)  # fmt: skip
NESTS: Final = (
    (b"<div>", b"</div>"), (b"<b><i>", b""), (b"<table><tr><td>", b""), (b"<ul><li>", b"</li></ul>"), (b"<p", b">"),
    (b"[", b"]"), (b'{"@graph":', b"}"), (b'{"author":[', b"]}"), (b"<item>", b"</item>"), (b"<outline>", b"</outline>"),
    (b"<x:a xmlns:x='u'>", b"</x:a>"), (b"(", b")"), (b"<svg><math>", b""), (b"<select><option>", b""), (b"<font><a>", b""),
    (b"<blockquote>", b"</blockquote>"), (b"<!--", b"-->"), (b"<template>", b"</template>"),
)  # fmt: skip
TAG: Final = re.compile(rb"<[A-Za-z][^<>]{0,200}>")
NUMBER: Final = re.compile(rb"\d{1,19}")
DATE: Final = re.compile(rb"\d{4}-\d\d-\d\d[T0-9:+Z-]{0,20}|\w{3}, \d\d? \w{3} \d{4}[ \d:+-]{0,20}")
ADDRESS: Final = re.compile(rb"https?://[^\s\"'<>]{1,200}")
CHARSET: Final = re.compile(rb"(?<=charset=)[\"']?[\w-]+|(?<=encoding=)[\"'][\w-]+")
NAME: Final = re.compile(rb"(?<=[<\"])[A-Za-z:@]{2,20}")


def mutated(data: bytes, dice: Random, others: Sequence[bytes]) -> bytes:
    """`data` after one to five mutations."""
    for _ in range(dice.choice((1, 1, 2, 3, 5))):
        data = dice.choice(MUTATIONS)(data, dice, others)
    return data if len(data) <= LARGEST or dice.random() < 0.01 else data[:LARGEST]


def flip(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    worse = bytearray(data)
    for _ in range(dice.choice((1, 3, 20, 200)) if worse else 0):
        worse[dice.randrange(len(worse))] = dice.randrange(256)
    return bytes(worse)


def truncate(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    return data[: _place(data, dice)] if dice.random() < 0.7 else data[_place(data, dice) :]


def delete(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, dice)
    return data[:start] + data[end:]


def duplicate(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    """A part many times over."""
    start, end = _span(data, dice)
    times = min(dice.choice((2, 5, 50, 2000)), LARGEST // max(1, end - start))
    return data[:start] + data[start:end] * max(1, times) + data[end:]


def splice(data: bytes, dice: Random, others: Sequence[bytes]) -> bytes:
    """A part of another seed inside this one."""
    other = dice.choice(others)
    start, end = _span(other, dice)
    return _insert(data, dice, other[start:end])


def nest(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    opening, closing = dice.choice(NESTS)
    depth = dice.choice((3, 60, 700, 5000, 30_000))
    start, end = _span(data, dice)
    return data[:start] + opening * depth + data[start:end] + closing * depth + data[end:]


def attributes(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    """One tag with a very long attribute, or with very many."""
    many = b"".join(b' a%d="%d"' % (number, number) for number in range(dice.choice((5, 300, 3000))))
    huge = (
        b' style="' + bytes([dice.choice(b"aA <=&'")]) * dice.choice((300, 20_000, 200_000)) + dice.choice((b'"', b""))
    )
    return _in_a_match(TAG, data, dice, lambda tag: tag[:-1] + dice.choice((many, huge)) + b">")


def token(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    """Something that parsers stumble over, in one place or in many."""
    worse = dice.choice((*ENTITIES, *CHARACTERS, *PROLOGUES, *ADDRESSES, *NUMBERS, *DATES))
    for _ in range(dice.choice((1, 1, 4, 40))):
        data = _insert(data, dice, worse)
    return data


def before(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    return dice.choice(PROLOGUES) + data


def swap(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    """Numbers, dates, addresses, charsets, names: another where one stood."""
    pattern, choices = dice.choice(
        (
            (NUMBER, NUMBERS),
            (DATE, DATES),
            (ADDRESS, ADDRESSES),
            (CHARSET, CHARSETS),
            (NAME, (b"", b"x:y", b"a" * 9000)),
        )
    )
    for _ in range(dice.choice((1, 3, 10))):
        data = _in_a_match(pattern, data, dice, lambda _found: dice.choice(choices))
    return data


def recode(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    """Another encoding, of the whole or in the middle."""
    start, end = (0, len(data)) if dice.random() < 0.4 else _span(data, dice)
    codec = dice.choice(
        ("utf-16", "utf-16-be", "utf-32", "latin-1", "cp1251", "shift_jis", "utf-7", "cp500", "iso2022_jp")
    )
    return data[:start] + data[start:end].decode("utf-8", "replace").encode(codec, "replace") + data[end:]


def pack(data: bytes, dice: Random, _: Sequence[bytes]) -> bytes:
    """Packed, unpacked, packed twice, or a bomb."""
    if data.startswith(b"\x1f\x8b"):
        unpack = zlib.decompressobj(31)
        try:
            return unpack.decompress(data, LARGEST)
        except zlib.error:
            return data
    if dice.random() < 0.02:
        return gzip.compress(data + b" " * 60_000_000, 1)
    return gzip.compress(data, 1) + dice.choice((b"", b"", data[:10], gzip.compress(data[:100])))


def _place(data: bytes, dice: Random) -> int:
    return dice.randrange(len(data) + 1)


def _span(data: bytes, dice: Random) -> tuple[int, int]:
    start = _place(data, dice)
    return start, min(len(data), start + dice.choice((1, 10, 100, 1000, 10_000)))


def _insert(data: bytes, dice: Random, part: bytes) -> bytes:
    at = _place(data, dice)
    return data[:at] + part + data[at:]


def _in_a_match(pattern: "re.Pattern[bytes]", data: bytes, dice: Random, worse: Callable[[bytes], bytes]) -> bytes:
    """`data` with one match of `pattern`, the first behind a place of the dice's choice, replaced."""
    match = pattern.search(data, dice.randrange(len(data) + 1)) or pattern.search(data)
    return data[: match.start()] + worse(match[0]) + data[match.end() :] if match else data


MUTATIONS: Final[tuple[Mutation, ...]] = (
    flip, truncate, delete, duplicate, splice, nest, attributes, token, token, before, swap, swap, recode, pack,
)  # fmt: skip
