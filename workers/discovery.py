"""The discover stage's lifecycle: a fetched feed, sitemap or site -> new articles, and sources further down."""

import contextlib
import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any

import structlog

from shared import claims, hosts, pages, sources, submissions, urls
from shared.claims import Claim
from shared.database import reading, transaction
from shared.errors import BadRow
from shared.models import source
from shared.polling import next_interval_s
from shared.reasons import Failed
from shared.settings import settings
from shared.sources import DEEPEST, NewSource, SourceEnding
from shared.submissions import NewArticle
from shared.urls import BadUrl
from workers import bench, leases
from workers.bench import Keep
from workers.broker import send
from workers.outages import outlast

CHUNK = 1000  # articles per transaction
MOST_CHILDREN = 500  # sources that one source may name
READABLE = ("feed", "json_feed", "sitemap", "sitemap_index", "opml", "html", "text")
log = structlog.get_logger(__name__)


def process(source_ids: Sequence[int]) -> None:
    """Read these sources, as far as they wait for it."""
    claimed = outlast(partial(_claim, source_ids))
    keep = leases.keeper(source, claimed)
    for row in claimed.rows:
        outlast(partial(_process_one, row, claimed.token, keep))
    if claimed.rows:
        send("copydesk.fetch")  # there is something to fetch now; without this, dispatch would say so in a second


def _claim(source_ids: Sequence[int]) -> Claim:
    with transaction() as connection:
        return claims.claim(connection, source, "discover", source_ids, settings().lease_s)


def _process_one(row: Any, token: int, keep: Keep) -> None:
    keep()
    began = time.monotonic()
    found: Any = _discover(row, keep)
    counts = {"found": 0, "new": 0}
    if isinstance(found, Failed):
        ending = SourceEnding(row, token, {}, found)
    else:
        counts = _add(row, found, keep)
        ending = SourceEnding(row, token, _columns(row, found, counts["new"]), _nothing(row, found, counts["found"]))
    with transaction() as connection:
        if sources.store(connection, [ending]):
            sources.count_found(connection, row.id, **counts)
            submissions.count(connection, row.submission_id, **counts)
    seconds = round(time.monotonic() - began, 3)
    reason = ending.failed.reason if ending.failed else None
    log.info("source_read", source_id=row.id, url=row.url, reason=reason, seconds=seconds, **counts)


def _discover(row: Any, keep: Keep) -> Any:
    """What the fetched body holds; a body that has not changed since the last poll holds nothing new."""
    from workers.stages import discovering

    try:
        body = pages.unpack(row.body)
    except BadRow as error:
        return Failed("bad_page", str(error))
    if row.body_hash == pages.body_hash(body):
        return discovering.Discovered(_SAME[row.kind], row.title)
    with reading() as connection:
        robots = hosts.robots_text(connection, row.host_id)
    material = (body, row.location or row.url, row.content_type or "", robots or "")
    return bench.work("discover", row.id, material, keep)


_SAME: dict[str, Any] = {"feed": "feed", "sitemap": "sitemap", "site": "html", "unknown": "text"}


def _columns(row: Any, found: Any, new: int) -> dict[str, Any]:
    """What reading a source changes in its row."""
    floor_s = max(found.ttl_s or 0.0, row.floor_s or 0.0)
    return {
        "next_stage": None,
        "body": None,
        "body_hash": pages.body_hash(pages.unpack(row.body)),
        "kind": _kind(found.kind),
        "title": found.title or row.title,
        "detail": "; ".join(found.problems[:3])[:300] or None,  # items that could not be used
        "interval_s": next_interval_s(row.interval_s, new, floor_s),
    }


def _nothing(row: Any, found: Any, items: int) -> Failed | None:
    """A failure where a source holds nothing that could be used, so that none stays silent."""
    if found.kind not in READABLE:
        return Failed("wrong_type", "; ".join(found.problems)[:300] or found.kind)
    if found.kind == "html" and not (items or found.sources or found.guesses or row.body_hash):
        return Failed("no_source", "no feed or sitemap is linked, and none stands in a usual place")
    return None


def _kind(found: str) -> str:
    return {"html": "site", "feed": "feed", "json_feed": "feed", "opml": "site"}.get(found, "sitemap")


def _add(row: Any, found: Any, keep: Keep) -> dict[str, int]:
    """Add what a source names, a chunk per transaction; returns how many articles it named, and how many were new."""
    counts = {"found": 0, "new": 0}
    items = iter(found.items)
    while chunk := list(islice(items, CHUNK)):
        keep()
        new = list(_new_articles(row, chunk))
        with transaction() as connection:
            added = submissions.add_articles(connection, row.submission_id, new)
            submissions.refetch_updated(connection, _updates(chunk))
        counts = {"found": counts["found"] + len(new), "new": counts["new"] + len(added)}
    guesses = [] if found.sources else found.guesses
    with transaction() as connection:
        sources.add(connection, list(_new_sources(row, found.sources[:MOST_CHILDREN], guessed=False)))
        sources.add(connection, list(_new_sources(row, guesses, guessed=True)))
        if row.watched:  # a sitemap index or site is watched with what it names
            sources.read_again(connection, [urls.canonical_url(url) for url in found.sources[:MOST_CHILDREN]])
    return counts


def _new_articles(row: Any, items: Iterable[Any]) -> Iterable[NewArticle]:
    for item in items:
        try:
            address = urls.read_address(item.url)
        except BadUrl as error:
            log.info("item_refused", source_id=row.id, url=item.url[:200], error=str(error))
            continue
        yield NewArticle(*address, priority=row.priority, label=row.label, source_id=row.id)


def _updates(items: Iterable[Any]) -> dict[str, Any]:
    """When the source says that each article was last updated, by canonical URL."""
    found = {}
    for item in items:
        with contextlib.suppress(BadUrl):
            if item.updated_at:
                found[urls.canonical_url(item.url)] = item.updated_at
    return found


def _new_sources(row: Any, found: Iterable[str], *, guessed: bool) -> Iterable[NewSource]:
    if row.depth >= DEEPEST:
        return
    for url in found:
        try:
            address = urls.read_address(url)
        except BadUrl:
            continue
        yield NewSource(
            *address,
            submission_id=row.submission_id,
            label=row.label,
            priority=row.priority,
            parent_id=row.id,
            depth=row.depth + 1,
            watched=row.watched,
            guessed=guessed,
        )
