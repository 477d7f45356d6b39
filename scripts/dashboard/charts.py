"""Charts as numbers: where the bars of an SVG stand. The template draws them, the style sheet colours them.

A chart library brings styles and scripts inside the SVG, which the pages' security policy rightly forbids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STEP = 10  # units from bar to bar
BAR = 8
FEWEST_STEPS = 24
STEPS_S = (3600, 6 * 3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar; the origin is the top left."""

    x: float
    y: float
    width: float
    height: float
    label: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars 100 units high at most, and the words below them."""

    bars: Sequence[Bar]
    width: int
    first: str
    last: str
    summary: str

    @property
    def path(self) -> str:
        """All bars as one SVG path: for many small charts on a page, whose bars have no words of their own."""
        return "".join(f"M{bar.x} 100V{bar.y}h{bar.width}V100z" for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar that is 100 wide."""

    kind: str
    x: float
    width: float


def over_time(counts: Mapping[datetime, int], step_s: int, begin: datetime, end: datetime, noun: str) -> Chart:
    """A bar for every `step_s` from `begin` to `end`, also where there is nothing; keys are the beginnings of steps."""
    moments = [begin + timedelta(seconds=step_s * n) for n in range(int((end - begin).total_seconds() // step_s) + 1)]
    most = max([1, *(counts.get(moment, 0) for moment in moments)])
    form = "%H:%M" if step_s < 6 * 3600 else "%Y-%m-%d"
    return Chart(
        bars=[_bar(n, counts.get(moment, 0), most, f"{moment:{form}}: ", noun) for n, moment in enumerate(moments)],
        width=max(1, len(moments)) * STEP,
        first=f"{begin:{form}}",
        last=f"{end:{form}}",
        summary=f"at most {most:,} {noun} in {_name(step_s)}" if any(counts.values()) else f"no {noun}",
    )


def _bar(place: int, count: int, most: int, when: str, noun: str) -> Bar:
    height = round(max(1.5, 96 * count / most), 2) if count else 0
    return Bar(place * STEP + 1, 100 - height, BAR, height, f"{when}{count:,} {noun}")


def _name(step_s: int) -> str:
    names = {60: "a minute", 3600: "an hour", 86_400: "a day", 7 * 86_400: "a week", 30 * 86_400: "a month"}
    return names.get(step_s) or ("a year" if step_s > 86_400 else f"{step_s // 60} minutes")


def spark(values: Sequence[int]) -> Chart | None:
    """Small bars without a scale, one for each value."""
    if not values:
        return None
    most = max(1, *values) if len(values) > 1 else max(1, values[0])
    return Chart(
        bars=[_bar(n, value, most, "", "words") for n, value in enumerate(values)],
        width=len(values) * STEP,
        first="",
        last="",
        summary=f"from {min(values):,} to {max(values):,}",
    )


def timeline(moments: Sequence[datetime], noun: str, most_bars: int = 60) -> Chart | None:
    """How many of `moments` fall into each step of a time that holds them all; None where there are none."""
    if not moments:
        return None
    first, last = min(moments), max(moments)
    length_s = (last - first).total_seconds()
    step_s = next((step for step in STEPS_S if length_s / step < most_bars), STEPS_S[-1])
    counts: dict[datetime, int] = {}
    for moment in moments:
        begin = floor(moment, step_s)
        counts[begin] = counts.get(begin, 0) + 1
    # at least so many steps, or a single one would fill the whole width
    begin = min(floor(first, step_s), floor(last, step_s) - timedelta(seconds=(FEWEST_STEPS - 1) * step_s))
    return over_time(counts, step_s, begin, floor(last, step_s), noun)


def floor(moment: datetime, step_s: int) -> datetime:
    """The beginning of the step that a moment lies in."""
    return datetime.fromtimestamp(moment.timestamp() // step_s * step_s, UTC)


def parts(counts: Mapping[str, int], total: int) -> list[Part]:
    """The counts as parts of one bar, in their order."""
    found, x = [], 0.0
    for kind, count in counts.items():
        width = round(100 * count / total, 2) if total else 0.0
        found.append(Part(kind, x, width))
        x = round(x + width, 2)
    return found
