"""Pages to measure on: each a new text in the words of the sample newsroom, on one of many invented hosts."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from pathlib import Path

from scripts.newsroom.stories import read_stories

HOSTS = 25
PARAGRAPHS = 7  # 500 words in all
WORDS = 52  # about, per paragraph
SYLLABLES = "ba den kor mil tas ver lin gor hal sen dri mon pel rak sil tor vin wes yar zol".split()
PAGE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title><link rel="canonical" href="{url}">
<meta property="article:published_time" content="2026-03-{day:02}T08:00:00Z"></head><body>
<header><nav><a href="/">Home</a> <a href="/world">World</a> <a href="/sport">Sport</a></nav></header>
<main><article><h1>{title}</h1>{text}</article><aside><h2>More</h2>{links}</aside></main>
<footer><p>Copyright. <a href="/terms">Terms</a> <a href="/privacy">Privacy</a></p></footer></body></html>"""


def write(folder: Path, count: int, seed: int = 1) -> list[Path]:
    """The files of `count` pages, the same ones for the same seed."""
    words = WordChain(random.Random(seed))
    paths = [folder / f"{number:05}.html" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(page(words, number), encoding="utf-8")
    return paths


def page(words: "WordChain", number: int) -> str:
    """A page of its own, about people and places of its own: the pages are not all one story."""
    cast = Cast(words.chance)
    text = "".join(f"<p>{escape(cast.play(words.paragraph()))}</p>" for _ in range(PARAGRAPHS))
    title = escape(cast.play(words.paragraph(8)))
    links = "".join(
        f'<p><a href="/{escape(words.paragraph(3))}">{escape(words.paragraph(7))}</a></p>' for _ in range(8)
    )
    url = f"https://site{number % HOSTS}.bench.example/{number}"
    return PAGE.format(title=title, url=url, day=number % 28 + 1, text=text, links=links)


class Cast:
    """Invented names in the place of those that a text has, the same one for the same name."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.names: dict[str, str] = {}

    def play(self, text: str) -> str:
        """`text` with another cast."""
        return re.sub(r"(?<=[a-z,] )[A-Z][a-z]{2,}", lambda name: self._name(name[0]), text)

    def _name(self, name: str) -> str:
        if name not in self.names:
            self.names[name] = "".join(self.chance.choice(SYLLABLES) for _ in range(3)).capitalize()
        return self.names[name]


class WordChain:
    """Writes in the words of the newsroom: every two words in a row stand in one of its English stories.

    Not more than two: texts that share whole clauses would all be candidates for copies of each other, as news is not.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.following: dict[str, list[str]] = defaultdict(list)
        self.openings: list[str] = []
        for paragraph in _paragraphs():
            self.openings.append(paragraph[0])
            for first, second in pairwise(paragraph):
                self.following[first].append(second)

    def paragraph(self, length: int = WORDS) -> str:
        """Sentences of `length` words, and up to the end of the last of them."""
        words: list[str] = []
        while len(words) < length:
            words += self._sentence_run(length)
        return " ".join(words)

    def _sentence_run(self, length: int) -> Iterator[str]:
        word = self.chance.choice(self.openings)
        yield word
        for _ in range(length):
            if not self.following[word]:
                return
            word = self.chance.choice(self.following[word])
            yield word


def _paragraphs() -> Iterator[Sequence[str]]:
    for story in read_stories(datetime(2026, 3, 1, tzinfo=UTC)):
        if story.site.language == "en":
            yield from (words for words in map(str.split, story.paragraphs) if len(words) > 3)
