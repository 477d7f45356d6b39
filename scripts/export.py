"""`copydesk export`: articles for other programs, all of them or what has changed since; or their pages, as WARC."""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy import ColumnElement

from scripts.options import conditions_help, read_terms, store_options, where_options
from scripts.progress import plural
from scripts.writing import FORMATS, WRITERS, Lines
from shared import changes, exporting
from shared.database import reading
from shared.errors import UsageError
from shared.selecting import Term, condition

POLL_S = 1.0  # how often --follow looks: a look is two searches of an index


@click.command("export", epilog=conditions_help())
@where_options
@click.option("--format", "format_", type=click.Choice(FORMATS), default="jsonl", help="[jsonl]")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file. [standard output]")
@click.option("--label", help="Only articles with this label.")
@click.option("--status", help="Only articles with this status.")
@click.option("--since", "cursor", metavar="CURSOR", help="Only what has changed since; 0: everything, in order.")
@click.option("--follow", is_flag=True, help="Go on with what changes, until Ctrl-C.")
@click.option("--cursor", "kept", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Keep the cursor in FILE, and go on from there the next time.")  # fmt: skip
@store_options
def command(
    conditions: tuple[str, ...], where: tuple[str, ...], format_: str, output: Path | None, label: str | None,
    status: str | None, cursor: str | None, follow: bool, kept: Path | None,
) -> int:  # fmt: skip
    """Write the articles that meet all CONDITIONs: as JSON, one a line, as CSV or Parquet; or as fetched, in WARC.

    copydesk export status=done lang=en --format parquet -o articles.parquet

    copydesk export --follow --cursor seen.txt | other-program

    The cursor on standard error says where --since goes on: nothing that changes later is missed, revisions and copies
    that are found late included. docs/export.md has the schema.
    """
    given = [Term("label", "=", (label,))] if label else []
    given += [Term("status", "=", (status,))] if status else []
    wanted = condition([*given, *read_terms(conditions, where)])
    is_feed = cursor is not None or follow or kept is not None
    if is_feed and format_ in ("warc", "parquet"):
        raise UsageError(f"--since, --follow and --cursor need --format jsonl or csv, not {format_}")
    with _opened(output, append=is_feed) as out:
        if format_ == "warc":
            return _write_warc(wanted, out)
        start = _start(cursor, kept) if is_feed else None
        header = {"header": start in (None, 0)} if format_ == "csv" else {}
        with WRITERS[format_](out, **header) as writer:
            return _write_all(wanted, writer) if start is None else _write_feed(wanted, writer, start, kept, follow)


@contextlib.contextmanager
def _opened(output: Path | None, *, append: bool) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        with output.open("ab" if append else "wb") as file:
            yield file
    except OSError as error:
        raise UsageError(f"cannot write to {output}: {error.strerror}") from None


def _start(cursor: str | None, kept: Path | None) -> int:
    """The number of the last change that the reader has seen."""
    if cursor is None and kept is not None and kept.exists():
        try:
            cursor = kept.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read the cursor in {kept}: {error}") from None
    if cursor in (None, "0"):
        return 0
    with reading() as connection:
        return changes.parse(connection, str(cursor))


def _write_all(wanted: ColumnElement[bool], writer: Lines) -> int:
    with reading() as connection:
        cursor = changes.current(connection)  # before the first article: what changes meanwhile is told again
    count = 0
    for record in exporting.stream(wanted):
        writer.write(record)
        count += 1
    _say(count, cursor)
    return 0


def _write_feed(wanted: ColumnElement[bool], writer: Lines, seen: int, kept: Path | None, follow: bool) -> int:
    """Changes in their order; after each batch that is written, the cursor is kept."""
    count = 0
    writer.flush()  # who follows sees the header at once
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            with reading() as connection:
                found, last = exporting.changed(connection, seen, wanted)
                cursor = changes.cursor(connection, last)
            if last == seen:
                if not follow:
                    break
                time.sleep(POLL_S)
                continue
            with _undisturbed():
                for record in found:
                    writer.write(record)
                writer.flush()
                if kept is not None:
                    _keep(kept, cursor)
                count, seen = count + len(found), last
    with reading() as connection:
        _say(count, changes.cursor(connection, seen))
    return 0


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block: what is written, kept and said is the same. A second does not wait."""
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


def _keep(kept: Path, cursor: str) -> None:
    new = kept.with_name(kept.name + ".new")
    try:
        new.write_text(cursor + "\n", encoding="utf-8")
        new.replace(kept)
    except OSError as error:
        raise UsageError(
            f"cannot keep the cursor in {kept}: {error.strerror}; what is written ends at --since {cursor}"
        ) from None


def _say(count: int, cursor: str) -> None:
    print(f"copydesk: {plural(count, 'article')}; go on with --since {cursor}", file=sys.stderr)


def _write_warc(wanted: ColumnElement[bool], out: BinaryIO) -> int:
    from shared.archiving import write_warc

    for problem in write_warc(wanted, out):
        print(f"copydesk: not written: {problem}", file=sys.stderr)
    out.flush()
    return 0
