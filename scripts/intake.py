"""From what a person gave to rows: each SOURCE is recognised by itself, read as a stream, and added in batches."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from scripts.files import read_path, read_stream
from shared import pages, sources, submissions, urls
from shared.database import transaction
from shared.sources import NewSource
from shared.submissions import DIRECT_PRIORITY, NewArticle
from shared.urls import BadUrl
from workers.stages.discovering import Entry, Problem

CHUNK = 1000  # entries per transaction: memory stays constant however long the list
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
    entries = _usable(_entries(given), intake, wishes)
    while chunk := list(islice(entries, CHUNK)):
        _add(chunk, intake, wishes)
    if not wishes.dry_run:
        with transaction() as connection:
            counts = {"found": intake.found, "new": intake.new, "bad": intake.bad}
            submissions.count(connection, intake.submission_id, **counts)
    return intake


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
            yield _as_row(entry, wishes)
        except BadUrl as error:
            intake.refuse(f"{_where(entry)}{entry.url[:200]}: {error}")


def _where(entry: Entry) -> str:
    return f"line {entry.line}: " if entry.line else ""


def _as_row(entry: Entry, wishes: Wishes) -> NewArticle | NewSource:
    """An entry as a row to be added. Raises BadUrl."""
    if entry.html is None and entry.text is None:
        return _address(entry, wishes)
    body = entry.html if entry.html is not None else (entry.text or "").encode()
    given = {"title": entry.title, "published": entry.published}
    local = entry.url.startswith("file:")
    return NewArticle(
        url=entry.url if local else urls.fetch_url(entry.url),
        canonical_url=entry.url if local else urls.canonical_url(entry.url),
        host=None if local else urls.host_of(entry.url),
        label=entry.label,
        body=pages.pack(body),
        size=len(body),
        content_type=entry.content_type or (PLAIN_TEXT if entry.html is None else "text/html"),
        given={name: value for name, value in given.items() if value} or None,
    )


def _address(entry: Entry, wishes: Wishes) -> NewArticle | NewSource:
    url, identity, host = urls.fetch_url(entry.url), urls.canonical_url(entry.url), urls.host_of(entry.url)
    if wishes.watched or urls.looks_like_source(entry.url):
        return NewSource(url, identity, host, submission_id=0, label=entry.label, watched=wishes.watched)
    return NewArticle(url, identity, host, priority=DIRECT_PRIORITY if entry.line is None else 0, label=entry.label)


def _add(chunk: Sequence[NewArticle | NewSource], intake: Intake, wishes: Wishes) -> None:
    """Add one batch in one transaction."""
    articles = [_wish(one, wishes) for one in chunk if isinstance(one, NewArticle)]
    found = [_wish(one, wishes, submission_id=intake.submission_id) for one in chunk if isinstance(one, NewSource)]
    intake.found += len(articles)
    intake.sources += len(found)
    if wishes.dry_run:
        return
    with transaction() as connection:
        intake.new += len(submissions.add_articles(connection, intake.submission_id, articles))
        sources.add(connection, found)
        sources.read_again(connection, [one.canonical_url for one in found])
        if wishes.watched:
            sources.watch(connection, [one.canonical_url for one in found])


def _wish(one: Any, wishes: Wishes, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(one, label=one.label or wishes.label, priority=one.priority + wishes.priority, **changes)
