"""Progress for whoever is there: a bar for a person at a terminal, a line now and then for a pipe, nothing for JSON."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from shared.accounting import Progress, progress
from shared.database import reading
from shared.texts import shown

LINE_EVERY_S = 5.0
LOOK_EVERY_S = 0.25
SILENCE_S = 60.0


class Watcher:
    """Shows nothing: the base, and what programs get. Use as a context manager around the waiting."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        return

    def say(self, line: str) -> None:
        """A line that is worth reading, whoever watches."""
        print(f"copydesk: {shown(line)}", file=sys.stderr)

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
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._bar: Any = RichProgress(
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
        self._bar.console.print(shown(line), style="yellow", markup=False, highlight=False)

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


def wait_until_finished(watch: Watcher, submission_id: int | None) -> Progress:
    """Look until nothing (of one submission) is open but what is postponed; say once if nobody works."""
    silent_since, last = time.monotonic(), Progress()
    while True:
        with reading() as connection:
            now = progress(connection, submission_id)
        watch.show(now)
        if now.finished:
            return now
        if now != last:
            silent_since, last = time.monotonic(), now
        elif time.monotonic() - silent_since > SILENCE_S:
            watch.say(f"nothing has changed for {SILENCE_S:.0f} s: do workers run? (run: see workers.log in --data)")
            silent_since = float("inf")
        time.sleep(LOOK_EVERY_S)


def plural(count: int, noun: str) -> str:
    """'1 article', '2 articles'."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


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
