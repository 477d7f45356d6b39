"""`make bench`: what everything costs, as a table and as bench.json. See docs/performance.md.

CPU is counted, of all processes; compare within one run, since other programs share the machine.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

ENGINES = ("sqlite", "postgresql")


def parts(count: int) -> dict[str, Callable[[], Iterator["Figure"]]]:
    """What can be measured, by name."""

    def both(measure: Callable[[str], Iterator["Figure"]]) -> Callable[[], Iterator["Figure"]]:
        return lambda: (figure for engine in ENGINES for figure in measure(engine))

    return {
        "stages": lambda: stages.measure(max(20, count // 10)),
        "overhead": both(lambda engine: overhead.measure(engine, 10 * count)),
        "line": both(lambda engine: line.measure(engine, count, "minilm")),
        "without-entities": both(lambda engine: line.measure(engine, count, "none")),
        "run": lambda: (figure for number in (1, count) for figure in line.run("sqlite", number)),
        "latency": both(lambda engine: latency.one_at_a_time(engine, max(20, count // 10))),
        "start-up": latency.start_up,
        "memory": lambda: memory.measure(20 * count),
    }


@click.command()
@click.argument("names", nargs=-1)
@click.option("--pages", "count", default=1000, show_default=True, help="How many articles.")
@click.option("--out", type=click.Path(path_type=Path), default="bench.json", show_default=True)
def main(names: tuple[str, ...], count: int, out: Path) -> None:
    """Measure NAMES, by default everything; print a table and write JSON."""
    known = parts(count)
    if unknown := set(names) - set(known):
        raise click.UsageError(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    measured: list[Figure] = []
    for name in names or known:
        click.echo(f"-- {name}")
        measured += show(known[name]())
    write(out, measured)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"  # as `copydesk run` does
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    from tests.benchmarks import latency, line, memory, overhead, stages
    from tests.benchmarks.figures import Figure, show, write

    main()
