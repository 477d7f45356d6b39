"""`copydesk requeue`: run articles again, by condition."""

import json
import sys

import click

from scripts.options import conditions_help, json_option, read_terms, store_options, where_options
from scripts.progress import plural
from shared.database import reading
from shared.errors import UsageError
from shared.flow import STAGE_NAMES
from shared.requeueing import LACKS, Plan, plan, requeue

ASKED_FROM = 1000  # articles


@click.command("requeue", epilog=conditions_help())
@where_options
@click.option("--from", "stage", type=click.Choice(STAGE_NAMES), help="First stage to run. [where each one stopped]")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, lowest ids first.")
@click.option("--dry-run", is_flag=True, help="Count; change nothing.")
@click.option("--yes", is_flag=True, help=f"Do not ask, even for more than {ASKED_FROM:,}.")
@store_options
@json_option
def command(
    conditions: tuple[str, ...],
    where: tuple[str, ...],
    stage: str | None,
    limit: int | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Run the articles again that meet all CONDITIONs, from a stage of choice, from what is stored.

    copydesk requeue status=quarantined reason=worker_lost

    copydesk requeue --where "host=example.org version.clean<7 since=2026-01-01" --from clean

    Nothing is fetched unless it says --from fetch, or an article stopped there. An article in work goes back when its
    present stage has ended. Workers do the rest; without a cluster, the next `copydesk run` does.
    """
    terms = read_terms(conditions, where)
    if not terms:
        raise UsageError("say which articles, e.g. copydesk requeue status=quarantined (id>0: all of them)")
    with reading() as connection:
        counted = plan(connection, terms, stage)
    articles = min(counted.articles, limit or counted.articles)
    if not dry_run:
        _ask(articles, yes=yes)
    done = 0 if dry_run or not articles else requeue(terms, stage, limit)
    _report(counted, articles if dry_run else done, dry_run=dry_run, as_json=as_json)
    if done:
        _tell_cluster()
    return 0


def _ask(articles: int, *, yes: bool) -> None:
    if yes or articles <= ASKED_FROM:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            f"{plural(articles, 'article')} would run again: --yes says that this is meant (see --dry-run)"
        )
    click.confirm(f"Run {plural(articles, 'article')} again?", abort=True, err=True)


def _report(counted: Plan, articles: int, *, dry_run: bool, as_json: bool) -> None:
    lacking = counted.lacking or {}
    if as_json:
        record = {"requeued": 0 if dry_run else articles, "would": articles if dry_run else None}
        print(json.dumps(record | {"stages": counted.stages, "statuses": counted.statuses, "coming": counted.coming,
                                   "lacking": lacking}))  # fmt: skip
        return
    again = "would run again" if dry_run else "will run again" if articles else "run again"
    parts = ", ".join(f"{count:,} from {stage}" for stage, count in sorted(counted.stages.items()))
    states = ", ".join(f"{count:,} {status}" for status, count in sorted(counted.statuses.items()))
    of = "" if articles == counted.articles else f" of {counted.articles:,}"
    print(f"{plural(articles, 'article')}{of} {again}" + (f" ({parts}; now {states})" if parts else ""))
    if counted.coming:
        print(f"{plural(counted.coming, 'article')} will come there anyway: left alone")
    for stage, count in sorted(lacking.items()):
        print(f"{plural(count, 'article')} left alone: to begin with {stage} they {LACKS[stage]}")


def _tell_cluster() -> None:
    from scripts.submit import tell_cluster

    tell_cluster()
