"""What `copydesk submit` takes for a text file of addresses, on either database."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from tests.benchmarks.measuring import Cost, children_peak_mb, measure, postgres_server

HOSTS = 10_000
COPYDESK = Path(sys.executable).with_name("copydesk")


@click.command()
@click.option("--urls", "count", default=100_000, show_default=True, help="How many addresses.")
@click.option("--only", type=click.Choice(["sqlite", "postgresql"]), help="One of the databases.")
def main(count: int, only: str | None) -> None:
    """Submit a list of addresses and print a table."""
    click.echo(f"{'':20} addresses   wall s    per s   CPU µs   server µs   peak MB")
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as name:
        folder = Path(name)
        write(folder / "urls.txt", count)
        if only != "postgresql":
            click.echo(row("submit, SQLite", submit(folder, f"sqlite:///{folder}/intake.db")))
        if only != "sqlite":
            with postgres_server() as server:
                cost = submit(folder, server.new_database("intake"), server.cpu_s)
                click.echo(row("submit, PostgreSQL", cost))


def row(name: str, cost: Cost) -> str:
    """A line of the table; CPU per address, of the command and of the database server."""
    return (
        f"{name:20} {cost.number:9} {cost.wall_s:8.1f} {cost.rate:8.0f} {cost.own_us:8.1f} {cost.server_us:11.1f}"
        f" {children_peak_mb():9.0f}"
    )


def write(path: Path, count: int) -> None:
    """A list as archives give it: many hosts, in no order, every other address with a tracker."""
    with path.open("w") as file:
        for number in range(count):
            key, tail = number * 7_919 % count, "?utm_source=rss" if number % 2 else ""
            file.write(f"https://www.site{key % HOSTS}.example.org/news/2026/11/an-article-about-{key}.html{tail}\n")


def submit(folder: Path, database: str, server_cpu: Callable[[], float] = lambda: 0.0) -> Cost:
    """`urls.txt` in `folder` submitted to a new database; nothing listens at the broker."""
    store = ["--database", database, "--data", str(folder / "data")]
    subprocess.run([COPYDESK, "migrate", *store], check=True, stdout=subprocess.DEVNULL)

    def work() -> int:
        command = [COPYDESK, "submit", *store, "--json", str(folder / "urls.txt")]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        return int(json.loads(out)["new"])

    return measure(work, server_cpu)


if __name__ == "__main__":
    main()
