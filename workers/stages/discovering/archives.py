"""WARC files, packed or not, of any size: the HTML pages in them, also those behind damage.

A damaged record ends fastwarc's reading, and a truncated one is given as if it were whole. So reading starts again at
the next record after damage, and each record is held back until the one behind it shows that it was complete.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from shared.kinds import kind_of
from shared.texts import storable
from shared.urls import BadUrl, fetch_url
from workers.stages.discovering.outcomes import Entry, Problem

MAX_PAGE_BYTES: Final = 20_000_000
MAX_HEADER: Final = 32_768
PIECE: Final = 1_048_576
GZIP: Final = re.compile(rb"\x1f\x8b\x08")
PLAIN: Final = re.compile(rb"WARC/1\.[01]\r\n")
MARK_BYTES: Final = 16  # more than either


@dataclass(slots=True)
class _Run:
    """Reading without a break from `start`: how far it came, and whether damage ended it."""

    start: int
    records: int = 0
    last: int = 0  # where the last record begins
    length: int = 0  # its length, by its own header
    end: int = 0  # where it ends, or where it begins if it does not
    error: str = ""

    def __post_init__(self) -> None:
        self.last = self.end = self.start


def read_warc(path: Path) -> Iterator[Entry | Problem]:
    """The HTML pages of the successful responses in a WARC file; damage is reported with its place and passed over."""
    try:
        with path.open("rb") as file:
            yield from _read_around_damage(file, path)
    except OSError as error:
        yield Problem(str(path), error.strerror or str(error))


def _read_around_damage(file: IO[bytes], path: Path) -> Iterator[Entry | Problem]:
    packed = _is_packed(file)
    start: int | None = 0
    damaged_from, what = -1, ""
    while start is not None:
        run = _Run(start)
        for row in _read_on(file, path, run, packed=packed):
            if damaged_from >= 0:
                yield Problem(f"{path}, byte {damaged_from}", f"damaged up to byte {run.start}: {what}")
                damaged_from = -1
            if row:
                yield row
        if not run.error:
            break
        if damaged_from < 0:
            damaged_from, what = run.end, run.error
        start = _next_record(file, max(run.end, run.start + 1), packed=packed)
    if damaged_from >= 0:
        yield Problem(f"{path}, byte {damaged_from}", f"damaged up to the end: {what}")


def _is_packed(file: IO[bytes]) -> bool:
    """Whether the records are gzip members, told from the first that is whole."""
    head = file.read(PIECE)
    return bool(GZIP.match(head)) or (not PLAIN.search(head) and bool(GZIP.search(head)))


def _read_on(file: IO[bytes], path: Path, run: _Run, *, packed: bool) -> Iterator[Entry | Problem | None]:
    """What each whole record holds, perhaps nothing, up to the end or to damage, which `run` then tells of."""
    file.seek(run.start)
    held: list[Entry | Problem | None] = []
    try:
        # a path is read without Python in between; only after damage the place in the file matters
        for record in ArchiveIterator(file if run.start else str(path), parse_http=False):
            yield from held
            run.records, run.last, run.length = run.records + 1, record.stream_pos, record.content_length
            held = []
            held = [_row(record, path, run.last)]
    except (OSError, ValueError, EOFError) as error:
        run.error = " ".join(str(error).split())[:100] or type(error).__name__
    if not run.records:
        return
    end = _end_of_member(file, run) if packed else _end_of_record(file, run)
    run.end = run.last if end is None else end
    if end is not None:
        yield from held
    elif not run.error:
        run.error = "the file ends within a record"


def _row(record: WarcRecord, path: Path, offset: int) -> Entry | Problem | None:
    """The page in a record; None if it is no successful response, no stored page, or no HTML."""
    content_type = _content_type(record)
    if content_type is None:
        return None
    where, address = f"{path}, byte {offset}", (record.headers.get("WARC-Target-URI") or "").strip("<> ")
    body = record.reader.read(MAX_PAGE_BYTES + 1)
    if len(body) > MAX_PAGE_BYTES:
        return Problem(where, f"larger than {MAX_PAGE_BYTES} bytes")
    if kind_of(body, content_type) != "html":
        return None
    try:
        url = storable(address) if address.startswith("file:") else fetch_url(address)
        return Entry(url, html=body, content_type=storable(content_type[:500]))
    except BadUrl as error:
        return Problem(where, f"{address[:80]}: {error}")


def _content_type(record: WarcRecord) -> str | None:
    """The type of what a record holds: of a response with status 200, or of a page stored without its response."""
    if record.record_type == WarcRecordType.resource:
        return record.headers.get("Content-Type") or ""
    if record.record_type != WarcRecordType.response or not record.is_http:
        return None
    record.parse_http(auto_decode="all", strict_mode=False)
    return (record.http_headers.get("Content-Type") or "") if record.http_headers.status_code == 200 else None


def _end_of_record(file: IO[bytes], run: _Run) -> int | None:
    """Where the last record ends in a plain file; None if it goes beyond the file or into the next record."""
    size = file.seek(0, 2)
    file.seek(run.last)
    head = file.read(MAX_HEADER).partition(b"\r\n\r\n")[0]
    end = run.last + len(head) + 4 + run.length
    behind = _next_record(file, run.last + 1, packed=False) if run.error else None
    return None if end > size or (behind is not None and behind < end) else end


def _end_of_member(file: IO[bytes], run: _Run) -> int | None:
    """Where the last record ends in a packed file, or the only member, if all are in one; None if it does not."""
    at = run.last if run.last < file.seek(0, 2) else run.start
    file.seek(at)
    unpack = zlib.decompressobj(31)
    try:
        while data := unpack.unconsumed_tail or file.read(PIECE):
            unpack.decompress(data, PIECE)
            if unpack.eof:
                return file.tell() - len(unpack.unused_data)
    except zlib.error:
        return None
    return None


def _next_record(file: IO[bytes], start: int, *, packed: bool) -> int | None:
    """Where the next record begins at or behind `start`; None if there is none."""
    mark = GZIP if packed else PLAIN
    at, rest = start, b""
    file.seek(start)
    while piece := file.read(PIECE):
        data = rest + piece
        if found := mark.search(data):
            return at - len(rest) + found.start()
        at, rest = at + len(piece), data[-MARK_BYTES:]
    return None
