"""The lifecycle of learning: a host's articles -> what recurs on it -> articles that are cleaned again.

What is learnt depends on the articles alone (see stages/cleaning/recurring.py), so it does not matter who learns, or
when; an article whose stored text is not what memory would now leave of it goes back to the clean stage.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from shared import sites
from shared.database import reading, transaction
from shared.settings import settings
from shared.sites import Learnt
from workers.outages import outlast

log = structlog.get_logger(__name__)


def process(host_ids: Sequence[int]) -> None:
    """Learn from those of these hosts that nobody else is at."""
    token, claimed = outlast(partial(_claim, host_ids))
    for host_id in claimed:
        outlast(partial(_process_one, host_id, token))


def _claim(host_ids: Sequence[int]) -> tuple[int, list[int]]:
    with transaction() as connection:
        return sites.claim(connection, host_ids, settings().lease_s)


def _process_one(host_id: int, token: int) -> None:
    began = time.monotonic()
    with reading() as connection:
        learnt = _learn(connection, host_id)
    learnt = replace(learnt, seconds=time.monotonic() - began)
    with transaction() as connection:
        again = sites.store(connection, host_id, token, learnt)
    if again is None:
        log.info("memory_lost", host_id=host_id)
        return
    log.info("host_remembered", host_id=host_id, again=again, seconds=round(learnt.seconds, 3))


def _learn(connection: Connection, host_id: int) -> Learnt:
    """From the articles of a host, and what was known of it."""
    from workers.stages import cleaning

    rows = sites.newest_articles(connection, host_id)
    oldest = min((row.article_id for row in rows), default=0)
    before = {row.block_hash: row for row in sites.blocks_of(connection, host_id)}
    found = cleaning.learn(cleaning.Seen(row.article_id, _title(row), cleaning.unpack(row.blocks)) for row in rows)
    current = {one.hash: _columns(one, before.get(one.hash)) for one in found}
    gone, emptied = _gone(before, current, oldest)
    memory = _memory(before, current, gone)
    news = memory.boilerplate != _memory(before, {}, set()).boilerplate
    looked_at = [*rows, *sites.older_articles(connection, host_id, oldest, only_marked=not news)]
    changed = [row for key, row in current.items() if key not in before or _differs(row, before[key])]
    return Learnt(
        changed=_with_samples(connection, changed + emptied),
        gone=gone,
        stale=[row.article_id for row in looked_at if _is_stale(row, memory)],
        marks={row.article_id: row.mark for row in looked_at if row.mark is not None},
    )


def _is_stale(row: Any, memory: Any) -> bool:
    """Whether memory would take something else from an article than it has."""
    from workers.stages import cleaning

    blocks = cleaning.unpack(row.blocks)
    return bool(memory.taken(blocks) != cleaning.marked(blocks))


def _title(row: Any) -> str:
    """The title without the name of the site, which all of them may end with."""
    title, site_name = row.title or "", row.site_name or ""
    return title.replace(site_name, " ") if site_name else title


def _columns(one: Any, before: Any) -> dict[str, Any]:
    return {
        "block_hash": one.hash,
        "sample": before.sample if before is not None else "",
        "word_count": one.words,
        "articles": one.articles,
        "state": "boilerplate" if one.boilerplate else None,
        "first_article_id": one.first_id,
        "last_article_id": one.last_id,
    }


def _differs(row: Mapping[str, Any], before: Any) -> bool:
    return any(getattr(before, name) != value for name, value in row.items())


def _gone(before: Mapping[int, Any], current: Mapping[int, Any], oldest: int) -> tuple[set[int], list[dict[str, Any]]]:
    """Blocks that recur no more: those to be deleted, and as emptied rows those of which a person has spoken.

    What stands only in articles older than those that were read stays as it is.
    """
    lost = [row for key, row in before.items() if key not in current and (row.last_article_id or oldest) >= oldest]
    empty = {"articles": 0, "state": None, "first_article_id": None, "last_article_id": None}
    emptied = [
        {"block_hash": row.block_hash, "sample": row.sample, "word_count": row.word_count} | empty
        for row in lost
        if row.override is not None and (row.articles or row.state)
    ]
    return {row.block_hash for row in lost if row.override is None}, emptied


def _memory(before: Mapping[int, Any], current: Mapping[int, Any], gone: set[int]) -> Any:
    from workers.stages import cleaning

    def said(what: str) -> frozenset[int]:
        return frozenset(key for key, row in before.items() if row.override == what)

    old = {key for key, row in before.items() if key not in current and key not in gone and row.state}
    new = {key for key, row in current.items() if row["state"]}
    return cleaning.SiteMemory(frozenset(old | new) - said("forbidden") - said("kept"), said("forbidden"), said("kept"))


def _with_samples(connection: Connection, changed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Blocks met for the first time are shown as the first article has them."""
    from workers.stages import cleaning

    new = [row for row in changed if not row["sample"] and row["first_article_id"]]
    paragraphs = sites.paragraphs_of(connection, {row["first_article_id"] for row in new})
    texts = {cleaning.block_hash(text): text for lines in paragraphs.values() for text in lines}
    return [
        {**row, "sample": row["sample"] or texts.get(row["block_hash"], "")[: sites.LONGEST_SAMPLE]} for row in changed
    ]
