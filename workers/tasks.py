"""One thin task per stage, in order."""

from typing import Any

from celery import signals

from workers import (
    arranging,
    bench,
    discovery,
    dispatch,
    extensions,
    frontier,
    heartbeats,
    lifecycle,
    pipeline,
    remembering,
)
from workers.app import ARTICLES, app
from workers.outages import endure


@signals.worker_init.connect
def _load_stages(sender: Any, **_: Any) -> None:
    """Import the libraries of the CPU stages once, before the pool forks, so that its processes share them."""
    if ARTICLES in sender.app.amqp.queues.consume_from:
        extensions.use_chosen_stages()
        pipeline.load_stages()
        bench.use()


@signals.worker_ready.connect
def _beat(sender: Any, **_: Any) -> None:
    heartbeats.start(sender.hostname, sorted(app.amqp.queues.consume_from), sender.pool.num_processes)


@app.task(name="copydesk.fetch")
def fetch() -> None:
    """Fetch from hosts that are due, for a short while. Names no articles: the frontier knows whose turn it is."""
    endure(frontier.work_a_shift)


@app.task(name="copydesk.discover")
def discover(source_ids: list[int]) -> None:
    """Read fetched feeds, sitemaps and sites, and add the articles that they name."""
    endure(discovery.process, source_ids)


@app.task(name="copydesk.clean")
def clean(article_ids: list[int]) -> None:
    """Turn stored pages into text and metadata."""
    endure(lifecycle.process, "clean", article_ids)


@app.task(name="copydesk.extract")
def extract(article_ids: list[int]) -> None:
    """Find people, organisations and places."""
    endure(lifecycle.process, "extract", article_ids)


@app.task(name="copydesk.deduplicate")
def deduplicate(article_ids: list[int]) -> None:
    """Find copies and join them in clusters."""
    endure(lifecycle.process, "deduplicate", article_ids)


@app.task(name="copydesk.remember")
def remember(host_ids: list[int]) -> None:
    """Learn what recurs over the articles of these hosts, and have articles cleaned again where that matters."""
    endure(remembering.process, host_ids)


@app.task(name="copydesk.arrange")
def arrange() -> None:
    """Put reports whose clusters have changed into stories. Names none: the marks say what is to be done."""
    endure(arranging.process)


@app.task(name="copydesk.dispatch")
def run_dispatch() -> None:
    """What beat runs: retries due, leases lost, messages lost, hosts due."""
    endure(dispatch.tick)
