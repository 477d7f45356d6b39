"""`copydesk monitor`: where the articles are, and whether the books balance."""

import json
import sys
import time
from dataclasses import asdict
from typing import Any

import click

from scripts.options import json_option, store_options
from shared import tallying, yields
from shared.accounting import Account, account
from shared.database import reading, transaction
from shared.metrics import exposition


@click.command("monitor")
@click.option("--once", is_flag=True, help="Print the state now and end; so it is, too, where nobody watches.")
@click.option("--interval", type=click.FloatRange(0.2, 3600), default=2.0, help="Seconds between two looks. [2]")
@click.option("--metrics", is_flag=True, help="Print it in Prometheus' text format.")
@click.option("--recount", is_flag=True, help="Count every article, and put the tally right if it is wrong.")
@store_options
@json_option
def command(once: bool, interval: float, metrics: bool, recount: bool, as_json: bool) -> int:
    """Where the articles are: per stage, how fast, since when, what went wrong, and who works.

    Everything is read from the database (workers and queues: from the broker) and is true after any restart. --json is
    described in docs/monitor.md. Exit status: 0 the books balance, 1 they do not.
    """
    if recount:
        return _recount(as_json)
    if not (once or as_json or metrics) and sys.stdout.isatty():
        return _watch(interval)
    if metrics:
        return _print_metrics()
    books = _books()
    if as_json:
        seen = _look()
        beats = [asdict(one) for one in seen.workers] if seen else []
        broker = {
            "answers": seen is not None,
            "queues": seen.queues if seen else {},
            "unread": seen.unread if seen else [],
        }
        print(json.dumps(books.as_dict() | {"workers": beats, "broker": broker}, ensure_ascii=False))
    else:
        _console().print(_board(books), soft_wrap=True)
    return 0 if books.holds else 1


def _books() -> Account:
    with reading() as connection:
        return account(connection)


def _print_metrics() -> int:
    with reading() as connection:
        books, alarms = account(connection), yields.count_alarms(connection)
    seen = _look()
    print(exposition(books, alarms, seen.counted() if seen else None), end="")
    return 0


def _look() -> Any:
    from scripts import cluster

    return cluster.look()


def _board(books: Account) -> Any:
    from scripts.board import board

    return board(books, _look())


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False)


def _watch(interval: float) -> int:
    """Until Ctrl-C, which ends it well."""
    from rich.live import Live

    books = _books()
    try:
        with Live(_board(books), console=_console(), screen=True, auto_refresh=False) as live:
            while True:
                live.update(_board(books), refresh=True)
                time.sleep(interval)
                books = _books()
    except KeyboardInterrupt:
        _console().print(_board(books))
    return 0 if books.holds else 1


def _recount(as_json: bool) -> int:
    with transaction() as connection:
        wrong = tallying.recount(connection)
    if as_json:
        print(json.dumps({"wrong": [asdict(one) for one in wrong]}))
    for one in () if as_json else wrong:
        what = f"{one.state} {one.reason}".strip() + (", duplicates" if one.duplicate else "")
        print(f"submission {one.submission_id}, {what}: the tally had {one.tallied:,}, there are {one.counted:,}")
    if not as_json:
        print("the tally was wrong, and is right now" if wrong else "the tally is right, to the row")
    return 1 if wrong else 0
