"""Train the cleaner: `python -m scripts.training.cleaner ../shared/data`.

Pages are read as they are and with appeals injected; everything is cut by site, so that no judgement is learned from
pages whose words or class names it has seen. Writes model.npz and classes.json beside the cleaner. Takes some minutes.
"""

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from scripts.training import corpus, injection, learning
from scripts.training.corpus import FOLDS, GoldPage
from scripts.training.examples import Example, example
from scripts.training.injection import Appeal
from scripts.training.learning import Floats, Texts, grow, of_appeal, of_article
from shared.charset import decode
from workers.stages.cleaning import features
from workers.stages.cleaning.tree import parse
from workers.stages.cleaning.words import Words

SETS = ("aeb", "fundus", "trafilatura")
SEEDS = (1, 2)
HOME = Path(__file__).parents[2] / "workers" / "stages" / "cleaning"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with clean/SET/gold.jsonl and, optionally, entities/train")
    parser.add_argument("--out", type=Path, default=HOME)
    parser.add_argument("--hold", type=int, help="leave out the sites and appeals of this fold, to be measured on it")
    arguments = parser.parse_args()
    pages = [page for name in SETS for page in corpus.read(arguments.data / "clean" / name)]
    pages = [page for page in pages if page.fold != arguments.hold]
    plain = surveyed(pages)
    injected = [one for seed in SEEDS for one in with_appeals(pages, plain, seed)]
    short, short_injected = shortened(pages, plain)
    prose = learning.prose_lines(arguments.data / "entities" / "train")
    export(plain, short, [*injected, *short_injected], prose, arguments.out, arguments.hold)


def surveyed(pages: Iterable[GoldPage]) -> list[Example]:
    """Pages as they are."""
    return [_light(example(page, tree)) for page in pages if (tree := parse(decode(page.html))) is not None]


def with_appeals(pages: Sequence[GoldPage], plain: Sequence[Example], seed: int) -> list[Example]:
    """Pages with appeals of their fold."""
    pools, headlines = _pools(pages)
    known = {one.page.id: _paragraphs(one) for one in plain}
    found = []
    for page in pages:
        tree = parse(decode(page.html)) if page.id in known else None
        if tree is None:
            continue
        chance = random.Random(f"{seed}{page.id}")  # noqa: S311 (nothing secret)
        if added := injection.inject(tree, known[page.id], pools[page.fold], headlines[page.fold], chance):
            found.append(_lines(example(page, tree, added)))
    return found


def shortened(pages: Sequence[GoldPage], plain: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Pages whose article is cut to its first paragraphs, as they are and with appeals of their fold."""
    pools, headlines = _pools(pages)
    known = {one.page.id: _paragraphs(one) for one in plain}
    alone, injected = [], []
    for page in pages:
        for is_injected in (False, True):
            chance = random.Random(f"{is_injected}{page.id}")  # noqa: S311 (nothing secret)
            tree = parse(decode(page.html)) if page.id in known else None
            tree = injection.shorten(tree, known[page.id], chance) if tree is not None else None
            if tree is None:
                continue
            if not is_injected:
                alone.append(_light(example(page, tree)))
            elif added := injection.inject(
                tree, known[page.id], pools[page.fold], headlines[page.fold], chance, least=2
            ):
                injected.append(_lines(example(page, tree, added)))
    return alone, injected


def _pools(pages: Sequence[GoldPage]) -> tuple[list[list[Appeal]], list[list[str]]]:
    """Appeals and headlines for the pages of each fold."""
    appeals = [[a for a in injection.appeals() if a.number % FOLDS == fold] for fold in range(FOLDS)]
    headlines = [[t for page in pages if page.fold != fold and (t := _headline(page))] for fold in range(FOLDS)]
    return appeals, headlines


def _paragraphs(one: Example) -> list[str]:
    """Those of the gold; where it has no text, the lines that trafilatura kept."""
    if "text" in one.page.gold:
        text: str = one.page.gold["text"]
        return text.split("\n")
    return [text for text, voted in zip(one.texts, one.voted, strict=True) if voted]


def export(
    plain: Sequence[Example],
    short: Sequence[Example],
    injected: Sequence[Example],
    prose: Sequence[str],
    out: Path,
    hold: int | None,
) -> None:
    """Learn from all examples and write the model. Words are learned from whole pages, where each stands once."""
    appeals = [appeal for appeal in injection.appeals() if appeal.number % FOLDS != hold]
    texts = {
        fold: Texts(
            [one for one in plain if one.page.fold != fold], [a for a in appeals if a.number % FOLDS != fold], prose
        )
        for fold in range(FOLDS)
    }
    bare = [*plain, *short]
    both = [*bare, *injected]
    tables = [texts[one.page.fold].table(one) for one in both]
    article = grow(tables[: len(bare)], bare, of_article)
    first = grow(tables, both, of_appeal)
    second = grow(smoothed(both, tables), both, of_appeal, num_leaves=8, rounds=80, feature_fraction=0.7)
    everything = Texts(plain, appeals, prose)
    numbers = learning.arrays(article, "article") | learning.arrays(first, "first") | learning.arrays(second, "second")
    words = np.where(np.abs(everything.words) < 0.01, 0, everything.words).astype(np.float16)
    np.savez_compressed(out / "model.npz", words=words, bias=everything.bias, **numbers)  # type: ignore[arg-type]
    classes = json.dumps(everything.classes, indent=0, sort_keys=True, ensure_ascii=False)
    (out / "classes.json").write_text(classes + "\n", encoding="utf-8")


def smoothed(examples: Sequence[Example], tables: Sequence[Floats]) -> list[Floats]:
    """Tables of the second judgement, from first judgements of trees that have not seen the site."""
    first: list[Floats] = [np.zeros(0)] * len(examples)
    for fold in range(FOLDS):
        seen = [index for index, one in enumerate(examples) if one.page.fold != fold]
        trees = grow([tables[i] for i in seen], [examples[i] for i in seen], of_appeal)
        for index, one in enumerate(examples):
            if one.page.fold == fold:
                first[index] = trees.predict(tables[index].astype(np.float32))
    return [features.smooth(table, judged) for table, judged in zip(tables, first, strict=True)]


def _light(one: Example) -> Example:
    """Without the page's bytes, which are many."""
    one.page = replace(one.page, html=b"")
    return one


def _lines(one: Example) -> Example:
    """Only what trafilatura kept: of the rest nobody asks whether it is an appeal."""
    kept = np.flatnonzero(one.voted)
    texts = [one.texts[index] for index in kept]
    return replace(
        _light(one),
        texts=texts,
        voted=one.voted[kept],
        table=one.table[kept],
        words=Words(texts),
        company=one.company[kept],
        classes=[one.classes[index] for index in kept],
        answers=one.answers[kept],
        is_added=one.is_added[kept],
    )


def _headline(page: GoldPage) -> str | None:
    found: str | None = page.gold.get("title") or page.gold.get("meta", {}).get("title")
    return found


if __name__ == "__main__":
    main()
