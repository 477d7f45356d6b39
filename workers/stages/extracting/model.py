"""The trained tagger: text in, spans out. One window of a text at a time, one thread, so answers never depend on
what else is being read.

The weights are loaded when first asked for and kept for the life of the process.
"""

import os
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workers.stages.extracting import decoding, pieces, words
from workers.stages.extracting.mentions import Span

Scores = NDArray[np.float32]

LANGUAGES: Final = frozenset({"en"})
ROOM: Final = 126  # pieces of one window, as in training
SHARED: Final = 20  # pieces that two windows share where a long line is cut
MOST_WORDS: Final = 40_000  # the rest of a longer text is not read: a second's work for each 10,000
BITS: Final = np.arange(len(words.FLAGS), dtype=np.int64)


class Window(NamedTuple):
    """Words `start` to `end` are read; those from `first` to `last` are answered for."""

    start: int
    end: int
    first: int
    last: int


@cache
def session() -> Any:
    """The network that the package ships, loaded."""
    with as_file(files(__package__) / "data" / "tagger.onnx") as path:
        return load(path)


def load(path: Path) -> Any:
    """A network from its file, to run on one thread."""
    # Its builds (1.32, Linux and macOS) else keep the number of a device in the home directory and send events to their
    # maker; it looks when it is first imported.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # The graph is fused already, and the full optimiser would put a slower layer norm into it.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def prepare() -> None:
    """Load everything now; a process that is forked later shares it."""
    find("Berlin")


def find(text: str) -> list[Span]:
    """The names in a text; those of type MISC serve the article's rules and are dropped after them."""
    found = words.read(text, MOST_WORDS)
    if not found.texts:
        return []
    return decoding.spans(found, scored(found, session()))


def scored(found: words.Words, network: Any) -> Scores:
    """The log probability of every tag for every word."""
    cut = [pieces.pieces(word) for word in found.texts]
    scores = np.zeros((len(cut), decoding.TAGS), np.float32)
    for window in windows([len(word) for word in cut], found.lines):
        answered = run(network, cut, found, window)
        scores[window.first : window.last] = answered[window.first - window.start : window.last - window.start]
    return scores


def run(network: Any, cut: list[tuple[int, ...]], found: words.Words, window: Window) -> Scores:
    """The network's answer for the words of one window, taken at the first piece of each."""
    inside = cut[window.start : window.end]
    sizes = np.array([len(word) for word in inside])
    ids = np.array([pieces.BEGIN, *(piece for word in inside for piece in word), pieces.END], np.int32)
    cases = spread(found.cases[window.start : window.end], sizes, 6).astype(np.int32)
    bits = spread(found.flags[window.start : window.end], sizes, 0)
    flags = ((bits[:, None] >> BITS) & 1).astype(np.float32)
    places = np.arange(len(ids), dtype=np.int32)
    given = {"ids": ids[None], "cases": cases[None], "flags": flags[None], "places": places[None]}
    first = 1 + np.concatenate([[0], np.cumsum(sizes)[:-1]])
    scores: Scores = network.run(None, given)[0][0]
    words_only: Scores = scores[first]
    return words_only


def spread(values: list[int], sizes: NDArray[np.int64], edge: int) -> NDArray[np.int64]:
    """A value for every piece of its word, with the edge's value at both ends."""
    return np.concatenate([[edge], np.repeat(np.array(values, np.int64), sizes), [edge]])


def windows(sizes: list[int], lines: list[int]) -> Iterator[Window]:
    """Windows that hold ROOM pieces: cut at line ends where one is in the second half, else overlapping."""
    total = len(sizes)
    start = first = 0
    while first < total:
        end = fill(sizes, start)
        if end == total:
            yield Window(start, end, first, end)
            return
        cut = line_end(lines, start, end)
        if cut > first:
            yield Window(start, cut, first, cut)
            start = first = cut
            continue
        again = back(sizes, start, end)
        last = max(first + 1, (again + end + 1) // 2)
        yield Window(start, end, first, last)
        start, first = min(again, last), last


def fill(sizes: list[int], start: int) -> int:
    """Where a window that begins at `start` is full."""
    used, end = 0, start
    while end < len(sizes) and (used + sizes[end] <= ROOM or end == start):
        used += sizes[end]
        end += 1
    return end


def line_end(lines: list[int], start: int, end: int) -> int:
    """The last line end in the second half of a window; 0 if there is none."""
    for at in range(end, (start + end) // 2, -1):
        if lines[at] != lines[at - 1]:
            return at
    return 0


def back(sizes: list[int], start: int, end: int) -> int:
    """Where the next window begins so that it shares SHARED pieces with this one, yet moves on."""
    used, at = 0, end
    while at > start + 1 and used + sizes[at - 1] <= SHARED:
        at -= 1
        used += sizes[at]
    return at
