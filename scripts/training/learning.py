"""The learners of the cleaner: words and class names by logistic regression, items by boosted trees.

Needs the dependency group `training`; nothing of it is needed when the cleaner runs.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from scripts.training.examples import Example
from scripts.training.injection import Appeal
from workers.stages.cleaning import features
from workers.stages.cleaning.classifier import voices
from workers.stages.cleaning.words import BUCKETS, Words, scores

Floats = NDArray[np.float64]
Numbers = NDArray[np.float32]
Pick = Callable[[Example], tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]]

MIN_SITES = 4  # a class name that fewer sites use says nothing about others
MIN_LINES = 2  # a word seen in one line only is noise


class Texts:
    """What is learned from words and class names alone."""

    def __init__(self, examples: Sequence[Example], appeals: Sequence[Appeal], prose: Sequence[str]) -> None:
        self.words, self.bias = _words(examples, appeals, prose)
        self.classes = _classes(examples)

    def table(self, example: Example) -> Floats:
        """All features of a page's items, as the cleaner computes them."""
        weights = [[self.classes.get(name, 0.0) for name in names] for names in example.classes]
        classes = np.array([(sum(found), min(found, default=0.0)) for found in weights]).reshape(-1, 2)
        said = scores(example.words, self.words, self.bias)
        spoken = voices(example.words, said, classes, example.company, example.voted)
        return features.assemble(example.table, spoken)


def prose_lines(folder: Path) -> list[str]:
    """Lines of encyclopedic and news text that are surely no appeals, where such a folder is at hand."""
    lines: list[str] = []
    for name in ("gum_names", "wikigold", "uner_pud", "re3d_open", "crossner_politics"):
        path = folder / f"{name}.jsonl"
        if path.exists():
            texts = (json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines())
            lines.extend(line for text in texts for line in text.split("\n") if len(line) > 20)
    return lines


