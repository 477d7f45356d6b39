"""The state of everything as a page for a terminal: what `copydesk monitor` shows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scripts.cluster import Seen
from scripts.summary import conservation
from scripts.terminal import escape
from shared.accounting import Account

MOST_REASONS = 8
MOST_HOSTS = 8
SHORT = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def board(books: Account, seen: Seen | None) -> RenderableType:
    """Everything there is to see; `seen` is None where the broker does not answer."""
    lines = [*_trouble(books), *_cluster(books, seen)]
    return Group(*map(Text.from_markup, _headlines(books)), _stages(books), *map(Text.from_markup, lines))


def _headlines(books: Account) -> list[str]:
    alarm = "" if books.holds else "  [bold red]the books do not balance: copydesk monitor --recount[/]"
    lines = [f"[bold]{conservation(books)}[/]{alarm}", f"{books.duplicates:,} duplicates among the done"]
    if books.postponed:
        lines.append(f"{books.postponed:,} postponed, the first for {_from_now(books.postponed_until)}")
    if books.in_progress:
        left = "" if books.seconds_left is None else f", {_duration(books.seconds_left)} left at this rate"
        lines.append(f"{books.ended_per_minute:,.0f} end per minute{left}; the oldest came {_ago(books.oldest)} ago")
    return lines


def _stages(books: Account) -> Table:
    table = Table("stage", box=None, pad_edge=False, header_style="dim")
    for name in ("waiting", "in work", "oldest", "per min", "waited p50", "p95", "p99", "took p50", "p95", "p99"):
        table.add_column(name, justify="right")
    for name, one in books.stages.items():
        oldest = _ago(one.oldest) if one.oldest else ""
        rate = f"{one.per_minute:,.0f}" if one.per_minute else ""
        waited = map(_seconds, (one.waiting_p50, one.waiting_p95, one.waiting_p99))
        took = map(_seconds, (one.p50, one.p95, one.p99))
        table.add_row(name, f"{one.waiting:,}", f"{one.running:,}", oldest, rate, *waited, *took)
    return table


def _trouble(books: Account) -> list[str]:
    lines = []
    for what, counts in (
        ("dropped", books.dropped_because),
        ("quarantined", books.quarantined_because),
        ("waiting to be tried again", books.retried_because),
    ):
        if counts:
            named = ", ".join(f"{reason} {count:,}" for reason, count in list(counts.items())[:MOST_REASONS])
            lines.append(f"[bold]{what}[/]: {named}")
    for host in books.hosts["in_trouble"][:MOST_HOSTS]:
        until = f", left alone for {_from_now(host['next_allowed_at'])}" if host["next_allowed_at"] else ""
        waiting = f"{host['waiting']:,} waiting, {host['strikes']} strikes"
        lines.append(f"[yellow]{escape(host['name'])}[/]: {host['reason']}, {waiting}{until}")
    return lines


def _cluster(books: Account, seen: Seen | None) -> list[str]:
    lines = [f"hosts: {_counts(books.hosts)}; sources: {_counts(books.sources)}"]
    if seen is None:
        return [*lines, "[yellow]the broker does not answer[/]: articles wait as rows, nothing is lost"]
    lines.append("queues: " + ", ".join(f"{name} {length:,}" for name, length in seen.queues.items()))
    lines += [f"[yellow]nobody reads the queue {name}[/]" for name in seen.unread]
    for one in seen.workers:
        took = "nothing yet" if one.took_s is None else f"the last message {_duration(one.took_s)} ago"
        lines.append(f"worker {escape(one.name)}: {one.busy} of {one.slots} slots busy, took {took}")
    return lines if seen.workers else [*lines, "no worker is alive"]


def _counts(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{value:,} {name}" for name, value in counts.items() if isinstance(value, int))


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value < 10 else _duration(value)


def _duration(seconds: float) -> str:
    """Two figures at most: '42 s', '3.5 h'."""
    for size, unit in SHORT:
        if seconds >= size:
            amount = seconds / size
            return f"{amount:.1f} {unit}" if amount < 10 and size > 1 else f"{amount:.0f} {unit}"
    return f"{seconds:.0f} s"


def _ago(moment: str | None) -> str:
    return _duration(max(0.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())) if moment else ""


def _from_now(moment: str | None) -> str:
    return _duration(max(0.0, (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds())) if moment else ""
