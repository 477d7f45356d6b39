"""Progress for whoever is there: a bar for a person at a terminal, a line now and then for a pipe, nothing for JSON."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from shared.accounting import Progress

LINE_EVERY_S = 5.0


class Watcher:
    """Shows nothing: the base, and what programs get. Use as a context manager around the waiting."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        return

    def say(self, line: str) -> None:
        """A line that is worth reading, whoever watches."""
        print(f"copydesk: {line}", file=sys.stderr)

    def show(self, now: Progress) -> None:
        """How far it is."""


class Lines(Watcher):
    """For a pipe: a plain line when something has changed, not more than one in five seconds."""

    def __init__(self) -> None:
        self._last, self._next_at = "", time.monotonic() + 1.0

    def show(self, now: Progress) -> None:
        line = describe(now)
        if line != self._last and time.monotonic() >= self._next_at:
            print(line, flush=True)
            self._last, self._next_at = line, time.monotonic() + LINE_EVERY_S


class Bar(Watcher):
    """For a person: a bar of final articles among known ones, and the counts beside it."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bar: Any = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.completed:.0f}[/] of {task.total:.0f} articles"),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        self._task = self._bar.add_task("starting", total=1)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._bar.stop()

    def say(self, line: str) -> None:
        self._bar.console.print(line, style="yellow", markup=False, highlight=False)

    def show(self, now: Progress) -> None:
        known = sum(now.counts.values())
        self._bar.update(
            self._task, total=known or 1, completed=known - now.open_articles, description=describe_kinds(now)
        )


def watcher(as_json: bool) -> Watcher:
    """The watcher that fits who is there."""
    if as_json:
        return Watcher()
    return Bar() if sys.stdout.isatty() else Lines()


def describe(now: Progress) -> str:
    """One line."""
    known = sum(now.counts.values())
    return f"{known - now.open_articles} of {known} articles: {describe_kinds(now)}"


def describe_kinds(now: Progress) -> str:
    """Counts by what has become of the articles."""
    names = ("done", "dropped", "quarantined")
    parts = [f"{now.counts[name]} {name}" for name in names if now.counts.get(name)]
    parts += [f"{now.postponed} postponed"] if now.postponed else []
    parts += [f"{now.open_sources} sources to read"] if now.open_sources else []
    return ", ".join(parts) or "looking"
