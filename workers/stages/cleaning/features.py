"""What the classifier is told about an item: its text, its place in the tree, its votes and its neighbours."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workers.stages.cleaning.blocks import FLAGS, PARAGRAPH, Block, Container, key
from workers.stages.cleaning.items import Item

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DATE: Final = re.compile(r"\d{1,2}[.:/-]\d{1,2}|\b(?:19|20)\d\d\b|\d{1,2}\s?(?:am|pm|uhr)\b", re.IGNORECASE)
CJK: Final = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
TERMINAL: Final = (".", "!", "?", "…", '"', "”", "»", "。", "」", "'", "’", ")", "“", "！", "？")
QUOTES: Final = re.compile('["“”„«»「」]')
HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6".split())
SPREAD: Final = tuple(FLAGS)
UNSEEN: Final = FLAGS["nav"] | FLAGS["footer"] | FLAGS["hidden"] | FLAGS["form"]


@dataclass(slots=True)
class Context:
    """What the page says of its article elsewhere."""

    title: str = ""
    description: str = ""
    body: str = ""
    authors: Sequence[str] = ()
    site: str = ""

    def keys(self) -> "Context":
        """The same, as keys."""
        names = [key(name) for name in self.authors]
        return Context(
            key(self.title), key(self.description), key(self.body), [n for n in names if len(n) > 3], key(self.site)
        )


def weigh(blocks: Sequence[Block]) -> tuple[Container | None, int]:
    """Spread the mass of paragraphs over the tree; the innermost container of most voted words, and their number."""
    total = 0
    for block in blocks:
        if block.words < 8 or block.link_chars > 0.5 * len(block.text):
            continue
        total += block.words if block.voted else 0
        place: Container | None = block.place
        while place is not None:
            place.mass += block.words
            place.voted += block.words if block.voted else 0
            place = place.parent
    best: Container | None = None
    for block in blocks:
        place = block.place if block.voted else None
        while place is not None and place.voted < 0.6 * total:
            place = place.parent
        if place is not None and (best is None or place.depth > best.depth):
            best = place
    return best, total


def holder(place: Container) -> Container:
    """The container that holds a paragraph among others."""
    while place.parent is not None and place.tag in PARAGRAPH:
        place = place.parent
    return place


class Votes:
    """How trafilatura voted on blocks of one make, on those with one holder, and on those in one make of place.

    The last finds the rest of an article that lies in several containers of one class, of which it kept one.
    """

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._sums: dict[object, list[int]] = {}
        self._keys: dict[int, tuple[object, ...]] = {}
        for block in blocks:
            for name in self._names(block):
                sums = self._sums.setdefault(name, [0, 0, 0])
                sums[0] += 1
                sums[1] += block.words * block.voted
                sums[2] += block.words

    def without(self, block: Block) -> list[float]:
        """For each kind of company the share of words voted for, the block's own left out, and its size."""
        found: list[float] = []
        for name in self._names(block):
            count, voted, words = self._sums[name]
            voted -= block.words * block.voted
            found += [(voted + 1) / (words - block.words + 3), math.log1p(count)]
        return [*found[:5], math.log1p(voted)]

    def _names(self, block: Block) -> tuple[object, ...]:
        place = block.place
        names = self._keys.get(id(place))
        if names is None:
            around = holder(place)
            over = around.parent or around
            names = (place.signature, id(around), (place.signature, around.signature, over.signature))
            self._keys[id(place)] = names
        return names


def structure(items: Sequence[Item], blocks: Sequence[Block], context: Context) -> Floats:
    """A row per item; columns are named in NAMES. Links of menus, which are many, get a row of zeros."""
    main, voted_words = weigh(blocks)
    total_words = sum(block.words for block in blocks) or 1
    votes = Votes(blocks)
    said = context.keys()
    page = (
        math.log1p(voted_words),
        min(1.0, voted_words / total_words),
        math.log1p(len(items)),
        1.0 if said.body else 0.0,
        min(2.0, len(said.body) / (1 + sum(len(i.key) for i in items if i.voted))),
        float(sum(len(CJK.findall(i.text[:50])) > 10 for i in items[:50]) > 3),
    )
    seen: Counter[str] = Counter()
    rows = []
    positions = _positions(items)
    for item, where in zip(items, positions, strict=True):
        if _hopeless(item):
            rows.append(NOTHING)
            continue
        repeated = seen[item.key] > 0
        seen[item.key] += 1
        rows.append(
            [
                *_text(item),
                *_said(item, said),
                float(repeated),
                *_place(item.block, main, voted_words, votes),
                *where,
                *page,
            ]
        )
    return np.array(rows, dtype=np.float64).reshape(len(items), len(NAMES))


