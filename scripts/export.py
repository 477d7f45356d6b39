"""`copydesk export`: articles as JSON lines, streaming."""

import json
import sys
from typing import Any

import click

from scripts.options import store_options
from shared.database import reading
from shared.exporting import records


@click.command("export")
@click.option("--format", "format_", type=click.Choice(["jsonl"]), default="jsonl", help="[jsonl]")
@click.option("--label", help="Only articles with this label.")
@click.option("--status", help="Only articles with this status.")
@store_options
def command(format_: str, label: str | None, status: str | None) -> int:
    """Write articles to standard output, one JSON object a line, in the order of ids."""
    conditions: dict[str, Any] = {"label": label, "status": status}
    with reading() as connection:
        for record in records(connection, {name: value for name, value in conditions.items() if value}):
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return 0
