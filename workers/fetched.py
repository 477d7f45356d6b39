"""What a finished request means for its host and for the article or source it was made for, and how it is stored."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Connection, Table, update

from shared import articles, claims, hosts, pages, sources, urls
from shared.articles import Ending
from shared.database import now
from shared.hosts import Target
from shared.models import article, source
from shared.polling import next_interval_s
from shared.reasons import Failed
from shared.settings import settings
from shared.sources import NewSource, SourceEnding
from workers.politeness import pace_after
from workers.stages.fetching import MAX_HOPS, NotModified, Redirected, Response, Robots, rules_for, stop_following

AGENT = "copydesk"
SOURCE_KINDS = ("feed", "json_feed", "sitemap", "sitemap_index", "opml")
ROBOTS_RETRY_S = 3600.0  # after a failure, while an old copy serves


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One request to a host, made or (kind "denied") not made. `borrowed`: the other host that was asked."""

    target: Target
    kind: Literal["page", "source", "robots", "denied", "not_yet"]
    outcome: Response | NotModified | Redirected | Failed
    seconds: float = 0.0
    borrowed: int | None = None
    ended: float | None = None  # when the request ended, by this process's monotonic clock; null: none was made
    body: bytes | None = None  # of a response, packed

    @property
    def failed(self) -> Failed | None:
        """Why the request went wrong, for the host's pace; null where it did not, or was not made."""
        return self.outcome if isinstance(self.outcome, Failed) and self.kind not in ("denied", "not_yet") else None


@dataclass(slots=True)
class Stored:
    """What a batch of visits led to: ids to hand on, endings for the log."""

    to_clean: list[int] = field(default_factory=list)
    to_discover: list[int] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    lost: int = 0


def packed(visit: Visit) -> Visit:
    """The visit with its body compressed, ready to be stored."""
    return replace(visit, body=pages.pack(visit.outcome.body)) if isinstance(visit.outcome, Response) else visit


def store(connection: Connection, visits: Sequence[Visit], version: int) -> Stored:
    """Store finished visits; only rows and hosts that are still ours are written."""
    moved = {visit: urls.host_of(to) for visit in visits if (to := _moved_to(visit))}
    ids = hosts.ensure(connection, moved.values())
    next_hosts = {visit: ids[name] for visit, name in moved.items()}
    _settle_hosts(connection, visits, next_hosts.values())
    ours = _still_ours(connection, visits)
    stored = Stored(lost=len(visits) - len(ours))
    for visit in ours:
        if visit in next_hosts:
            _move(connection, visit, next_hosts[visit])
    hosts.wake(connection, next_hosts.values())
    kept = [visit for visit in ours if visit not in next_hosts]
    put_back(connection, [visit for visit in kept if not _ends(visit)])
    _end_articles(connection, [v for v in kept if _ends(v) and v.target.table is article], version, stored)
    _end_sources(connection, [v for v in kept if _ends(v) and v.target.table is source], stored)
    return stored


# ---- the host


def _settle_hosts(connection: Connection, visits: Sequence[Visit], also: Iterable[int]) -> None:
    """Set the clocks. All host rows are locked first, in the order of ids, so that two batches cannot deadlock."""
    borrowed = {visit.borrowed for visit in visits if visit.borrowed}
    hosts.lock(connection, {*(visit.target.host.id for visit in visits), *also, *borrowed})
    clocks = [(visit, *_clock(visit)) for visit in visits]
    hosts.settle_all(connection, [(visit.target, _rest(visit, wait_s), columns) for visit, wait_s, columns in clocks])
    hosts.give_back(connection, borrowed, settings().fetch_delay_s)


def _rest(visit: Visit, wait_s: float) -> float:
    """What is left of a wait that began when the request ended."""
    return wait_s if visit.ended is None else max(0.0, wait_s - (time.monotonic() - visit.ended))


