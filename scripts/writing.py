"""Where exported articles go: JSON lines, CSV or Parquet, in one pass and constant memory. Use as a context manager."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from shared.errors import UsageError

NAMES: Final = (
    "id", "url", "canonical_url", "host", "status", "reason", "label", "title", "authors", "published_at",
    "modified_at", "fetched_at", "language", "site_name", "section", "image_url", "agency", "text", "word_count",
    "entities", "cluster", "duplicate_of", "relation", "similarity", "story", "revision", "change",
)  # fmt: skip
TIMES: Final = ("published_at", "modified_at", "fetched_at")
NUMBERS: Final = ("id", "word_count", "cluster", "duplicate_of", "story", "revision")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what makes a cell one in some program
ROW_GROUP: Final = 2000  # articles that a Parquet file holds in memory before they are written


class Lines:
    """JSON, an article a line."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()

    def write(self, record: dict[str, Any]) -> None:
        """Add an article."""
        self.out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")

    def flush(self) -> None:
        """Everything so far is out of our hands."""
        self.out.flush()


class Table(Lines):
    """CSV (RFC 4180, UTF-8): lists as JSON, and no cell that a spreadsheet would run."""

    def __init__(self, out: BinaryIO, *, header: bool = True) -> None:
        super().__init__(out)
        self.text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        self.rows = csv.writer(self.text)
        if header:
            self.rows.writerow(NAMES)

    def write(self, record: dict[str, Any]) -> None:
        self.rows.writerow([cell(record[name]) for name in NAMES])

    def flush(self) -> None:
        self.text.flush()


def cell(value: Any) -> Any:
    """A value as a cell: a text that would be taken for a formula begins with an apostrophe."""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value


class Columns(Lines):
    """Parquet, compressed with zstd, a row group of ROW_GROUP articles at a time."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out)
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise UsageError("Parquet needs the extra parquet: pip install 'copydesk[parquet]'") from None
        self.arrow, self.schema, self.waiting = pyarrow, _schema(pyarrow), list[dict[str, Any]]()
        self.file = parquet.ParquetWriter(out, self.schema, compression="zstd")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write_group()
        self.file.close()  # also after an error: a Parquet file without its end cannot be read at all
        self.flush()

    def write(self, record: dict[str, Any]) -> None:
        self.waiting.append(record | {name: _moment(record[name]) for name in TIMES})
        if len(self.waiting) >= ROW_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        if self.waiting:
            self.file.write_table(self.arrow.Table.from_pylist(self.waiting, schema=self.schema))
        self.waiting.clear()


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _schema(arrow: Any) -> Any:
    text, number = arrow.string(), arrow.int64()
    place = arrow.struct([("start", number), ("end", number), ("surface", text)])
    entity = arrow.struct(
        [("id", number), ("name", text), ("type", text), ("count", number), ("country", text),
         ("mentions", arrow.list_(place))]
    )  # fmt: skip
    special: dict[str, Any] = {
        "authors": arrow.list_(text),
        "entities": arrow.list_(entity),
        "similarity": arrow.float64(),
    }
    special |= dict.fromkeys(TIMES, arrow.timestamp("us", tz="UTC")) | dict.fromkeys(NUMBERS, number)
    return arrow.schema([(name, special.get(name, text)) for name in NAMES])


WRITERS: Final[dict[str, type[Lines]]] = {"jsonl": Lines, "csv": Table, "parquet": Columns}
FORMATS: Final[Sequence[str]] = (*WRITERS, "warc")
