"""Each stage alone, in this process."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.benchmarks import line
from tests.benchmarks.figures import Figure
from workers.stages import cleaning, deduplicating, extracting


def measure(count: int) -> Iterator[Figure]:
    """CPU per article of every pure stage, on pages of 500 words."""
    bodies = line.made(count)
    cleaned = [cleaning.clean(body, "https://site.example/") for body in bodies]
    texts = [one.text for one in cleaned]
    yield Figure("words of an article", sum(one.word_count for one in cleaned) / count, "words")
    yield Figure("stage clean", each(lambda body: cleaning.clean(body, "https://site.example/"), bodies), "ms CPU")
    yield Figure("stage extract, minilm", each(lambda text: extracting.extract(text, "en"), texts), "ms CPU")
    yield Figure("stage extract, rules", each(lambda text: extracting.extract(text, "en", "rules"), texts), "ms CPU")
    yield Figure("fingerprint", each(deduplicating.fingerprint, texts), "ms CPU")
    yield Figure("prepare for comparison", each(deduplicating.prepare, texts), "ms CPU")


def each(work: Callable[[Any], Any], values: Sequence[Any]) -> float:
    """CPU milliseconds for one value, the first one's not counted."""
    work(values[0])
    began = time.process_time()
    for value in values:
        work(value)
    return 1000 * (time.process_time() - began) / len(values)
