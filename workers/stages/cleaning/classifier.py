"""The learned part: how likely an item belongs to the article. Only plain numbers, read once per process.

Made by scripts/training/cleaner.py; see docs/cleaning.md.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.stages.cleaning import features
from workers.stages.cleaning.blocks import Container
from workers.stages.cleaning.items import Item
from workers.stages.cleaning.words import Words, company, scores

Floats = NDArray[np.float64]
Numbers = NDArray[np.float32]
HOME = Path(__file__).parent  # an evaluation puts another model here, before the first page
REPEATED = 6  # column of voices: how much of a line was said before
WE, TRADE = 7, 9  # shares of words for us and of the trade
SPOKEN_OF = -3.5  # logit of the words: below it, they are surely of an article
DOUBTFUL = 0.2  # less likely than this, an item that trafilatura left out stays out
ROWS = 256  # judged at once: more do not fit into the processor's cache
TITLE = 15  # letters: less is a label that titles may hold too
LEVELS = 8  # of the tree whose class names count


@dataclass(frozen=True)
class Trees:
    """Boosted trees, all judged at once.

    A leaf is reached where every split on its way agrees: `path` says of each split and leaf 1 for yes, -1 for no,
    0 for a split that is not on the way. So all answers times all paths gives the leaf as the one where the sum is
    its depth, a product of matrices in place of a walk.
    """

    column: NDArray[np.int64]  # trees x splits
    threshold: Numbers
    path: Numbers  # trees x splits x leaves
    depth: Numbers  # trees x leaves
    value: Numbers

    def __call__(self, table: Floats) -> Floats:
        """Probability for each row."""
        parts = [self._judge(table[start : start + ROWS]) for start in range(0, len(table), ROWS)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _judge(self, table: Floats) -> Floats:
        yes = table.astype(np.float32)[:, self.column] <= self.threshold
        answers = np.where(yes, np.float32(1), np.float32(-1)).transpose(1, 0, 2)
        reached = answers @ self.path == self.depth[:, None, :]
        total = np.einsum("tnl,tl->n", reached, self.value).astype(np.float64)
        likely: Floats = 1 / (1 + np.exp(-total))
        return likely


@dataclass(frozen=True)
class Model:
    """Everything that was learned.

    `article` tells the article from the rest of a page; `first` and `second` tell appeals from the article, the
    second in view of what the first says of the lines around.
    """

    words: NDArray[np.float32]  # buckets x (appeal, furniture)
    bias: NDArray[np.float32]
    classes: Mapping[str, float]
    article: Trees
    first: Trees
    second: Trees


@cache
def model() -> Model:
    """The model in HOME."""
    with np.load(HOME / "model.npz", allow_pickle=False) as numbers:
        arrays = dict(numbers)
    classes = json.loads((HOME / "classes.json").read_text(encoding="utf-8"))
    grown = {name: _trees(arrays, name) for name in ("article", "first", "second")}
    return Model(arrays["words"].astype(np.float32), arrays["bias"], classes, **grown)


def _trees(arrays: Mapping[str, NDArray[Any]], name: str) -> Trees:
    numbers = [arrays[f"{name}_{part}"].astype(np.float32) for part in ("threshold", "path", "depth", "value")]
    return Trees(arrays[f"{name}_column"].astype(np.int64), *numbers)


def spoken(items: Sequence[Item], learned: Model) -> Floats:
    """What words and class names say about each item."""
    words = Words([item.text for item in items])
    voted = np.array([item.voted for item in items], dtype=bool)
    classes = class_scores([item.block.place if item.block else None for item in items], learned.classes)
    return voices(words, scores(words, learned.words, learned.bias), classes, company(words, voted), voted)


def voices(words: Words, said: Floats, classes: Floats, around: Floats, voted: NDArray[np.bool_]) -> Floats:
    """The columns of what is said, in order; the last: how much more of an appeal it is than the page's long lines."""
    long = voted & (words.counts >= 10)
    usual = float(np.median(said[long, 0])) if long.any() else -4.0
    return np.column_stack([said, classes, around, words.tone(), said[:, 0] - usual])


def class_scores(places: Sequence[Container | None], classes: Mapping[str, float]) -> Floats:
    """Sum and minimum of the weights of the class names around each place."""
    known: dict[object, tuple[float, float]] = {}
    rows = []
    for place in places:
        # paragraphs of one parent and one class have the same names around them
        name = None if place is None else (place.words, id(place.parent))
        found = known.get(name)
        if found is None:
            weights = [classes.get(name, 0.0) for name in class_names(place)]
            found = known[name] = (sum(weights), min(weights, default=0.0))
        rows.append(found)
    return np.array(rows, dtype=np.float64).reshape(len(rows), 2)


def class_names(place: Container | None) -> list[str]:
    """Words of the class and id of an element (`s:`) and of those around it (`a:`), each once, in order."""
    names: dict[str, None] = {}
    prefix = "s:"
    for _ in range(LEVELS):
        if place is None:
            break
        names.update((prefix + word, None) for word in place.words)
        place, prefix = place.parent, "a:"
    return list(names)


@dataclass(frozen=True)
class Judgement:
    """What is thought of each item."""

    article: Floats  # probability that it belongs to the article
    appeal: Floats  # probability that it is an appeal
    said: Floats  # logit of an appeal by its words alone
    speaks: NDArray[np.bool_]  # of us and our trade, or of the site: an appeal if it stands beside one
    related: NDArray[np.bool_]  # stands where more of the article may stand
    repeated: Floats  # share of it that a kept line has said
    named: NDArray[np.bool_]  # says what the page's title says


def judge(items: Sequence[Item], structure: Floats, learned: Model) -> Judgement:
    """Judge the items of a page."""
    said = spoken(items, learned)
    table = features.assemble(structure, said)
    article = learned.article(table)
    chosen = (structure[:, features.VOTED] > 0) | (article > DOUBTFUL)
    appeal = _appeals(table, chosen, learned)
    related = features.related(structure)
    speaks, named = _speaks(said, structure), _names(items, structure)
    return Judgement(article, appeal, said[:, 0], speaks, related, said[:, REPEATED], named)


def _speaks(said: Floats, structure: Floats) -> NDArray[np.bool_]:
    of_site = structure[:, features.NAMES.index("has_site")] > 0
    found: NDArray[np.bool_] = (said[:, WE] > 0) & ((said[:, TRADE] > 0) | of_site) & (said[:, 0] > SPOKEN_OF)
    return found


def _names(items: Sequence[Item], structure: Floats) -> NDArray[np.bool_]:
    long = np.array([len(item.key) > TITLE for item in items], dtype=bool)
    found: NDArray[np.bool_] = long & (structure[:, features.NAMES.index("is_title")] > 0)
    return found


def _appeals(table: Floats, chosen: NDArray[np.bool_], learned: Model) -> Floats:
    """Only for items that may come into the text: the others are many."""
    first, second = np.full(len(table), 0.5), np.zeros(len(table))
    first[chosen] = learned.first(table[chosen])
    second[chosen] = learned.second(features.smooth(table, first)[chosen])
    return second
