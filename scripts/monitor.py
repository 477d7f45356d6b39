"""`copydesk monitor`: where the articles are."""

import json
from typing import Any

import click

from scripts.options import json_option, store_options
from scripts.summary import conservation
from shared import yields
from shared.accounting import Account, account
from shared.database import reading
from shared.metrics import exposition


@click.command("monitor")
@click.option("--once", is_flag=True, help="Print the state now and end.")
@click.option("--metrics", is_flag=True, help="Print it in Prometheus' text format.")
@store_options
@json_option
def command(once: bool, metrics: bool, as_json: bool) -> int:
    """Where the articles are, read from the database."""
    if not (once or as_json or metrics):
        raise click.UsageError("only --once for now: copydesk monitor --once [--json | --metrics]")
    with reading() as connection:
        books, alarms = account(connection), yields.count_alarms(connection)
    if metrics:
        from scripts import cluster

        seen = cluster.look()
        print(exposition(books, alarms, seen.counted() if seen else None), end="")
        return 0
    workers = seen_workers()
    if as_json:
        print(json.dumps(books.as_dict() | {"workers": workers}, ensure_ascii=False))
    else:
        _print(books, workers)
    return 0 if books.holds else 1


def seen_workers() -> list[str]:
    """The names of workers that answer now; none where the broker is away."""
    import redis
    from kombu.exceptions import OperationalError

    from workers.app import app

    try:
        return sorted(app.control.inspect(timeout=0.5).ping() or {})
    except (OperationalError, redis.RedisError, OSError):
        return []


def _print(books: Account, workers: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{conservation(books)}[/]", soft_wrap=True)
    console.print(f"{books.duplicates:,} duplicates, {books.postponed:,} postponed", soft_wrap=True)
    table = Table("stage", "waiting", "running", "p50 s", "p95 s")
    for name, stage in books.stages.items():
        table.add_row(name, f"{stage.waiting:,}", f"{stage.running:,}", _seconds(stage.p50), _seconds(stage.p95))
    console.print(table)
    if books.reasons:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in books.reasons.items())
        console.print(f"reasons: {reasons}", soft_wrap=True)
    console.print(f"hosts: {_counts(books.hosts)}; sources: {_counts(books.sources)}", soft_wrap=True)
    console.print(f"workers: {', '.join(workers) or 'none answers'}", soft_wrap=True)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _counts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{value} {name}" for name, value in counts.items() if isinstance(value, int))
