"""What the pipeline itself costs: articles through stages that do nothing. CPU of all processes per article."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from shared.submissions import NewArticle
from tests.benchmarks import cluster, idle_stages

PAGE = b"\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"  # nothing, packed
ROOT = Path(__file__).parents[2]


def measure(engine: str, count: int, **values: object) -> dict[str, Any]:
    """`count` articles through three stages that do nothing, on a cluster that runs already."""
    with tempfile.TemporaryDirectory(prefix="copydesk-idle-") as folder:
        idle_stages.put_into(Path(folder))
        os.environ["PYTHONPATH"] = f"{folder}:{ROOT}"
        with cluster.running(engine, stages=idle_stages.SETTING, **values):
            cluster.add(articles(0, 200))
            cluster.wait()
            used, began = cluster.cpu_by_part(), time.monotonic()
            for start in range(200, 200 + count, 2000):
                cluster.add(articles(start, min(2000, 200 + count - start)))
            cluster.wait()
            return {
                "engine": engine,
                "articles": count,
                "wall_s": time.monotonic() - began,
                "cpu_ms": {
                    part: round(1000 * (seconds - used.get(part, 0.0)) / count, 3)
                    for part, seconds in cluster.cpu_by_part().items()
                },
            }


def articles(start: int, count: int) -> list[NewArticle]:
    return [
        NewArticle(
            f"https://site{n % 25}.example/{n}", f"https://site{n % 25}.example/{n}", f"site{n % 25}.example", body=PAGE
        )
        for n in range(start, start + count)
    ]


@click.command()
@click.option("--articles", "count", default=10_000, show_default=True)
@click.option("--only", type=click.Choice(["sqlite", "postgresql"]))
def main(count: int, only: str | None) -> None:
    """Measure and print."""
    for engine in [only] if only else ["sqlite", "postgresql"]:
        click.echo(measure(engine, count))


if __name__ == "__main__":
    main()
