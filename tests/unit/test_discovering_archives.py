"""WARC files: the pages in them, and those behind damage."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.stages.discovering import Entry, Problem, read_warc


def page(number: int) -> bytes:
    return f"<html><body>Story {number} {'café ' * 200}</body></html>".encode()


def record(
    number: int, *, kind: str = "response", status: int = 200, body: bytes | None = None, headers: str = ""
) -> bytes:
    payload = page(number) if body is None else body
    http = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n{headers}\r\n".encode() + payload
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://example.org/{number}\r\n"
        f"WARC-Date: 2024-03-01T12:00:00Z\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>\r\n"
        f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def archive(*, packed: bool, count: int = 6) -> list[bytes]:
    records = [record(number) for number in range(count)]
    return [gzip.compress(one, mtime=0) for one in records] if packed else records


def read(folder: Path, data: bytes, name: str = "a.warc") -> tuple[list[str], list[Problem]]:
    (folder / name).write_bytes(data)
    rows = list(read_warc(folder / name))
    pages = [row.url.removeprefix("https://example.org/") for row in rows if isinstance(row, Entry)]
    return pages, [row for row in rows if isinstance(row, Problem)]


@pytest.mark.parametrize("packed", [True, False])
def test_pages_keep_their_addresses(tmp_path: Path, packed: bool) -> None:
    assert read(tmp_path, b"".join(archive(packed=packed))) == ([*"012345"], [])


def test_a_file_packed_as_one_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, gzip.compress(b"".join(archive(packed=False))))[0] == [*"012345"]


def test_only_successful_pages_are_taken(tmp_path: Path) -> None:
    data = (
        record(0, kind="request")
        + record(1, status=404)
        + record(2, body=b"\x89PNG....")
        + record(3, body=b"")
        + record(4, body=gzip.compress(page(4)), headers="Content-Encoding: gzip\r\n")
        + record(5, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(page(5)), page(5)), headers="Transfer-Encoding: chunked\r\n")
    )
    (tmp_path / "a.warc").write_bytes(data)
    rows = list(read_warc(tmp_path / "a.warc"))
    assert [(row.url[-1], row.html) for row in rows if isinstance(row, Entry)] == [("4", page(4)), ("5", page(5))]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("at", "length", "new"),
    [(0, 10, b"XXXXXXXXXX"), (0, 0, b"rubbish" * 9), (0, 200, b""), (0, 150, b"\0" * 150)],
    ids=["overwritten", "inserted", "deleted", "zeroed"],
)
def test_damage_is_reported_with_its_place_and_the_rest_is_read(
    tmp_path: Path, packed: bool, at: int, length: int, new: bytes
) -> None:
    parts = archive(packed=packed)
    start = len(b"".join(parts[:3])) + at
    data = b"".join(parts)
    pages, problems = read(tmp_path, data[:start] + new + data[start + length :])
    assert set(pages) >= set("01245")
    assert len(pages) == len(set(pages))
    (problem,) = problems
    place = int(problem.where.rpartition(" ")[2])
    assert start - 4 <= place <= start
    assert "damaged up to byte" in problem.what


@pytest.mark.parametrize("packed", [True, False])
def test_a_truncated_record_is_not_taken_for_a_page(tmp_path: Path, packed: bool) -> None:
    parts = archive(packed=packed)
    start = len(b"".join(parts[:3]))
    pages, problems = read(tmp_path, b"".join(parts)[: start + len(parts[3]) - 20])
    assert pages == [*"012"]
    assert problems == [
        Problem(f"{tmp_path}/a.warc, byte {start}", "damaged up to the end: the file ends within a record")
    ]


def test_damage_at_the_head_does_not_hide_the_rest(tmp_path: Path) -> None:
    for packed, name in ((True, "a.warc.gz"), (False, "a.warc")):
        pages, problems = read(tmp_path, b"XXXXX" + b"".join(archive(packed=packed))[5:], name)
        assert pages == [*"12345"]
        assert problems[0].where.endswith("byte 0")


def test_an_address_that_cannot_be_fetched_is_named(tmp_path: Path) -> None:
    data = record(0).replace(b"https://example.org/0", b"ftp://example.org/aaa") + record(1)
    pages, problems = read(tmp_path, data)
    assert pages == ["1"]
    assert problems[0].what.startswith("ftp://example.org/aaa")


@pytest.mark.parametrize("data", [b"rubbish" * 100, b"\x1f\x8b\x08" + b"rubbish" * 100, b"WARC/1.0\r\n", b"\x1f\x8b"])
def test_what_is_no_archive_is_one_problem(tmp_path: Path, data: bytes) -> None:
    pages, problems = read(tmp_path, data)
    assert (pages, len(problems)) == ([], 1)


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert list(read_warc(tmp_path / "no.warc")) == [Problem(f"{tmp_path}/no.warc", "No such file or directory")]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(min_size=1, max_size=60), st.integers(0, 9000), st.booleans(), st.booleans())
def test_no_damage_raises_or_repeats(
    tmp_path_factory: pytest.TempPathFactory, rubbish: bytes, at: int, packed: bool, insert: bool
) -> None:
    data = b"".join(archive(packed=packed))
    at %= len(data)
    broken = data[:at] + rubbish + data[at + (0 if insert else len(rubbish)) :]
    pages, _ = read(tmp_path_factory.getbasetemp(), broken)
    assert len(pages) == len(set(pages))
    assert len(pages) >= 4
