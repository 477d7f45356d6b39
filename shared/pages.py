"""Stored pages: what was fetched or given, compressed, so that every later stage can be run again for ever."""

from collections.abc import Mapping, Sequence
from typing import Any

import xxhash
import zstandard
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from shared import page_store
from shared.database import is_sqlite, now
from shared.errors import BadRow
from shared.models import page
from shared.settings import settings

LARGEST_BODY = 64_000_000  # a stored body that unpacks to more is not one that we stored


def pack(body: bytes) -> bytes:
    """`body` compressed (zstd, with its size in the frame)."""
    return zstandard.ZstdCompressor(level=3).compress(body)


def unpack(packed: bytes) -> bytes:
    """What `pack` was given. Raises BadRow for anything that `pack` did not make."""
    try:
        if zstandard.frame_content_size(packed) > LARGEST_BODY:
            raise BadRow("a stored page unpacks to more than any page may")
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=LARGEST_BODY)
    except zstandard.ZstdError as error:
        raise BadRow(f"a stored page cannot be unpacked: {error}") from None


def body_hash(body: bytes) -> int:
    """Signed 64 bits that tell whether a body has changed."""
    return int.from_bytes(xxhash.xxh3_64_digest(body), "big", signed=True)


def validators(connection: Connection, article_ids: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
    """ETag and Last-Modified of stored pages, by article id: with them a server may say that nothing changed."""
    rows = connection.execute(select(page.c.article_id, page.c.headers).where(page.c.article_id.in_(article_ids)))
    known = {row.article_id: row.headers if isinstance(row.headers, dict) else {} for row in rows}
    return {article_id: (headers.get("etag"), headers.get("last-modified")) for article_id, headers in known.items()}


def store(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store pages by article id, in place of an earlier one. `body` of each row is already packed.

    With COPYDESK_PAGES_URL the bodies are written there first: a file without a row harms nobody.
    """
    if not rows:
        return
    placed = [_place(row) for row in rows]
    dialect = sqlite if is_sqlite(connection) else postgresql
    insert = dialect.insert(page)
    new = {name: insert.excluded[name] for name in placed[0] if name != "article_id"} | {"fetched_at": now()}
    connection.execute(insert.on_conflict_do_update(index_elements=["article_id"], set_=new), placed)


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its body, or with where its body has been put."""
    if not settings().pages_url:
        return {**row, "kept_at": None}
    # named by its content: a page fetched again does not overwrite what a reader may be reading
    name = f"{row['article_id'] // 1000}/{row['article_id']}-{body_hash(row['body']) & (2**64 - 1):016x}.zst"
    return {**row, "body": None, "kept_at": page_store.write(name, row["body"])}


def body_of(row: Any) -> bytes:
    """The unpacked body of a page row. Raises BadRow where it is damaged or its file is missing."""
    return unpack(row.body if row.kept_at is None else page_store.read(row.kept_at))


def load(connection: Connection, article_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """The stored pages of these articles, by article id; missing ones are absent."""
    rows = connection.execute(select(page).where(page.c.article_id.in_(article_ids)))
    return {row.article_id: row for row in rows}