def _words(examples: Sequence[Example], appeals: Sequence[Appeal], prose: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Weights of words for two questions: is it an appeal, is it furniture."""
    written = [line for appeal in appeals for line in appeal.lines]
    written += [" ".join(appeal.lines) for appeal in appeals if len(appeal.lines) > 1]
    tables = [_grams(example.words) for example in examples]
    known = sparse.vstack([table[example.answers >= 0] for table, example in zip(tables, examples, strict=True)])
    right = np.concatenate([example.answers[example.answers >= 0] > 0.5 for example in examples])
    weak = sparse.vstack([table[_likely(example)] for table, example in zip(tables, examples, strict=True)])
    parts = [(_grams(Words(written)), 5.0), (known[right], 1.0), (weak, 0.5), (_grams(Words(prose)), 0.4)]
    rows = sparse.vstack([part for part, _ in parts]).tocsr()
    weights = np.concatenate([np.full(part.shape[0], weight) for part, weight in parts])
    is_appeal = np.arange(rows.shape[0]) < parts[0][0].shape[0]
    appeal = _logistic(_frequent(rows), is_appeal, weights, strength=8.0)
    furniture = _logistic(_frequent(known.tocsr()), ~right, np.ones(len(right)), strength=2.0)
    bias = np.array([appeal[1], furniture[1]], dtype=np.float32)
    return np.stack([appeal[0], furniture[0]], axis=1).astype(np.float32), bias


def _likely(example: Example) -> NDArray[np.bool_]:
    """Long lines that trafilatura kept, where the gold is silent: nearly all are of the article."""
    chosen: NDArray[np.bool_] = (example.answers < 0) & example.voted & (example.words.counts >= 12)
    return chosen


def _grams(words: Words) -> Any:
    buckets, lines = words.grams()
    size = len(words.counts)
    norm = 1 / np.sqrt(np.maximum(1, np.bincount(lines, minlength=size)))
    table = sparse.csr_matrix((norm[lines], (lines, buckets)), shape=(size, BUCKETS))
    table.sum_duplicates()
    return table


def _frequent(table: Any) -> Any:
    lines = np.bincount(table.indices, minlength=BUCKETS)
    return table @ sparse.diags((lines >= MIN_LINES).astype(float))


def _logistic(table: Any, answers: NDArray[np.bool_], weights: Floats, strength: float) -> tuple[Floats, float]:
    model = LogisticRegression(C=strength, solver="liblinear", max_iter=200)
    model.fit(table, answers, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])


def _classes(examples: Sequence[Example]) -> dict[str, float]:
    """Weights of class names, positive for the article."""
    rows = [
        (example.page.site, names, answer > 0.5, min(4.0, count**0.5))
        for example in examples
        for names, answer, count in zip(example.classes, example.answers, example.words.counts + 1, strict=True)
        if answer >= 0 and names
    ]
    sites: dict[str, set[str]] = defaultdict(set)
    for site, names, _, _ in rows:
        for name in names:
            sites[name].add(site)
    columns = {name: index for index, name in enumerate(sorted(n for n, s in sites.items() if len(s) >= MIN_SITES))}
    indices = [[columns[name] for name in names if name in columns] for _, names, _, _ in rows]
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in indices])])
    flat = np.concatenate([np.array(row, dtype=np.int64) for row in indices])
    table = sparse.csr_matrix((np.ones(len(flat)), flat, pointers), shape=(len(rows), len(columns)))
    answers = np.array([row[2] for row in rows])
    weights, _ = _logistic(table, answers, np.array([row[3] for row in rows]), strength=0.3)
    return {name: round(float(weights[i]), 3) for name, i in columns.items() if abs(weights[i]) > 0.02}


def of_article(example: Example) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """Rows, answers and weights for: does this item belong to the article. Only of items that the cleaner asks for."""
    weights = np.minimum(60, example.words.counts + 3) ** 0.7
    if "with" in example.page.gold:
        weights = weights + 5
    return (example.answers >= 0) & features.possible(example.table), example.answers > 0.5, weights


def of_appeal(example: Example) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """The same for the question: is this line an appeal. Furniture of another kind is no answer to it."""
    added = example.is_added
    rows = example.voted & ((example.answers > 0.5) | (example.answers < 0) | added)
    weights = np.where(added, 3.0, np.minimum(60, example.words.counts + 3) ** 0.5 / 3)
    return rows, added, np.where((example.answers < 0) & ~added, 0.3 * weights, weights)


def grow(tables: Sequence[Floats], examples: Sequence[Example], pick: Pick, **shape: Any) -> Any:
    """Boosted trees; deterministic."""
    picked = [pick(example) for example in examples]
    rows = np.vstack([table[chosen] for table, (chosen, _, _) in zip(tables, picked, strict=True)])
    answers = np.concatenate([answer[chosen] for chosen, answer, _ in picked])
    weights = np.concatenate([weight[chosen] for chosen, _, weight in picked])
    settings = {"num_leaves": 15, "feature_fraction": 0.5, "learning_rate": 0.07, "min_data_in_leaf": 30, "rounds": 120}
    settings |= shape
    rounds = settings.pop("rounds")
    fixed = {"objective": "binary", "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5, "seed": 1}
    quiet = {"verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True}
    data = lightgbm.Dataset(rows.astype(np.float32), answers, weight=weights)
    return lightgbm.train(settings | fixed | quiet, data, int(rounds))


def arrays(booster: Any, name: str) -> dict[str, NDArray[Any]]:
    """Trees as the cleaner reads them, see classifier.Trees."""
    trees = [_splits(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
    splits, leaves = max(len(split) for split, _ in trees), max(len(leaf) for _, leaf in trees)
    column, threshold = np.zeros((len(trees), splits), np.int16), np.zeros((len(trees), splits), np.float32)
    path = np.zeros((len(trees), splits, leaves), np.int8)
    depth, value = np.full((len(trees), leaves), 99, np.int8), np.zeros((len(trees), leaves), np.float32)
    for tree, (split, leaf) in enumerate(trees):
        for place, (feature, limit) in enumerate(split):
            column[tree, place], threshold[tree, place] = feature, limit
        for place, (way, number) in enumerate(leaf):
            depth[tree, place], value[tree, place] = len(way), number
            for at, side in way:
                path[tree, at, place] = side
    found: dict[str, NDArray[Any]] = {
        "column": column,
        "threshold": threshold,
        "path": path,
        "depth": depth,
        "value": value,
    }
    return {f"{name}_{part}": numbers for part, numbers in found.items()}


Way = tuple[tuple[int, int], ...]


def _splits(root: dict[str, Any]) -> tuple[list[tuple[int, float]], list[tuple[Way, float]]]:
    """Splits of a tree, and its leaves with the way to each."""
    splits: list[tuple[int, float]] = []
    leaves: list[tuple[Way, float]] = []

    def descend(node: dict[str, Any], way: Way) -> None:
        if "leaf_value" in node:
            leaves.append((way, float(node["leaf_value"])))
            return
        at = len(splits)
        splits.append((int(node["split_feature"]), float(node["threshold"])))
        descend(node["left_child"], (*way, (at, 1)))
        descend(node["right_child"], (*way, (at, -1)))

    descend(root, ())
    return splits, leaves
