"""`copydesk migrate`: for a cluster's database; embedded ones are migrated by `run`."""

import click

from scripts.options import store_options
from shared.schema import migrate


@click.command("migrate")
@store_options
def command() -> int:
    """Bring the database schema up to date. Safe to run twice, and twice at once."""
    before, after = migrate()
    print(f"schema {after}" + (" already" if before == after else f", was {before or 'empty'}"))
    return 0
