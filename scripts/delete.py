"""`copydesk delete`: an article whose text must go."""

import click

from scripts.options import store_options
from scripts.show import find
from shared import deleting, duplicates
from shared.database import reading, transaction
from shared.duplicates import Moved
from shared.errors import UsageError
from shared.texts import shown

TRIES = 5  # while workers change the same cluster


@click.command("delete")
@click.argument("which", metavar="ID|URL")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_options
def command(which: str, yes: bool) -> int:
    """Delete an article: its page, text, revisions, names and copies' evidence. Its address stays, so that the next
    feed does not bring it back. Its copies stay, and another of them stands for them.
    """
    with reading() as connection:
        row = find(connection, which)
        copies = len(duplicates.copies(connection, row.id))
    if row.reason == "deleted":
        raise UsageError(f"article {row.id} ({shown(row.url)}) is deleted already")
    print(f"article {row.id}: {shown(row.title or '(no title)')}\n  {shown(row.url)}")
    if copies:
        print(f"  {copies} copies of it stay (copydesk show {row.id} lists them)")
    if not yes and not click.confirm("Delete it for good?"):
        print("nothing was deleted")
        return 1
    deleting.remove_page(_delete(row.id))
    print(f"article {row.id} is deleted")
    return 0


def _delete(article_id: int) -> str | None:
    from workers.pipeline import leave_clusters

    for _ in range(TRIES):
        try:
            with transaction() as connection:
                leave_clusters(connection, [article_id])
                return deleting.delete_article(connection, article_id)
        except Moved:
            continue
    raise UsageError(f"article {article_id} is being worked on by others: try again in a moment")
