"""Figures of the extract stage as shipped, strict on span and label.

    python -m scripts.training.entities.evaluate [--model NAME] [--data FOLDER]

Prints precision, recall and F1 for the gold in tests/gold, which every checkout has, and for the development sets
where their folder is there; CPU time is of one thread. The exit status is 1 where a figure falls under its floor.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from workers.stages.extracting import MODEL, TYPES, extract_many

ROOT: Final = Path(__file__).parents[3]
GOLD: Final = ROOT / "tests" / "gold" / "entities.txt"
SETS: Final = ROOT.parent / "shared" / "data" / "entities" / "dev"
MARKED: Final = re.compile(r"\[([^\]|]+)\|([A-Z]+)\]")
FLOORS: Final = {"gold": 0.9, "worldwide": 0.76, "wikigold": 0.81, "uner_ewt": 0.75}

Span = tuple[int, int, str]


class Text(NamedTuple):
    """A text and its names."""

    text: str
    spans: set[Span]


def marked(path: Path) -> Iterator[Text]:
    """The texts of a file with names in brackets, one text a paragraph."""
    body = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    for paragraph in body.strip().split("\n\n"):
        yield unmarked(paragraph)


def unmarked(paragraph: str) -> Text:
    """A text without its brackets, and what they held."""
    parts: list[str] = []
    spans: set[Span] = set()
    done = length = 0
    for match in MARKED.finditer(paragraph):
        before = paragraph[done : match.start()]
        start = length + len(before)
        parts += [before, match.group(1)]
        length = start + len(match.group(1))
        spans.add((start, length, match.group(2)))
        done = match.end()
    return Text("".join(parts) + paragraph[done:], spans)


def stored(path: Path) -> Iterator[Text]:
    """The texts of a development set."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            row = json.loads(line)
            yield Text(row["text"], {(a, b, label) for a, b, label in row["spans"] if label in TYPES})


def f1(right: int, found: int, gold: int) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean."""
    precision, recall = right / max(found, 1), right / max(gold, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def measure(name: str, texts: list[Text], model: str) -> float:
    """Print one set's line; its F1 over all types."""
    began = time.process_time()
    results = extract_many((text.text for text in texts), model)
    seconds = time.process_time() - began
    right, found, gold = Counter[str](), Counter[str](), Counter[str]()
    for text, mentions in zip(texts, results, strict=True):
        spans = {(mention.start, mention.end, str(mention.type)) for mention in mentions}
        right.update(label for _, _, label in spans & text.spans)
        found.update(label for _, _, label in spans)
        gold.update(label for _, _, label in text.spans)
    words = sum(len(text.text.split()) for text in texts)
    types = "  ".join(f"{label} {f1(right[label], found[label], gold[label])[2]:.3f}" for label in TYPES)
    precision, recall, whole = f1(right.total(), found.total(), gold.total())
    pace = seconds * 1e6 / max(words, 1)
    print(f"{name:<12}{words:>8} words  {types}  all {whole:.3f} (P {precision:.3f}, R {recall:.3f})", end="")
    print(f"  {pace:.0f} ms/1,000 words")
    return whole


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="a name of the entry point group copydesk.entity_models")
    parser.add_argument("--data", type=Path, default=SETS, help="folder of development sets as JSON lines")
    args = parser.parse_args()
    extract_many(["A warm-up in Paris."], args.model)
    if not args.data.is_dir():
        print(f"{args.data} is not there: only of the project's own gold")
    figures = {"gold": measure("gold", list(marked(GOLD)), args.model)}
    for path in sorted(args.data.glob("*.jsonl")):
        figures[path.stem] = measure(path.stem, list(stored(path)), args.model)
    low = [
        f"{name}: {figure:.3f} is under {FLOORS[name]}"
        for name, figure in figures.items()
        if figure < FLOORS.get(name, 0)
    ]
    for line in low:
        print(line, file=sys.stderr)
    return 1 if low and args.model == MODEL else 0


if __name__ == "__main__":
    sys.exit(main())
