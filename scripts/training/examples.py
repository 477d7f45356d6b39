"""Pages as rows to learn from: features beside the answer, and how much the answer counts."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from lxml.html import HtmlElement
from numpy.typing import NDArray

from scripts.training.corpus import GoldPage
from workers.stages.cleaning import features
from workers.stages.cleaning.blocks import key
from workers.stages.cleaning.classifier import class_names
from workers.stages.cleaning.survey import survey
from workers.stages.cleaning.words import Words, company

Grams = Counter[tuple[str, ...]]
UNKNOWN = -1.0


@dataclass
class Example:
    """A page's items; `answers` are 1 for the article, 0 for the rest, -1 where nobody knows."""

    page: GoldPage
    texts: list[str]
    voted: NDArray[np.bool_]
    table: NDArray[np.float64]
    words: Words
    company: NDArray[np.float64]
    classes: list[list[str]]
    answers: NDArray[np.float64]
    is_added: NDArray[np.bool_]
    added: list[str] = field(default_factory=list)


def example(page: GoldPage, tree: HtmlElement, added: Sequence[str] = ()) -> Example:
    """Survey a page and ask its gold about every item."""
    seen = survey(tree, page.url)
    texts = [item.text for item in seen.items]
    voted = np.array([item.voted for item in seen.items], dtype=bool)
    words = Words(texts)
    extra = {key(line) for line in added}
    is_added = np.array([item.key in extra for item in seen.items], dtype=bool)
    answers = _by_text(page, texts, voted) if "text" in page.gold else _by_snippets(page, seen.items)
    answers[is_added] = 0.0
    return Example(
        page=page,
        texts=texts,
        voted=voted,
        table=features.structure(seen.items, seen.blocks, seen.context),
        words=words,
        company=company(words, voted),
        classes=[class_names(item.block.place) if item.block else [] for item in seen.items],
        answers=answers,
        added=list(added),
        is_added=is_added,
    )


def grams(text: str, size: int = 4) -> Grams:
    """Word n-grams, as evaluation counts them."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1)) if words)


def _by_text(page: GoldPage, texts: Sequence[str], voted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of an item's n-grams that the gold has; kept lines take theirs first, so that a repetition is wrong."""
    left = grams(page.gold["text"])
    lines = Counter(key(line) for line in page.gold["text"].split("\n"))
    whole = key(page.gold["text"])
    answers = np.zeros(len(texts))
    for index in sorted(range(len(texts)), key=lambda i: not voted[i]):
        text = texts[index]
        own = grams(text)
        if sum(own.values()) == 1 and len(next(iter(own))) < 4:
            letters = key(text)
            hit = lines[letters] > 0 or (len(letters) > 12 and letters in whole)
            lines[letters] -= 1
            answers[index] = float(hit)
            continue
        hits = own & left
        left -= hits
        answers[index] = sum(hits.values()) / max(1, sum(own.values()))
    return answers


def _by_snippets(page: GoldPage, items: Sequence[object]) -> NDArray[np.float64]:
    """What contains a wanted snippet is right, what contains an unwanted one is wrong."""
    wanted = [key(text) for text in page.gold["with"]]
    unwanted = [key(text) for text in page.gold["without"]]
    answers = np.full(len(items), UNKNOWN)
    for index, item in enumerate(items):
        letters = item.key  # type: ignore[attr-defined]
        if any(text and text in letters for text in wanted):
            answers[index] = 1.0
        elif any(text and text in letters for text in unwanted):
            answers[index] = 0.0
    return answers
