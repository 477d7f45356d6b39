"""Pages to measure on: each a new text in the words of the sample newsroom, on one of many invented hosts."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from scripts.newsroom.stories import read_stories

HOSTS = 25
PARAGRAPHS = 9
WORDS = 60  # about, per paragraph
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
        path.write_text(_page(words, number), encoding="utf-8")
    return paths


def _page(words: "WordChain", number: int) -> str:
    text = "".join(f"<p>{escape(words.paragraph())}</p>" for _ in range(PARAGRAPHS))
    title = escape(words.paragraph(8))
    links = "".join(
        f'<p><a href="/{escape(words.paragraph(3))}">{escape(words.paragraph(7))}</a></p>' for _ in range(8)
    )
    url = f"https://site{number % HOSTS}.bench.example/{number}"
    return PAGE.format(title=title, url=url, day=number % 28 + 1, text=text, links=links)


class WordChain:
    """Writes what the newsroom could have written: every three words in a row stand in one of its English stories."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.following: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.openings: list[tuple[str, str]] = []
        for paragraph in _paragraphs():
            self.openings.append((paragraph[0], paragraph[1]))
            for first, second, third in zip(paragraph, paragraph[1:], paragraph[2:], strict=False):
                self.following[first, second].append(third)

    def paragraph(self, length: int = WORDS) -> str:
        """Sentences of `length` words, and up to the end of the last of them."""
        words: list[str] = []
        while len(words) < length:
            words += self._sentence_run(length)
        return " ".join(words)

    def _sentence_run(self, length: int) -> Iterator[str]:
        first, second = self.chance.choice(self.openings)
        yield from (first, second)
        for _ in range(length):
            if not self.following[first, second]:
                return
            first, second = second, self.chance.choice(self.following[first, second])
            yield second


def _paragraphs() -> Iterator[Sequence[str]]:
    for story in read_stories(datetime(2026, 3, 1, tzinfo=UTC)):
        if story.site.language == "en":
            yield from (words for words in map(str.split, story.paragraphs) if len(words) > 3)
