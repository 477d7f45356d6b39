"""Every metric, described. All are read from the database and the broker when asked for, so they survive any restart.

Names and labels follow Prometheus' conventions: base units, one word for one thing, and no label whose values grow
with what is ingested (hosts, sources and articles are counted, not named).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from shared.accounting import Account

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ARTICLES = "articles that have been submitted, by where they are"
REASONS = "articles that were dropped or quarantined or wait for a retry, by why"
BALANCED = "1 while submitted = done + dropped + quarantined + in progress, to the row"
ENDED = "articles that ended in the last minute"
OLDEST = "since the article was submitted that has been in progress for longest; 0 where none is"
STAGE_ARTICLES = "articles that wait for a stage or are in work in it"
STAGE_OLDEST = "since the article was submitted that has been in this stage for longest; 0 where none is"
STAGE_SECONDS = "service time of an article in a stage, of the newest runs"
STAGE_WAITING = "time that an article waited for a worker before a stage, of the newest runs"
HOSTS = "hosts, by state"
SOURCES = "feeds, sitemaps and sites, by state"
ALARMS = "sources whose newest articles lack something against those before them, by what"
QUEUES = "messages that wait in a queue of the broker"
WORKERS = "workers that live"
SLOTS = "slots of the workers that live, by state"
BROKER = "1 while the broker answers"


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the broker knows: messages by queue, how many workers live, and how many of their slots are busy."""

    queues: Mapping[str, int] = field(default_factory=dict)
    workers: int = 0
    slots: int = 0
    busy: int = 0


class _Books:
    """A collector of one account, of the alarms, and of the cluster as far as it is known."""

    def __init__(self, books: Account, alarms: Mapping[str, int], cluster: Cluster | None) -> None:
        self._books, self._alarms, self._cluster = books, alarms, cluster

    def collect(self) -> Iterator[Metric]:
        yield from _articles(self._books)
        yield from _stages(self._books)
        yield _gauge("copydesk_hosts", HOSTS, "state", _numbers(self._books.hosts))
        yield _gauge("copydesk_sources", SOURCES, "state", _numbers(self._books.sources))
        yield _gauge("copydesk_source_alarms", ALARMS, "alarm", self._alarms)
        yield from _broker(self._cluster)


def exposition(books: Account, alarms: Mapping[str, int], cluster: Cluster | None) -> str:
    """All of it in Prometheus' text format; `cluster` is None while the broker is away."""
    registry = CollectorRegistry()
    registry.register(_Books(books, alarms, cluster))
    return generate_latest(registry).decode()


def _numbers(counts: Mapping[str, object]) -> dict[str, int]:
    return {name: value for name, value in counts.items() if isinstance(value, int)}


def _gauge(name: str, what: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, what, labels=[label])
    for word, value in values.items():
        gauge.add_metric([word], value)
    return gauge


def _articles(books: Account) -> Iterator[Metric]:
    states = ("done", "dropped", "quarantined", "in_progress", "postponed", "duplicates")
    yield _gauge("copydesk_articles", ARTICLES, "state", {name: getattr(books, name) for name in states})
    reasons = GaugeMetricFamily("copydesk_articles_by_reason", REASONS, labels=["outcome", "reason"])
    for outcome in ("dropped", "quarantined", "retried"):
        for reason, count in getattr(books, f"{outcome}_because").items():
            reasons.add_metric([outcome, reason], count)
    yield reasons
    yield GaugeMetricFamily("copydesk_books_balanced", BALANCED, value=books.holds)
    yield GaugeMetricFamily("copydesk_ended_per_minute", ENDED, value=books.ended_per_minute)
    yield GaugeMetricFamily("copydesk_oldest_age_seconds", OLDEST, value=_age_s(books.oldest))


def _stages(books: Account) -> Iterator[Metric]:
    articles = GaugeMetricFamily("copydesk_stage_articles", STAGE_ARTICLES, labels=["stage", "state"])
    oldest = GaugeMetricFamily("copydesk_stage_oldest_age_seconds", STAGE_OLDEST, labels=["stage"])
    service = Metric("copydesk_stage_seconds", STAGE_SECONDS, "summary")
    waiting = Metric("copydesk_stage_waiting_seconds", STAGE_WAITING, "summary")
    for name, stage in books.stages.items():
        articles.add_metric([name, "waiting"], stage.waiting)
        articles.add_metric([name, "running"], stage.running)
        oldest.add_metric([name], _age_s(stage.oldest))
        _quantiles(service, name, stage.p50, stage.p95, stage.p99)
        _quantiles(waiting, name, stage.waiting_p50, stage.waiting_p95, stage.waiting_p99)
    yield from (articles, oldest, service, waiting)


def _quantiles(summary: Metric, stage: str, *values: float | None) -> None:
    for quantile, value in zip(("0.5", "0.95", "0.99"), values, strict=True):
        if value is not None:
            summary.add_sample(summary.name, {"stage": stage, "quantile": quantile}, value)


def _age_s(since: str | None) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds() if since else 0.0


def _broker(cluster: Cluster | None) -> Iterator[Metric]:
    yield GaugeMetricFamily("copydesk_broker_up", BROKER, value=cluster is not None)
    if cluster is not None:
        yield _gauge("copydesk_queue_messages", QUEUES, "queue", cluster.queues)
        yield GaugeMetricFamily("copydesk_workers", WORKERS, value=cluster.workers)
        slots = {"busy": cluster.busy, "free": cluster.slots - cluster.busy}
        yield _gauge("copydesk_worker_slots", SLOTS, "state", slots)
