"""What the pipeline itself costs: articles through stages that do nothing. CPU of all processes per article."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shared.submissions import NewArticle
from tests.benchmarks import cluster, idle_stages
from tests.benchmarks.figures import Figure

PAGE = b"\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"  # nothing, packed
ROOT = Path(__file__).parents[2]


def measure(engine: str, count: int, **values: object) -> Iterator[Figure]:
    """`count` articles through three stages that do nothing, on a cluster that runs already."""
    with tempfile.TemporaryDirectory(prefix="copydesk-idle-") as folder:
        idle_stages.put_into(Path(folder))
        os.environ["PYTHONPATH"] = f"{folder}:{ROOT}"
        with cluster.running(engine, stages=idle_stages.SETTING, **values):
            cluster.add(articles(0, 200))
            cluster.wait()
            before = cluster.cpu_by_part()
            for start in range(200, 200 + count, 2000):
                cluster.add(articles(start, min(2000, 200 + count - start)))
            cluster.wait()
            after = cluster.cpu_by_part()
    used = {part: 1000 * (seconds - before.get(part, 0.0)) / count for part, seconds in after.items()}
    yield Figure(f"stages that do nothing, {engine}", sum(used.values()), "ms CPU", "<= 3")
    for part, each_ms in used.items():
        yield Figure(f"  of which {part}", each_ms, "ms CPU")


def articles(start: int, count: int) -> list[NewArticle]:
    return [
        NewArticle(
            f"https://site{n % 25}.example/{n}", f"https://site{n % 25}.example/{n}", f"site{n % 25}.example", body=PAGE
        )
        for n in range(start, start + count)
    ]