def _clock(visit: Visit) -> tuple[float, dict[str, Any]]:
    """How long to leave the host alone, and what was learnt of it."""
    setting_s = settings().fetch_delay_s
    if visit.kind == "denied":
        return 0.0, {}  # no request was made
    if visit.kind == "not_yet":
        return setting_s, {}
    host: Any = visit.target.host
    robots = _robots_columns(visit) if visit.kind == "robots" else {}
    if "crawl_delay_s" in robots:
        host = _Known(robots["crawl_delay_s"], host.delay_s, host.strikes, host.successes)
    pace = pace_after(host, _blame(visit), setting_s)
    return pace.wait_s, pace.columns | robots


@dataclass(frozen=True, slots=True)
class _Known:
    """What the pace depends on, where robots.txt has just changed it."""

    crawl_delay_s: float | None
    delay_s: float | None
    strikes: int
    successes: int


def _blame(visit: Visit) -> Failed | None:
    """The failure as the host's: that robots.txt does not exist is none."""
    if visit.kind == "robots":
        outcome = _rules(visit)
        return outcome if isinstance(outcome, Failed) else None
    return visit.failed


def _rules(visit: Visit) -> str | Failed | None:
    """The text of the rules, why there are none yet, or null: look further along a redirect."""
    host, outcome = visit.target.host, visit.outcome
    if isinstance(outcome, Redirected):
        if host.robots_hops < MAX_HOPS:
            return None
        outcome = Failed("too_many_redirects")
    if isinstance(outcome, NotModified):
        return str(host.robots_text or "")
    return rules_for(outcome, hops=host.robots_hops)


def _robots_columns(visit: Visit) -> dict[str, Any]:
    host, rules = visit.target.host, _rules(visit)
    if rules is None and isinstance(visit.outcome, Redirected):
        return {"robots_url": visit.outcome.to, "robots_hops": host.robots_hops + 1}
    start_over = {"robots_url": None, "robots_hops": 0}
    if isinstance(rules, str):
        delay_s = Robots(rules).crawl_delay_s(AGENT)
        return start_over | {"robots_text": rules, "robots_checked_at": now(), "crawl_delay_s": delay_s}
    if host.robots_checked_at is not None:  # RFC 9309: while the file cannot be read, the old copy serves
        return start_over | {"robots_checked_at": now(ROBOTS_RETRY_S - settings().robots_ttl_s)}
    return start_over


# ---- the row


def _ends(visit: Visit) -> bool:
    """Whether the visit ends an attempt: a robots.txt that could be read only opens the way to one."""
    if visit.kind == "not_yet":
        return False
    if visit.kind == "robots":
        return isinstance(_rules(visit), Failed) and visit.target.host.robots_checked_at is None
    return True


def _moved_to(visit: Visit) -> str | None:
    """Where a redirect of an article or source leads, if it may be followed."""
    if visit.kind == "robots" or not isinstance(visit.outcome, Redirected):
        return None
    return None if stop_following(_hops(visit), visit.outcome) else visit.outcome.to


def _hops(visit: Visit) -> list[str]:
    before = visit.target.row.hops
    return [*(before if isinstance(before, list) else []), visit.target.url]


def _still_ours(connection: Connection, visits: Sequence[Visit]) -> list[Visit]:
    tokens: dict[Table, dict[int, int]] = {article: {}, source: {}}
    for visit in visits:
        tokens[visit.target.table][visit.target.row.id] = visit.target.token
    held = {table: claims.held(connection, table, by_id) for table, by_id in tokens.items() if by_id}
    return [visit for visit in visits if visit.target.row.id in held[visit.target.table]]


def _move(connection: Connection, visit: Visit, host_id: int) -> None:
    """A redirect: the row waits for the host that it leads to. No attempt has been used up."""
    table, row = visit.target.table, visit.target.row
    to = _moved_to(visit)
    free = {"lease_token": None, "leased_until": None, "attempts": row.attempts - 1}
    values = free | {"location": to, "hops": _hops(visit), "host_id": host_id}
    connection.execute(update(table).where(table.c.id == row.id).values(values))


def put_back(connection: Connection, visits: Sequence[Visit]) -> None:
    """These rows have not had their turn: they wait as before."""
    by_claim: dict[tuple[Table, int], list[Any]] = defaultdict(list)
    for visit in visits:
        by_claim[visit.target.table, visit.target.token].append(visit.target.row)
    for (table, token), rows in by_claim.items():
        claims.put_back(connection, table, claims.Claim(token, rows))


