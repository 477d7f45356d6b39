"""Every metric, described. All are read from the database when asked for, so they are true after any restart."""

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from shared.accounting import Account

ARTICLES = "articles that have been submitted, by where they are"
REASONS = "articles that were dropped or quarantined or wait for a retry, by why"
STAGE_ARTICLES = "articles that wait for a stage or are in work in it"
STAGE_SECONDS = "service time of an article in a stage, of the last two thousand"
HOSTS = "hosts, by state"
SOURCES = "feeds, sitemaps and sites, by state"


class _Books:
    """A collector of one account."""

    def __init__(self, books: Account) -> None:
        self._books = books

    def collect(self) -> Iterator[Metric]:
        books = self._books
        states = ("done", "dropped", "quarantined", "in_progress", "postponed", "duplicates")
        yield _gauge("copydesk_articles", ARTICLES, "state", {name: getattr(books, name) for name in states})
        yield _gauge("copydesk_articles_by_reason", REASONS, "reason", books.reasons)
        yield _gauge("copydesk_hosts", HOSTS, "state", _numbers(books.hosts))
        yield _gauge("copydesk_sources", SOURCES, "state", _numbers(books.sources))
        yield from _stages(books)


def exposition(books: Account) -> str:
    """The account in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Books(books))
    return generate_latest(registry).decode()


def _numbers(values: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in values.items() if isinstance(value, int)}


def _gauge(name: str, what: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, what, labels=[label])
    for word, value in values.items():
        gauge.add_metric([word], value)
    return gauge


def _stages(books: Account) -> Iterator[Metric]:
    articles = GaugeMetricFamily("copydesk_stage_articles", STAGE_ARTICLES, labels=["stage", "state"])
    seconds = GaugeMetricFamily("copydesk_stage_seconds", STAGE_SECONDS, labels=["stage", "quantile"])
    for name, stage in books.stages.items():
        articles.add_metric([name, "waiting"], stage.waiting)
        articles.add_metric([name, "running"], stage.running)
        for quantile, value in (("0.5", stage.p50), ("0.95", stage.p95)):
            if value is not None:
                seconds.add_metric([name, quantile], value)
    yield articles
    yield seconds
