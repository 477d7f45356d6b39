"""Stored pages as a WARC file (ISO 28500): what was fetched, readable by every web archive's tools."""

import gzip
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from fastwarc.warc import WarcRecord, WarcRecordType
from sqlalchemy import ColumnElement, select

from shared import pages
from shared.database import reading
from shared.errors import BadRow
from shared.models import article, page

CHUNK = 50  # pages read at once: memory stays constant
# of the body as it crossed the wire; what is stored is decoded
WIRE_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})


def write_warc(condition: ColumnElement[bool], out: BinaryIO) -> Iterator[str]:
    """Write the pages of articles that meet `condition`, gzipped a record at a time, in transactions of its own.

    Given pages (never fetched) become `resource` records. Yields a line for every page that cannot be read.
    """
    query = select(page).join_from(page, article).where(condition).order_by(page.c.article_id).limit(CHUNK)
    last_id = 0
    while True:
        with reading() as connection:
            rows = connection.execute(query.where(page.c.article_id > last_id)).all()
        if not rows:
            return
        last_id = rows[-1].article_id
        for row in rows:
            try:
                out.write(_packed(record(row, pages.body_of(row))))
            except BadRow as error:
                yield f"{row.url}: {error}"


def _packed(made: WarcRecord) -> bytes:
    """A record as a gzip member of its own: readers can start at any of them."""
    plain = BytesIO()
    made.write(plain, checksum_data=True)
    return gzip.compress(plain.getvalue(), compresslevel=6, mtime=0)


def record(row: Any, body: bytes) -> WarcRecord:
    """One page as a WARC record."""
    made = WarcRecord()
    fetched = row.status_code is not None
    made.init_headers(WarcRecordType.response if fetched else WarcRecordType.resource)
    made.headers["WARC-Target-URI"] = row.url
    made.headers["WARC-Date"] = f"{row.fetched_at:%Y-%m-%dT%H:%M:%SZ}"
    made.headers["Content-Type"] = "application/http; msgtype=response" if fetched else row.content_type or "text/html"
    made.set_bytes_content((_head(row, len(body)) if fetched else b"") + body)
    return made


def _head(row: Any, length: int) -> bytes:
    """The response's head, as far as it is stored, with the length of the body as it is now."""
    lines = [f"HTTP/1.1 {row.status_code} ", *(f"{n}: {v}" for n, v in row.headers.items() if n not in WIRE_HEADERS)]
    return "\r\n".join([*lines, f"content-length: {length}", "", ""]).encode("utf-8", "replace")