def assemble(table: Floats, spoken: Floats) -> Floats:
    """`table` of structure() beside what the words say (`spoken`), and both as seen in the lines around."""
    return np.column_stack(
        [table, spoken, _around(np.column_stack([spoken, table[:, NEAR]]), table), _runs(spoken, table)]
    )


def smooth(table: Floats, first: Floats) -> Floats:
    """The first judgement of an item beside that of its neighbours, and what it takes to weigh them."""
    logit = np.log((first + 1e-4) / (1.0001 - first))[:, None]
    judged = np.column_stack([logit, table[:, WORDS]])
    return np.column_stack(
        [
            logit,
            _around(judged, table, 3),
            _runs(logit, table),
            table[:, WEIGHED],
            table[:, len(NAMES) : len(NAMES) + SPOKEN],
        ]
    )


def related(table: Floats) -> NDArray[np.bool_]:
    """Items that stand in the same make of place as much that was kept, or in the body that the page's data give."""
    long = table[:, WORDS] >= math.log1p(10)
    same_make = table[:, NAMES.index("make")] >= math.log1p(80)
    in_body = table[:, NAMES.index("in_body")] >= 0.5
    found: NDArray[np.bool_] = long & (same_make | in_body)
    return found


def possible(table: Floats) -> NDArray[np.bool_]:
    """Items worth a judgement: kept lines, and of the rest what has words of its own and can be seen."""
    own_words = (table[:, WORDS] >= math.log1p(4)) & (table[:, NAMES.index("link_share")] < 0.6)
    visible = table[:, [NAMES.index(f"in_{name}") for name in ("nav", "footer", "hidden", "form")]].sum(axis=1) == 0
    found: NDArray[np.bool_] = (table[:, VOTED] > 0) | (own_words & visible) | related(table)
    return found


def _around(near: Floats, table: Floats, reach: int = 2) -> Floats:
    """Rows of the `reach` kept lines before and behind each item.

    Neighbours are lines that trafilatura kept: what stands between them on the page is mostly furniture.
    """
    voted, ranks, behind = _kept(table)
    edge = np.zeros((reach, near.shape[1]))
    padded = np.vstack([edge, near[voted], edge])
    before = [padded[ranks + reach - step] for step in range(1, reach + 1)]
    after = [padded[behind + reach + step] for step in range(reach)]
    return np.column_stack([*before, *after])


def _kept(table: Floats) -> tuple[Ints, Ints, Ints]:
    """Kept lines; for each item the number of them before it, and of the first one behind it."""
    voted = np.flatnonzero(table[:, VOTED] > 0)
    ranks = np.searchsorted(voted, np.arange(len(table)))
    return voted, ranks, ranks + (table[:, VOTED] > 0)


def _runs(values: Floats, table: Floats) -> Floats:
    """Means over all kept lines before and behind, and over three on each side."""
    voted, ranks, behind = _kept(table)
    sums = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values[voted], axis=0)])
    count = len(voted)

    def mean(start: Ints, end: Ints) -> Floats:
        total: Floats = (sums[end] - sums[start]) / np.maximum(1, end - start)[:, None]
        return total

    zero, full = np.zeros_like(ranks), np.full_like(ranks, count)
    near_before, near_behind = np.maximum(0, ranks - 3), np.minimum(count, behind + 3)
    return np.column_stack([mean(zero, ranks), mean(behind, full), mean(near_before, ranks), mean(behind, near_behind)])


def _hopeless(item: Item) -> bool:
    """Left out by trafilatura, short, and linked, hidden or in a menu: never asked for, see possible()."""
    block = item.block
    if item.voted or block is None or block.words >= 10:
        return False
    return block.words < 4 or block.link_chars >= 0.6 * len(block.text) or bool(block.place.flags & UNSEEN)


