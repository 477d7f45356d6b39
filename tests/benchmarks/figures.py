"""What a benchmark says: figures with their unit and goal, as a table and as JSON."""

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `goal` is what it should be, in words; empty where there is none."""

    what: str
    value: float
    unit: str
    goal: str = ""

    def row(self) -> str:
        return f"{self.what:58} {self.value:10.3f} {self.unit:14} {self.goal}"


def show(figures: Iterable[Figure]) -> list[Figure]:
    """Print figures as they come; returns them."""
    kept = []
    for figure in figures:
        click.echo(figure.row())
        kept.append(figure)
    return kept


def write(path: Path, figures: Sequence[Figure]) -> None:
    """The machine and its figures."""
    path.write_text(json.dumps({"machine": machine(), "figures": [asdict(one) for one in figures]}, indent=1) + "\n")


def machine() -> dict[str, object]:
    """What it was measured on."""
    model = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    return {
        "processor": model.partition(":")[2].strip() or model,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
