"""`copydesk run`: everything in one process tree; ends when nothing is left to do."""

import time
from collections.abc import Sequence
from contextlib import nullcontext

import click

from scripts.embedded import check_broker, holding, services
from scripts.intake import Intake, Wishes, take_in
from scripts.options import json_option, store_options
from scripts.progress import Watcher, wait_until_finished, watcher
from scripts.submit import tell_cluster
from scripts.summary import summarise
from shared import changes, claims, sites, stories
from shared.accounting import Progress, progress
from shared.database import reading, transaction
from shared.errors import UsageError
from shared.models import article, source
from shared.schema import migrate
from shared.settings import settings
from workers.extensions import use_chosen_stages
from workers.pipeline import check_entity_model


@click.command("run")
@click.argument("given", nargs=-1, metavar="[SOURCE]...")
@click.option("--label", help="A word to find these articles by.")
@store_options
@json_option
def command(given: tuple[str, ...], label: str | None, as_json: bool) -> int:
    """Ingest SOURCEs here and now: starts what is missing, shows progress, prints a summary, ends.

    Running it again continues where it stopped; without SOURCE it does only that. Exit status: 0 all accounted for and
    at least one article, 1 nothing usable, 2 wrong usage.
    """
    return ingest(given, label, watcher(as_json), as_json)


def ingest(given: Sequence[str], label: str | None, watch: Watcher, as_json: bool, *, by_cluster: bool = False) -> int:
    """Run `given` to the end, in this process tree or by a cluster that works already; returns the exit status."""
    began = time.monotonic()
    if not given and not settings().database_url and not (settings().data_dir / "copydesk.db").exists():
        raise UsageError(f"give a SOURCE: there is nothing in {settings().data_dir} to go on with")
    check_entity_model()
    use_chosen_stages()
    with holding(settings().data_dir):
        if settings().broker_url:
            check_broker()
        with nullcontext(_nothing) if by_cluster else services(with_broker=not settings().broker_url) as start_workers:
            migrate()
            if not given:
                _check_open()
            if not settings().database_url:
                free_everything()
            start_workers()
            intake = take_in(given, Wishes(label)) if given else Intake()
            for problem in intake.problems:
                watch.say(f"not used: {problem}")
            if intake.bad > len(intake.problems):
                watch.say(f"not used: {intake.bad - len(intake.problems)} more like these")
            last = _wait(watch, intake.submission_id if by_cluster else None)
        _number_changes()
        return summarise(intake, last, time.monotonic() - began, as_json)


def _nothing() -> None:
    """What is to be started where a cluster works already."""


def _number_changes() -> None:
    """Who follows the changes hears of the last ones now, not when dispatch runs again."""
    while True:
        with transaction() as connection:
            if not changes.number(connection):
                return


def _check_open() -> None:
    with reading() as connection:
        if not progress(connection).open_articles:
            raise UsageError("give a SOURCE: no article is left to be worked on")


def free_everything() -> None:
    """Nobody else works on our directory's database: what is claimed was left by a run that was killed."""
    with transaction() as connection:
        for table in (article, source):
            claims.free_all(connection, table)
        sites.free_all(connection)
        stories.free_all(connection)


def _wait(watch: Watcher, submission_id: int | None) -> Progress:
    """Until nothing (of one submission) is open but what is postponed."""
    tell_cluster()
    with watch:
        return wait_until_finished(watch, submission_id)
