"""From what a person gave to rows: each SOURCE is recognised by itself, read as a stream, and added in batches."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from scripts.files import read_path, read_stream
from shared import pages, sources, submissions, urls
from shared.database import transaction
from shared.settings import settings
from shared.sources import NewSource
from shared.submissions import DIRECT_PRIORITY, NewArticle
from shared.urls import BadUrl
from workers.stages.discovering import Entry, Problem

# A transaction takes so many entries, or so many bytes of pages: memory stays constant however long the list.
CHUNK = 4000
CHUNK_BYTES = 16_000_000
SHOWN_PROBLEMS = 20
PLAIN_TEXT = "text/plain"


@dataclass(slots=True)
class Intake:
    """What became of what was given. `found` counts articles named, `new` the rows added, `bad` what was unusable."""

    submission_id: int = 0
    found: int = 0
    new: int = 0
    sources: int = 0
    bad: int = 0
    problems: list[str] = field(default_factory=list)

    def refuse(self, what: str) -> None:
        """Count and name something that cannot be used."""
        self.bad += 1
        if self.bad <= SHOWN_PROBLEMS:
            self.problems.append(what)

    @property
    def usable(self) -> bool:
        """Whether anything was."""
        return bool(self.found or self.sources)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What holds for everything in one call."""

    label: str | None = None
    priority: int = 0
    dry_run: bool = False
    watched: bool = False


def take_in(given: Sequence[str], wishes: Wishes) -> Intake:
    """Add everything that `given` names. What cannot be used is counted and named; the rest is added all the same."""
    intake = Intake()
    if not wishes.dry_run:
        with transaction() as connection:
            intake.submission_id = submissions.open_submission(connection, given, wishes.label)
    with _storing() as store:
        for chunk in _chunks(_usable(_entries(given), intake, wishes)):
            store(partial(_add, chunk, intake, wishes))
    if not wishes.dry_run:
        with transaction() as connection:
            counts = {"found": intake.found, "new": intake.new, "bad": intake.bad}
            submissions.count(connection, intake.submission_id, **counts)
    return intake


@contextmanager
def _storing() -> Iterator[Callable[[Callable[[], None]], None]]:
    """How a chunk is stored: by a thread while the next one is read, which is half of the work.

    Not on SQLite, where all others who want to write wait for the moment between two transactions.
    """
    if settings().database.startswith("sqlite"):
        yield lambda work: work()
        return
    with ThreadPoolExecutor(1) as thread:
        running: list[Future[None]] = []

        def store(work: Callable[[], None]) -> None:
            while running:
                running.pop().result()
            running.append(thread.submit(work))

        yield store
        for last in running:
            last.result()


def _chunks(rows: Iterable[NewArticle | NewSource]) -> Iterator[list[NewArticle | NewSource]]:
    chunk: list[NewArticle | NewSource] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += len(row.body or b"")
        if len(chunk) >= CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _entries(given: Sequence[str]) -> Iterator[Entry | Problem]:
    """Everything that is named, in order."""
    for one in given:
        if one == "-":
            yield from read_stream(sys.stdin.buffer, "standard input")
        elif "://" in one or one.startswith(("http:", "https:")):
            yield Entry(one)
        elif Path(one).exists():
            yield from read_path(Path(one))
        else:
            yield Problem(one, "no such file; an address starts with https://")


def _usable(entries: Iterable[Entry | Problem], intake: Intake, wishes: Wishes) -> Iterator[NewArticle | NewSource]:
    for entry in entries:
        if isinstance(entry, Problem):
            intake.refuse(f"{entry.where}: {entry.what}")
            continue
        try:
            yield _as_row(entry, wishes, intake.submission_id)
        except BadUrl as error:
            intake.refuse(f"{_where(entry)}{entry.url[:200]}: {error}")


def _where(entry: Entry) -> str:
    return f"line {entry.line}: " if entry.line else ""


def _as_row(entry: Entry, wishes: Wishes, submission_id: int) -> NewArticle | NewSource:
    """An entry as a row to be added. Raises BadUrl."""
    if entry.html is None and entry.text is None:
        return _to_fetch(entry, wishes, submission_id)
    body = entry.html if entry.html is not None else (entry.text or "").encode()
    given = {"title": entry.title, "published": entry.published}
    local = entry.url.startswith("file:")
    url, identity, host = (entry.url, entry.url, None) if local else urls.read_address(entry.url)
    return NewArticle(
        url=url,
        canonical_url=identity,
        host=host,
        priority=wishes.priority,
        label=entry.label or wishes.label,
        body=pages.pack(body),
        size=len(body),
        content_type=entry.content_type or (PLAIN_TEXT if entry.html is None else "text/html"),
        given={name: value for name, value in given.items() if value} or None,
    )


def _to_fetch(entry: Entry, wishes: Wishes, submission_id: int) -> NewArticle | NewSource:
    address, label = entry.address or urls.read_address(entry.url), entry.label or wishes.label
    if wishes.watched or urls.looks_like_source(entry.url):
        return NewSource(
            *address, submission_id=submission_id, label=label, priority=wishes.priority, watched=wishes.watched
        )
    urgency = DIRECT_PRIORITY if entry.line is None else 0
    return NewArticle(*address, priority=urgency + wishes.priority, label=label)


def _add(chunk: Sequence[NewArticle | NewSource], intake: Intake, wishes: Wishes) -> None:
    """Add one batch in one transaction."""
    articles = [one for one in chunk if isinstance(one, NewArticle)]
    found = [one for one in chunk if isinstance(one, NewSource)]
    intake.found += len(articles)
    intake.sources += len(found)
    if wishes.dry_run:
        return
    with transaction() as connection:
        intake.new += len(submissions.add_articles(connection, intake.submission_id, articles))
        if not found:
            return
        sources.add(connection, found)
        sources.read_again(connection, [one.canonical_url for one in found])
        if wishes.watched:
            sources.watch(connection, [one.canonical_url for one in found])
