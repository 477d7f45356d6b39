"""`copydesk migrate`: for a cluster's database; embedded ones are migrated by `run`."""

import click

from scripts.options import store_options
from shared.schema import migrate
from shared.settings import settings


@click.command("migrate")
@store_options
def command() -> int:
    """Bring the database schema up to date. Safe to run twice, and twice at once."""
    if not settings().database_url:
        settings().data_dir.mkdir(parents=True, exist_ok=True)
    before, after = migrate()
    print(f"schema {after}" + (" already" if before == after else f", was {before or 'empty'}"))
    return 0