def _failure(visit: Visit) -> Failed | None:
    if visit.kind == "robots":
        rules = _rules(visit)
        return rules if isinstance(rules, Failed) else None
    if isinstance(visit.outcome, Redirected):
        return stop_following(_hops(visit), visit.outcome)
    if isinstance(visit.outcome, Response) and visit.target.table is article and visit.outcome.kind in SOURCE_KINDS:
        return Failed("is_source", f"read as a {visit.outcome.kind}")
    return visit.outcome if isinstance(visit.outcome, Failed) else None


def _end_articles(connection: Connection, visits: Sequence[Visit], version: int, stored: Stored) -> None:
    good = [visit for visit in visits if isinstance(visit.outcome, Response) and not _failure(visit)]
    pages.store(connection, [_page(visit) for visit in good])
    stored.endings = [_article_ending(visit) for visit in visits]
    articles.store(connection, "fetch", version, stored.endings)
    stored.to_clean = [visit.target.row.id for visit in good]
    misplaced = [visit for visit in visits if (failed := _failure(visit)) and failed.reason == "is_source"]
    sources.add(connection, [_as_source(visit) for visit in misplaced])


def _article_ending(visit: Visit) -> Ending:
    row, token, failed = visit.target.row, visit.target.token, _failure(visit)
    if failed:
        ending = articles.ended_badly(row, token, visit.seconds, failed)
        if row.text is None or ending.outcome == "retry":
            return ending
        # fetched before: what we have stays; the ledger says what happened to the second fetch
        return replace(ending, values={"next_stage": None, "due_at": None})
    if isinstance(visit.outcome, NotModified):
        return articles.ended_well(row, token, visit.seconds, {"next_stage": None})
    values: dict[str, Any] = {"next_stage": "clean", "fetched_at": now(), "location": None, "hops": None}
    # an article that has a text shows it until there is another
    values |= {"status": "fetched"} if row.text is None else {"refetched": True}
    return articles.ended_well(row, token, visit.seconds, values)


def _page(visit: Visit) -> dict[str, Any]:
    response: Any = visit.outcome
    return {
        "article_id": visit.target.row.id,
        "url": response.url,
        "status_code": response.status,
        "headers": response.headers,
        "content_type": response.content_type,
        "body": visit.body,
        "size": len(response.body),
        "given": None,
    }


def _as_source(visit: Visit) -> NewSource:
    """What was taken for an article is a feed or sitemap; its body need not be fetched again."""
    row, response = visit.target.row, visit.outcome
    if not isinstance(response, Response):
        raise TypeError("only a response can be read as a source")
    return NewSource(
        url=response.url,
        canonical_url=urls.canonical_url(response.url),
        host=urls.host_of(response.url),
        submission_id=row.submission_id,
        label=row.label,
        body=visit.body,
        content_type=response.content_type,
    )


def _end_sources(connection: Connection, visits: Sequence[Visit], stored: Stored) -> None:
    endings = [
        SourceEnding(visit.target.row, visit.target.token, _source_columns(visit), _failure(visit)) for visit in visits
    ]
    done = sources.store(connection, endings)
    stored.to_discover = [ending.row.id for ending in done if ending.values.get("next_stage") == "discover"]


def _source_columns(visit: Visit) -> dict[str, Any]:
    response = visit.outcome
    if isinstance(response, NotModified):
        interval_s = next_interval_s(visit.target.row.interval_s, 0, response.max_age_s or 0.0)
        return {"next_stage": None, "polled_at": now(), "interval_s": interval_s, "location": None, "hops": None}
    if not isinstance(response, Response):
        return {}
    return {
        "body": visit.body,
        "content_type": response.content_type,
        "etag": response.etag,
        "last_modified": response.last_modified,
        "floor_s": response.max_age_s,
        "next_stage": "discover",
        "queued_at": now(),
        "polled_at": now(),
        "hops": None,
    }
