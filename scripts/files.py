"""Local files that a person gives: what each is, told by its content, and the entries in it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from shared.kinds import HEAD_BYTES, Kind, kind_of
from workers.stages.discovering import (
    Entry,
    Problem,
    discover,
    read_html_file,
    read_html_folder,
    read_html_zip,
    read_jsonl,
    read_url_list,
    read_warc,
)
from workers.stages.discovering.saved import PAGE_NAME

LARGEST_SOURCE = 52_428_800  # of a saved feed or sitemap
SOURCES: tuple[Kind, ...] = ("feed", "json_feed", "sitemap", "sitemap_index", "opml")


def read_path(path: Path) -> Iterator[Entry | Problem]:
    """Everything in a file or folder, as a stream."""
    if path.is_dir():
        yield from _or_nothing(read_html_folder(path), f"{path}: no saved pages (*.html) in this folder")
        return
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            if head.startswith(b"WARC/") or path.name.endswith((".warc", ".warc.gz")):
                yield from _or_nothing(read_warc(path), f"{path}: no pages in this WARC file")
            elif head.startswith(b"PK\x03\x04"):
                yield from _or_nothing(read_html_zip(path), f"{path}: no saved pages (*.html) in this zip file")
            elif PAGE_NAME.search(path.name) or kind_of(head) == "html":
                yield from read_html_file(path)
            else:
                file.seek(0)
                yield from _read_stream(file, str(path), kind_of(head))
    except OSError as error:
        yield Problem(str(path), f"cannot be read: {error.strerror}")


def read_stream(stream: BinaryIO, name: str) -> Iterator[Entry | Problem]:
    """Everything in a stream such as standard input: JSON lines or addresses, a line each."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), HEAD_BYTES)
    yield from _read_stream(cast("BinaryIO", buffered), name, kind_of(buffered.peek(HEAD_BYTES)[:HEAD_BYTES]))


def _read_stream(stream: BinaryIO, name: str, kind: Kind) -> Iterator[Entry | Problem]:
    if kind == "empty":
        yield Problem(name, "is empty")
    elif kind in SOURCES:
        yield from _read_source(stream, name)
    elif kind == "json":
        yield from _or_nothing(read_jsonl(stream, name), f"{name}: holds no line")
    elif kind == "text":
        yield from _or_nothing(read_url_list(stream, name), f"{name}: holds no address")
    else:
        yield Problem(name, f"is {kind}: neither pages, nor addresses, nor JSON lines, nor a feed or sitemap")


def _read_source(stream: BinaryIO, name: str) -> Iterator[Entry | Problem]:
    """A saved feed or sitemap: what it names is fetched."""
    found = discover(stream.read(LARGEST_SOURCE), "file:///", "")
    for number, item in enumerate(found.items, 1):
        yield Entry(item.url, line=number)
    yield from (Entry(url) for url in found.sources)
    yield from (Problem(name, problem) for problem in found.problems)


def _or_nothing(entries: Iterator[Entry | Problem], complaint: str) -> Iterator[Entry | Problem]:
    """`entries`, or a problem where there are none."""
    first = next(entries, None)
    if first is None:
        where, _, what = complaint.rpartition(": ")
        yield Problem(where, what)
        return
    yield first
    yield from entries
