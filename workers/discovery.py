"""The discover stage's lifecycle: a fetched feed, sitemap or site -> new articles, and sources further down."""

import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import structlog

from shared import claims, pages, sources, submissions, urls
from shared.database import transaction
from shared.errors import BadRow
from shared.models import source
from shared.reasons import Failed
from shared.settings import settings
from shared.sources import DEEPEST, NewSource, SourceEnding
from shared.submissions import NewArticle
from shared.urls import BadUrl
from workers.broker import send

CHUNK = 1000  # articles per transaction
log = structlog.get_logger(__name__)


def process(source_ids: Sequence[int]) -> None:
    """Read these sources, as far as they wait for it."""
    with transaction() as connection:
        claimed = claims.claim(connection, source, "discover", source_ids, settings().lease_s)
    for row in claimed.rows:
        _process_one(row, claimed.token)
    if claimed.rows:
        send("copydesk.fetch")  # there is something to fetch now; without this, dispatch would say so in a second


def _process_one(row: Any, token: int) -> None:
    began = time.monotonic()
    found: Any = _discover(row)
    if isinstance(found, Failed):
        ending = SourceEnding(row, token, {"next_stage": None, "body": None}, found)
        counts = {"found": 0, "new": 0}
    else:
        counts = _add(row, found)
        values = {"next_stage": None, "body": None, "kind": _kind(found.kind), "title": found.title}
        ending = SourceEnding(row, token, values)
    with transaction() as connection:
        sources.store(connection, [ending])
        sources.count_found(connection, row.id, **counts)
        submissions.count(connection, row.submission_id, **counts)
    seconds = round(time.monotonic() - began, 3)
    reason = ending.failed.reason if ending.failed else None
    log.info("source_read", source_id=row.id, url=row.url, reason=reason, seconds=seconds, **counts)


def _discover(row: Any) -> Any:
    from workers.stages import discovering

    try:
        body = pages.unpack(row.body)
    except BadRow as error:
        return Failed("bad_page", str(error))
    return discovering.discover(body, row.location or row.url, row.content_type or "")


def _kind(found: str) -> str:
    return {"html": "site", "feed": "feed", "json_feed": "feed", "opml": "site"}.get(found, "sitemap")


def _add(row: Any, found: Any) -> dict[str, int]:
    """Add what a source names, a chunk per transaction; returns how many articles it named, and how many were new."""
    counts = {"found": 0, "new": 0}
    items = iter(found.items)
    while chunk := list(islice(items, CHUNK)):
        new = list(_new_articles(row, chunk))
        with transaction() as connection:
            added = submissions.add_articles(connection, row.submission_id, new)
        counts = {"found": counts["found"] + len(new), "new": counts["new"] + len(added)}
    with transaction() as connection:
        sources.add(connection, list(_new_sources(row, found.sources)))
    return counts


def _new_articles(row: Any, items: Iterable[Any]) -> Iterable[NewArticle]:
    for item in items:
        try:
            url, identity, host = urls.fetch_url(item.url), urls.canonical_url(item.url), urls.host_of(item.url)
        except BadUrl as error:
            log.info("item_refused", source_id=row.id, url=item.url[:200], error=str(error))
            continue
        yield NewArticle(url, identity, host, priority=row.priority, label=row.label, source_id=row.id)


def _new_sources(row: Any, found: Iterable[str]) -> Iterable[NewSource]:
    if row.depth >= DEEPEST:
        return
    for url in found:
        try:
            address, identity, host = urls.fetch_url(url), urls.canonical_url(url), urls.host_of(url)
        except BadUrl:
            continue
        yield NewSource(
            address,
            identity,
            host,
            row.submission_id,
            label=row.label,
            priority=row.priority,
            parent_id=row.id,
            depth=row.depth + 1,
        )
