"""`copydesk submit`: the producer for a running cluster."""

import json

import click

from scripts.intake import Intake, Wishes, take_in
from scripts.options import json_option, store_options
from scripts.progress import plural, wait_until_finished, watcher


@click.command("submit")
@click.argument("given", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--label", help="A word to find these articles by.")
@click.option("--priority", type=click.IntRange(-100, 100), default=0, help="Higher goes first. [0]")
@click.option("--watch", "watched", is_flag=True, help="Read these sources again and again, for ever.")
@click.option("--wait", is_flag=True, help="Until all articles of this call are in stories, ended badly or postponed.")
@click.option("--dry-run", is_flag=True, help="Say what would be submitted; write nothing.")
@store_options
@json_option
def command(
    given: tuple[str, ...], label: str | None, priority: int, watched: bool, wait: bool, dry_run: bool, as_json: bool
) -> int:
    """Hand SOURCEs to a running cluster. They are recorded even while the broker is away."""
    watch = watcher(as_json)
    intake = take_in(given, Wishes(label, priority, dry_run, watched))
    for problem in intake.problems:
        watch.say(f"not used: {problem}")
    if not dry_run and not tell_cluster():
        watch.say("recorded; the broker does not answer, work starts when it is back")
    if wait and not dry_run:
        with watch:
            wait_until_finished(watch, intake.submission_id)
    _report(intake, dry_run, as_json)
    return 0 if intake.usable else 1


def tell_cluster() -> bool:
    """Let the next free worker look; dispatch would notice in a second."""
    from workers import broker

    return broker.send("copydesk.dispatch") and broker.send("copydesk.fetch")


def _report(intake: Intake, dry_run: bool, as_json: bool) -> None:
    if as_json:
        names = ("submission_id", "found", "new", "sources", "bad", "problems")
        print(json.dumps({name: getattr(intake, name) for name in names}, ensure_ascii=False))
        return
    verb = "would be submitted" if dry_run else f"submitted as number {intake.submission_id}"
    new = "" if dry_run else f", {intake.new:,} of them new"
    articles, sources = plural(intake.found, "article"), plural(intake.sources, "source")
    print(f"{articles}{new} and {sources} {verb}; {intake.bad:,} not used")