def _text(item: Item) -> list[float]:
    text = item.text
    letters = len(item.key) or 1
    words = item.words
    block = item.block
    return [
        float(item.voted),
        math.log1p(words),
        math.log1p(len(text)),
        min(1.0, block.link_chars / len(block.text)) if block else 0.0,
        min(1.0, block.links / words) if block else 0.0,
        float(text.endswith(TERMINAL)),
        float(text.endswith(":")),
        (text.count(",") + text.count(";") + text.count("、")) / words,
        sum(map(str.isdigit, text[:200])) / min(200, letters),
        sum(map(str.isupper, text[:200])) / min(200, letters),
        float(text[:1].islower()),
        float("?" in text) + 2.0 * ("!" in text),
        float(bool(QUOTES.search(text))),
        float(len(DATE.findall(text[:200]))),
        letters / words,
        float("|" in text),
    ]


def _said(item: Item, said: Context) -> list[float]:
    """Whether title, description, body, author and site name in the page's data have this text."""
    letters = item.key
    middle = letters[len(letters) // 3 :][:40]
    return [
        float(bool(said.title) and (letters == said.title or (len(letters) > 15 and letters in said.title))),
        float(len(letters) > 20 and letters[:60] in said.description) if said.description else 0.0,
        (1.0 if letters in said.body else 0.5 if len(letters) > 60 and middle in said.body else 0.0)
        if said.body
        else -1.0,
        float(len(letters) < 100 and any(name in letters for name in said.authors)),
        float(len(said.site) > 3 and said.site in letters),
    ]


def _place(
    block: Block | None,
    main: Container | None,
    voted_words: int,
    votes: Votes,
) -> list[float]:
    if block is None:
        return [0.0] * (15 + len(SPREAD))
    place = block.place
    around = holder(place)
    over = around.parent or around
    inside, distance = _to_main(around, main)
    mass = max(1, voted_words)
    return [
        1.0,
        float(place.tag == "p"),
        float(place.tag in HEADINGS),
        float(place.tag in {"li", "dt", "dd", "td", "th"}),
        inside,
        distance,
        min(2.0, around.mass / mass),
        min(2.0, over.mass / mass),
        *votes.without(block),
        float(place.depth),
        *[float(bool(place.flags & FLAGS[name])) for name in SPREAD],
    ]


def _to_main(place: Container, main: Container | None) -> tuple[float, float]:
    """Whether `place` lies in `main`, and how many levels below it."""
    if main is None:
        return 0.0, 9.0
    at: Container | None = place
    while at is not None and at.depth > main.depth:
        at = at.parent
    return (1.0, float(place.depth - main.depth)) if at is main else (0.0, 9.0)


def _positions(items: Sequence[Item]) -> list[list[float]]:
    """Where in the page, and where between the first and last line that trafilatura kept."""
    voted = [index for index, item in enumerate(items) if item.voted]
    first, last = (voted[0], voted[-1]) if voted else (0, len(items))
    total = sum(items[index].words for index in voted) or 1
    before = 0
    rows = []
    for index, item in enumerate(items):
        rows.append(
            [
                index / len(items),
                before / total,
                math.copysign(math.log1p(abs(index - first)), index - first),
                math.copysign(math.log1p(abs(last - index)), last - index),
            ]
        )
        before += item.words if item.voted else 0
    return rows


NAMES: Final = [
    *"voted words chars link_share links_per_word terminal colon commas".split(),
    *"digits upper lower tone quote dates word_length bar".split(),
    *"is_title in_description in_body has_author has_site repeated".split(),
    *"placed p heading li in_main levels mass over_mass".split(),
    *"alike_voted alike group_voted group make_voted make depth".split(),
    *(f"in_{name}" for name in SPREAD),
    *"at_index at_words from_first to_last".split(),
    *"page_words page_share page_items page_body body_ratio cjk".split(),
]
NOTHING: Final = [0.0] * len(NAMES)
SPOKEN: Final = 11  # columns of classifier.voices
VOTED: Final = NAMES.index("voted")
WORDS: Final = NAMES.index("words")
NEAR: Final = [NAMES.index(n) for n in "words link_share terminal li heading alike_voted over_mass".split()]
WEIGHED: Final = [
    NAMES.index(n)
    for n in "voted words link_share terminal heading li in_main at_index at_words from_first to_last alike_voted "
    "group_voted make_voted page_share page_words in_body page_body".split()
]
