"""Whether a worker's memory stays flat: many articles through all stages in one process."""

import random
import tempfile
from collections.abc import Iterator

import psutil

from shared.logs import configure_logs
from shared.schema import migrate
from tests.benchmarks import cluster, line, pages
from tests.benchmarks.figures import Figure, median
from workers import broker, lifecycle
from workers.pipeline import STAGES

BATCH = 32


def measure(count: int, model: str = "none") -> Iterator[Figure]:
    """Resident memory in the last quarter of the articles against the first."""
    page_words = pages.WordChain(random.Random(7))
    broker.send = lambda *_, **__: True  # type: ignore[assignment]  # nobody listens
    seen: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="copydesk-bench-") as name,
        cluster.configured(
            database_url=f"sqlite:///{name}/bench.db", data_dir=name, entity_model=model, log_level="ERROR"
        ),
    ):
        configure_logs()
        migrate()
        for start in range(0, count, BATCH):
            ids = _add(page_words, start)
            for stage in STAGES:
                lifecycle.process(stage, ids)
            seen.append(psutil.Process().memory_info().rss / 1e6)
    quarter = max(1, len(seen) // 4)
    first, last = median(seen[:quarter]), median(seen[-quarter:])
    yield Figure(f"memory of a worker, first quarter of {count} articles", first, "MB")
    yield Figure("memory of a worker, last quarter / first", last / first, "x", "<= 1.05")


def _add(words: pages.WordChain, start: int) -> list[int]:
    bodies = [pages.page(words, number).encode() for number in range(start, start + BATCH)]
    return sorted(line.add(bodies, start))
