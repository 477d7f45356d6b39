"""Submissions: what a person gave, and the articles it added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared import hosts, pages
from shared.database import is_sqlite, select_given, take_turns
from shared.models import article, source, submission

MOST_FOUND = 20  # feeds and sitemaps of sites, named to a person
DIRECT_PRIORITY = 5  # an article that a person named goes before those that a source lists


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article to be added. With a `body` it was given and need not be fetched."""

    url: str
    canonical_url: str
    host: str | None
    priority: int = 0
    label: str | None = None
    source_id: int | None = None
    body: bytes | None = None  # packed
    size: int = 0
    content_type: str | None = None
    given: dict[str, Any] | None = None


def open_submission(connection: Connection, given: Sequence[str], label: str | None) -> int:
    """The id of a new submission."""
    row = connection.execute(
        insert(submission).values(given=list(given), label=label, found=0, new=0, bad=0).returning(submission.c.id)
    ).one()
    return int(row.id)


def add_articles(connection: Connection, submission_id: int, new: Sequence[NewArticle]) -> list[int]:
    """Add the articles whose canonical URL is not known, with their pages; returns the ids added."""
    if not new:
        return []
    take_turns(connection, "add_articles")  # who add the same addresses in different order would wait for each other
    unique = {one.canonical_url: one for one in new}
    host_ids = hosts.ensure(connection, [one.host for one in unique.values() if one.host])
    rows = [_row(one, submission_id, host_ids.get(one.host or "")) for one in unique.values()]
    added = _insert(connection, rows)
    given = [(row.id, unique[row.canonical_url]) for row in added if row.next_stage != "fetch"]
    pages.store(connection, [_page(article_id, one) for article_id, one in given])
    hosts.wake(connection, {row.host_id for row in added if row.next_stage == "fetch"})
    return [row.id for row in added]


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> Sequence[Row[Any]]:
    """Adds the rows that are not known, in one statement; returns those."""
    dialect = sqlite if is_sqlite(connection) else postgresql
    columns = article.c
    statement = (
        dialect.insert(article)
        .from_select(list(rows[0]), select_given(connection, rows, article))
        .on_conflict_do_nothing()
        .returning(columns.id, columns.canonical_url, columns.host_id, columns.next_stage)
    )
    return connection.execute(statement).all()


def _row(one: NewArticle, submission_id: int, host_id: int | None) -> dict[str, Any]:
    fetched = one.body is not None
    return {
        "url": one.url,
        "canonical_url": one.canonical_url,
        "host_id": host_id,
        "priority": one.priority,
        "label": one.label,
        "source_id": one.source_id,
        "submission_id": submission_id,
        "status": "fetched" if fetched else "submitted",
        "next_stage": "clean" if fetched else "fetch",
    }


def _page(article_id: int, one: NewArticle) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "url": one.url,
        "status_code": None,
        "headers": {},
        "content_type": one.content_type,
        "body": one.body,
        "size": one.size,
        "given": one.given,
    }


def count(connection: Connection, submission_id: int, *, found: int = 0, new: int = 0, bad: int = 0) -> None:
    """Add to the counts of a submission."""
    columns = submission.c
    connection.execute(
        update(submission)
        .where(columns.id == submission_id)
        .values(found=columns.found + found, new=columns.new + new, bad=columns.bad + bad)
    )


@dataclass(frozen=True, slots=True)
class News:
    """What came of a submission: articles added, whether it led to any, and (site, feed or sitemap found on it)."""

    new: int
    has_articles: bool
    sites: list[tuple[str, str]]


def news(connection: Connection, submission_id: int) -> News:
    """What a submission has brought so far; one that named only known articles has articles, too."""
    row = connection.execute(select(submission).where(submission.c.id == submission_id)).one()
    done = exists().where(article.c.submission_id == submission_id, article.c.status == "done")
    site, found = source.alias("site"), source.alias("found")
    pairs = connection.execute(
        select(site.c.url, found.c.url)
        .join_from(site, found, found.c.parent_id == site.c.id)
        .where(site.c.kind == "site", site.c.submission_id == submission_id, found.c.reason.is_(None))
        .order_by(found.c.id)
        .limit(MOST_FOUND)
    )
    has_articles = bool(row.found and not row.new) or bool(connection.scalar(select(done)))
    return News(row.new, has_articles, [(pair[0], pair[1]) for pair in pairs])


def refetch_updated(connection: Connection, updated: Mapping[str, datetime]) -> int:
    """Fetch known articles again that their source calls newer than what we have; returns how many.

    `updated`: moments by canonical URL. An article in work is left alone: the next poll will find it.
    """
    columns = article.c
    known = connection.execute(
        select(columns.id, columns.canonical_url, columns.host_id, columns.fetched_at, columns.source_updated_at).where(
            columns.canonical_url.in_(updated), columns.next_stage.is_(None), columns.fetched_at.is_not(None)
        )
    ).all()
    newer = [
        row
        for row in known
        if updated[row.canonical_url] > max(row.fetched_at, row.source_updated_at or row.fetched_at)
    ]
    for row in newer:
        connection.execute(
            update(article)
            .where(columns.id == row.id, columns.next_stage.is_(None))
            .values(next_stage="fetch", attempts=0, lost=0, due_at=None, source_updated_at=updated[row.canonical_url])
        )
    hosts.wake(connection, [row.host_id for row in newer])
    return len(newer)


def listing(connection: Connection, before_id: int | None, limit: int) -> Sequence[Any]:
    """Submissions, newest first, those older than `before_id`."""
    query = select(submission).order_by(submission.c.id.desc()).limit(limit)
    return connection.execute(query if before_id is None else query.where(submission.c.id < before_id)).all()


def one(connection: Connection, submission_id: int) -> Any:
    """A submission; null where there is none."""
    return connection.execute(select(submission).where(submission.c.id == submission_id)).first()
