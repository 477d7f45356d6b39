"""The promise as queries: nothing is lost, nothing is there twice, everything has ended with a reason."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, func, select, text

from shared.accounting import account
from shared.models import article, stage_run

# what must not be: rows that a query finds
FAULTS: Final = {
    "a lease is left": """
        select 'article', id from article where lease_token is not null union all
        select 'source', id from source where lease_token is not null union all
        select 'site', host_id from site where lease_token is not null""",
    "an article has not ended": "select id, status, next_stage, due_at from article where next_stage is not null",
    "a stage has ended well twice": """
        select article_id, stage, count(*) from stage_run where outcome = 'done' group by article_id, stage
        having count(*) > 1""",
    "done, but the ledger does not say so": """
        select article.id, stage.name from article, (select 'clean' as name union select 'extract'
        union select 'deduplicate') as stage where article.status = 'done' and not exists (select 1 from stage_run
        where article_id = article.id and outcome = 'done' and stage_run.stage = stage.name)""",
    "ended otherwise than the ledger says": """
        select article.id, article.status, article.reason, last.outcome, last.reason from article join stage_run as last
        on last.id = (select max(id) from stage_run where article_id = article.id)
        where (article.status in ('dropped', 'quarantined') and article.status <> last.outcome)
        or coalesce(article.reason, '') <> coalesce(last.reason, '')""",
    "an article without its page": """
        select id, status from article where status in ('fetched', 'cleaned', 'extracted', 'done')
        and not exists (select 1 from page where article_id = article.id)""",
    "an article without text": """
        select id, status from article where status in ('cleaned', 'extracted', 'done') and text is null""",
    "a cluster that miscounts its members": """
        select id, size from cluster where merged_into is null
        and size <> (select count(*) from article where cluster_id = cluster.id)""",
    "a member of a cluster that is no more": """
        select article.id, cluster_id from article join cluster on cluster.id = cluster_id
        where merged_into is not null""",
    "a copy of another than its cluster's first": """
        select article.id, duplicate_of, canonical_id from article join cluster on cluster.id = cluster_id
        where article.status = 'done' and article.id <> canonical_id and coalesce(duplicate_of, 0) <> canonical_id""",
    "a mention that is not in the text": """
        select mention.article_id, mention.start, surface from mention join article on article.id = article_id
        where substr(coalesce(text, ''), mention.start + 1, mention."end" - mention.start) <> surface""",
    "mentions that no stage has found": """
        select distinct article_id from mention where not exists (select 1 from stage_run
        where stage_run.article_id = mention.article_id and stage = 'extract' and outcome = 'done')""",
}


def faults(connection: Connection, expected: int | None = None) -> list[str]:
    """What breaks the promise, once everything is said to have ended; `expected`: how many articles were given."""
    return list(_faults(connection, expected))


def _faults(connection: Connection, expected: int | None) -> Iterator[str]:
    books = account(connection)
    if not books.holds:
        yield f"the books do not balance: {books}"
    if expected is not None and books.submitted != expected:
        yield f"{expected} articles were given, and {books.submitted} are there"
    for what, query in FAULTS.items():
        rows = connection.execute(text(query)).fetchmany(4)
        if rows:
            yield f"{what}: {[tuple(row) for row in rows]}"


def asked_too_often(connection: Connection, visits: Counter[str]) -> list[str]:
    """The URLs that were asked for more often than the ledger has attempts to fetch them."""
    runs = connection.execute(
        select(article.c.url, func.count())
        .join(stage_run, stage_run.c.article_id == article.c.id)
        .where(stage_run.c.stage == "fetch")
        .group_by(article.c.url)
    )
    attempts = dict(runs.all())
    return [
        f"{url} was asked for {asked} times in {attempts.get(url, 0)} attempts"
        for url, asked in visits.items()
        if asked > attempts.get(url, 0)
    ]
