"""Measure the cleaner: `python -m scripts.training.evaluate_cleaner [../shared]`.

Beside it, in the same run, trafilatura without comments. Where the folder is not found the project's own pages are
measured. Pages are read as they are and with appeals put into them: those of `data/appeals/dev.jsonl` where it is
there, else those of the project.

Figures on pages that the model was trained on say that it works, not how well. For that, train with `--hold N` into
another folder and measure that model on the fold it has not seen: `--model FOLDER --fold N`.
"""

import argparse
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import trafilatura
from lxml.html import tostring

from scripts.training import corpus, injection
from scripts.training.corpus import GoldPage
from scripts.training.examples import grams
from scripts.training.injection import Appeal
from shared.charset import decode
from workers.stages.cleaning import classifier, clean
from workers.stages.cleaning.tree import parse

OWN = Path(__file__).parents[2] / "tests" / "pages" / "cleaning"
Cleaner = Callable[[bytes], str]


@dataclass
class Score:
    """Sums over the pages of a set."""

    precision: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    snippets: list[int] = field(default_factory=lambda: [0, 0, 0])  # found, missed, wrong
    added: int = 0
    left: int = 0
    pages: int = 0
    seconds: float = 0.0

    @property
    def f1(self) -> float:
        """Of word 4-grams averaged over pages, or of snippets."""
        found, missed, wrong = self.snippets
        if found:
            return 2 * found / (2 * found + missed + wrong)
        precision, recall = mean(self.precision or [0]), mean(self.recall or [0])
        return 2 * precision * recall / (precision + recall or 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path("../shared"))
    parser.add_argument("--worst", type=int, default=0, help="also name the pages with the lowest F1")
    parser.add_argument("--model", type=Path, help="folder of another model than the shipped one")
    parser.add_argument("--fold", type=int, help="only pages whose site is of this fold")
    arguments = parser.parse_args()
    if arguments.model:
        classifier.HOME = arguments.model
    clean_folder = arguments.shared / "data" / "clean"
    if not clean_folder.is_dir():
        print(f"{clean_folder} is not there: of the project's own pages, which only tell whether anything broke")
        report("own", own_pages(), injection.appeals(), arguments.worst)
        return
    pool = _appeals(arguments.shared / "data" / "appeals" / "dev.jsonl") or injection.appeals()
    for name in ("aeb", "fundus", "trafilatura"):
        pages = [page for page in corpus.read(clean_folder / name) if arguments.fold in (None, page.fold)]
        report(name, pages, pool, arguments.worst)


def own_pages() -> list[GoldPage]:
    """The project's own pages: too few to tell more than whether anything broke."""
    found = []
    for path in sorted(OWN.glob("*.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        html = path.with_suffix(".html").read_bytes()
        found.append(GoldPage("own", path.stem, "own", None, html, {"text": "\n".join(gold["article"])}))
    return found


def report(name: str, pages: Sequence[GoldPage], pool: Sequence[Appeal], worst: int) -> None:
    """Print what both cleaners make of a set, as it is and with appeals."""
    cleaners: dict[str, Cleaner] = {"trafilatura": _trafilatura, "copydesk": lambda html: clean(html).text}
    variants: dict[str, list[tuple[GoldPage, list[str]]]] = {
        "": [(page, []) for page in pages],
        "+ appeals": list(with_appeals(pages, pool)),
    }
    for variant, given in variants.items():
        for called, cleaner in cleaners.items():
            score, f1s = measure(given, cleaner)
            if score.pages:
                print(f"{name:12}{variant:10} {called:12} {_figures(score)}")
            if called == "copydesk" and not variant:
                for f1, page in sorted(f1s)[:worst]:
                    print(f"    {f1:.3f} {page}")


def with_appeals(pages: Iterable[GoldPage], pool: Sequence[Appeal]) -> Iterable[tuple[GoldPage, list[str]]]:
    """Pages with appeals in the container of their article, and the lines that were added."""
    for page in pages:
        tree = parse(decode(page.html)) if "text" in page.gold else None
        if tree is None:
            continue
        chance = random.Random(page.id)  # noqa: S311 (nothing secret)
        headlines = [page.gold.get("title") or "A bridge is closed for repairs"]
        if added := injection.inject(tree, page.gold["text"].split("\n"), pool, headlines, chance):
            html = tostring(tree, encoding="utf-8", doctype="<!DOCTYPE html>")
            yield GoldPage(page.collection, page.id, page.site, page.url, html, page.gold), added


def measure(given: Iterable[tuple[GoldPage, list[str]]], cleaner: Cleaner) -> tuple[Score, list[tuple[float, str]]]:
    """Score a cleaner; and the F1 of each page."""
    score, f1s = Score(), []
    for page, added in given:
        start = time.process_time()
        text = cleaner(page.html)
        score.seconds += time.process_time() - start
        score.pages += 1
        flat = _fold(text)
        score.added += len(added)
        score.left += sum(_fold(line) in flat for line in added)
        if "text" in page.gold:
            precision, recall = _overlap(page.gold["text"], text)
            score.precision.append(precision)
            score.recall.append(recall)
            f1s.append((2 * precision * recall / (precision + recall or 1), page.id))
        else:
            _count_snippets(score, page, flat)
    return score, f1s


def _count_snippets(score: Score, page: GoldPage, flat: str) -> None:
    found = sum(_fold(snippet) in flat for snippet in page.gold["with"])
    score.snippets[0] += found
    score.snippets[1] += len(page.gold["with"]) - found
    score.snippets[2] += sum(_fold(snippet) in flat for snippet in page.gold["without"])


def _overlap(gold: str, text: str) -> tuple[float, float]:
    wanted, got = grams(gold), grams(text)
    hits = sum((wanted & got).values())
    return hits / (sum(got.values()) or 1), hits / (sum(wanted.values()) or 1)


def _figures(score: Score) -> str:
    cells = [f"pages {score.pages:3}", f"F1 {score.f1:.4f}"]
    if score.recall:
        cells += [f"precision {mean(score.precision):.4f}", f"recall {mean(score.recall):.4f}"]
    if score.added:
        cells.append(f"appeal lines left {score.left / score.added:.3f}")
    return "  ".join([*cells, f"cpu {1000 * score.seconds / score.pages:.1f} ms"])


def _trafilatura(html: bytes) -> str:
    return trafilatura.extract(html, include_comments=False) or ""


def _appeals(path: Path) -> list[Appeal]:
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Appeal(row["lang"], row["place"], tuple(row["lines"]), number) for number, row in enumerate(rows)]


def _fold(text: str) -> str:
    return re.sub(r"\W+", " ", text).casefold().strip()


if __name__ == "__main__":
    main()
