"""`copydesk export`: articles as JSON lines, or the pages that were fetched as WARC; streaming."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import click
from sqlalchemy import Connection

from scripts.options import store_options
from shared.database import reading
from shared.exporting import records
from shared.texts import shown


@click.command("export")
@click.option("--format", "format_", type=click.Choice(["jsonl", "warc"]), default="jsonl", help="[jsonl]")
@click.option("--label", help="Only articles with this label.")
@click.option("--status", help="Only articles with this status.")
@store_options
def command(format_: str, label: str | None, status: str | None) -> int:
    """Write articles to standard output in the order of ids: as JSON, one object a line, or as fetched, in WARC.

    copydesk export --format warc > pages.warc.gz
    """
    given: dict[str, Any] = {"label": label, "status": status}
    conditions = {name: value for name, value in given.items() if value}
    with reading() as connection:
        {"jsonl": _write_jsonl, "warc": _write_warc}[format_](connection, conditions)
    sys.stdout.flush()
    return 0


def _write_jsonl(connection: Connection, conditions: Mapping[str, Any]) -> None:
    for record in records(connection, conditions):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


def _write_warc(connection: Connection, conditions: Mapping[str, Any]) -> None:
    from shared.archiving import write_warc

    for problem in write_warc(connection, conditions, sys.stdout.buffer):
        print(f"copydesk: not written: {shown(problem)}", file=sys.stderr)
