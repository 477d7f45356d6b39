"""Lists that a person gives, a line at a time: addresses in a text file or on standard input, articles as JSONL."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from shared.texts import storable
from shared.urls import BadUrl, fetch_url, read_address
from workers.stages.discovering.outcomes import Entry, Problem

MAX_ADDRESS_LINE: Final = 16_384
MAX_JSON_LINE: Final = 20_000_000  # a page of the largest size, escaped
SKIP: Final = 1_048_576
SHOWN: Final = 80


def read_url_list(stream: BinaryIO, name: str = "") -> Iterator[Entry | Problem]:
    """The address in each line of `stream`; blank lines and lines that begin with # are none."""
    for number, line in _lines(stream, MAX_ADDRESS_LINE):
        if line is None:
            yield Problem(_where(name, number), f"longer than {MAX_ADDRESS_LINE} bytes")
            continue
        address = line.decode("utf-8", "replace").strip("\ufeff \t\r\n\0")
        if not address or address.startswith("#"):
            continue
        try:
            read = read_address(address)
            yield Entry(read.url, line=number, address=read)
        except BadUrl as error:
            yield Problem(_where(name, number), f"{_shown(address)}: {error}")


def read_jsonl(stream: BinaryIO, name: str = "") -> Iterator[Entry | Problem]:
    """The article in each line of `stream`: `url`, and perhaps `html`, `text`, `title`, `published`, `label`."""
    for number, line in _lines(stream, MAX_JSON_LINE):
        if line is None:
            yield Problem(_where(name, number), f"longer than {MAX_JSON_LINE} bytes")
        elif line.strip(b"\xef\xbb\xbf \t\r\n"):
            try:
                yield _entry(json.loads(line.strip(b"\xef\xbb\xbf \t\r\n")), number)
            except RecursionError:
                yield Problem(_where(name, number), "nested too deep")
            except ValueError as error:  # what json raises is one, too
                yield Problem(_where(name, number), _one_line(error))


class _BadLine(ValueError):
    """A line that holds no article; the message says why."""


def _entry(row: Any, number: int) -> Entry:
    """The entry of a parsed line; _BadLine says what is wrong with it."""
    if not isinstance(row, dict):
        raise _BadLine(f"not a JSON object: {_shown(str(row))}")
    if not isinstance(row.get("url"), str):
        raise _BadLine("`url` is missing" if row.get("url") is None else "`url` is not a string")
    html, text = _text(row, "html"), _text(row, "text")
    try:
        url = fetch_url(row["url"])
    except BadUrl as error:
        raise _BadLine(f"{_shown(row['url'])}: {error}") from None
    return Entry(
        url, html.encode("utf-8", "replace") if html else None, text, _text(row, "title"), _text(row, "published"),
        _text(row, "label"), number, "text/html; charset=utf-8" if html else "",
    )  # fmt: skip


def _text(row: dict[str, Any], field: str) -> str | None:
    """A field of a row as text without NUL and lone surrogates, which no database takes; None where it is missing."""
    value = row.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _BadLine(f"`{field}` is not a string")
    return storable(value) or None


def _lines(stream: BinaryIO, max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number, from 1; None instead of one that is longer than `max_bytes`."""
    number = 0
    while line := stream.readline(max_bytes + 1):
        number += 1
        if len(line) <= max_bytes or line.endswith(b"\n"):
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(SKIP)
        yield number, None


def _where(name: str, number: int) -> str:
    return f"{name}, line {number}" if name else f"line {number}"


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _one_line(error: ValueError) -> str:
    """What is wrong, without the position in a line that `json` counts as a line of its own."""
    return f"not JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
