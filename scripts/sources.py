"""`copydesk sources`: what is read again and again, how it is doing, and what a person can do about it."""

import json
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import Connection

from scripts.options import json_option, store_options
from shared import exporting, sources
from shared.database import reading, transaction
from shared.errors import UsageError
from shared.urls import BadUrl, canonical_url

SHOWN = ("id", "url", "kind", "title", "label", "watched", "found", "new", "failures", "reason", "detail", "interval_s")
DEEDS = {"pause": sources.pause, "resume": sources.poll_now, "remove": sources.remove}


@click.command("sources")
@click.argument("action", type=click.Choice(["list", *DEEDS]), default="list")
@click.argument("which", required=False, metavar="[ID|URL]")
@store_options
@json_option
def command(action: str, which: str | None, as_json: bool) -> int:
    """List the sources, or pause, resume or remove one.

    `resume` polls a source at once, also one that was retired after too many failures.
    """
    if action == "list":
        with reading() as connection:
            rows = sources.listing(connection)
        _list([_as_dict(row) for row in rows], as_json)
        return 0
    with transaction() as connection:
        row = _find(connection, which)
        DEEDS[action](connection, row.id)
    past = {"pause": "paused", "resume": "to be read now", "remove": "removed; its articles stay"}[action]
    print(f"{row.url}: {past}")
    return 0


def _find(connection: Connection, which: str | None) -> Any:
    """The source that a person means. Raises UsageError where there is none."""
    if not which:
        raise UsageError("which source? give its id or URL (copydesk sources lists them)")
    try:
        row = sources.find(connection, which if which.isdecimal() else canonical_url(which))
    except BadUrl as error:
        raise UsageError(f"{which}: {error}; give the id or the URL of a source") from None
    if row is None:
        raise UsageError(f"no source {which} (copydesk sources lists them)")
    return row


def _as_dict(row: Any) -> dict[str, Any]:
    known = {name: exporting.plain(getattr(row, name)) for name in SHOWN}
    next_at = max((at for at in (row.due_at, row.next_allowed_at) if at), default=None) if row.next_stage else None
    return known | {
        "state": state(row),
        "last_poll": exporting.plain(row.polled_at),
        "next_poll": exporting.plain(next_at),
    }


def state(row: Any) -> str:
    """One word for how a source is doing."""
    if row.paused:
        return "retired" if row.reason and row.failures else "paused"
    if row.next_stage and not row.due_at:
        return "waiting"
    return "failing" if row.reason else "watched" if row.watched else "read"


def _list(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        print("no sources yet: copydesk submit --watch https://example.org/feed.xml")
        return
    from rich.console import Console
    from rich.table import Table

    from scripts.terminal import escape

    table = Table("id", "source", "state", "found", "new", "last poll", "next poll")
    for row in rows:
        why = f" ({row['reason']}{': ' + escape(row['detail']) if row['detail'] else ''})" if row["reason"] else ""
        name = escape(row["url"] if not row["title"] else f"{row['title']}\n{row['url']}")
        table.add_row(
            str(row["id"]), name, row["state"] + why, str(row["found"]), str(row["new"]),
            _ago(row["last_poll"]), _ago(row["next_poll"]),
        )  # fmt: skip
    Console(highlight=False).print(table)


def _ago(moment: str | None) -> str:
    """'12 min ago', 'in 3 h'."""
    if moment is None:
        return ""
    seconds = (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()
    size, unit = next((size, unit) for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")) if
                      abs(seconds) >= size or size == 1)  # fmt: skip
    span = f"{abs(seconds) / size:.0f} {unit}"
    return f"in {span}" if seconds > 0 else f"{span} ago"
