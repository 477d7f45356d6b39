"""Deleting an article: all that it said goes, its row stays, dropped with the reason `deleted`.

The row keeps the books balanced, tells readers of the change feed, and keeps the address from being added again by the
next feed that lists it.
"""

from typing import Final

from sqlalchemy import Connection, delete, select, update

from shared import page_store, searching
from shared.models import article, article_blocks, cluster, mention, page, revision

SAID: Final = (
    "location", "hops", "detail", "title", "subtitle", "authors", "agency", "published_at", "modified_at", "language",
    "section", "image_url", "site_name", "paywalled", "text", "markdown", "word_count", "removed", "provenance",
    "published_as", "entities_skipped", "exact_key", "cluster_id", "duplicate_of", "relation", "similarity",
    "fetched_at", "source_updated_at", "due_at", "queued_at", "lease_token", "leased_until", "next_stage", "rerun_from",
    "change",
)  # fmt: skip


def delete_article(connection: Connection, article_id: int) -> str | None:
    """Delete what an article says, that has left its cluster; a worker that is at it will store nothing.

    Returns the name of its page in the page store, to be removed after the commit; null where it lies in the database.
    """
    kept_at = connection.scalar(select(page.c.kept_at).where(page.c.article_id == article_id))
    for table in (page, revision, mention, article_blocks):
        connection.execute(delete(table).where(table.c.article_id == article_id))
    searching.forget(connection, [article_id])
    values = dict.fromkeys(SAID) | {"status": "dropped", "reason": "deleted", "refetched": False, "revision": 1}
    connection.execute(update(article).where(article.c.id == article_id).values(values))
    # its cluster has no other member, or `leave_clusters` would have given the name to one of them
    connection.execute(update(cluster).where(cluster.c.id == article_id).values(canonical_id=None, size=0))
    return kept_at


def remove_page(name: str | None) -> None:
    """Remove a page from the page store, if it is there."""
    if name is not None:
        page_store.remove(name)
