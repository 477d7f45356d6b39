"""Invented news by the million: rows of every table as they are after a while, in the proportions of real ones."""

import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from shared import pages
from shared.searching.index import Entry, as_row, as_text, key_of

Rows = tuple[tuple[str, ...], list[tuple[Any, ...]]]  # names of columns, and their values

VOCABULARY, SENTENCES, TEXTS = 60_000, 20_000, 10_000  # texts come again and again: making them takes time
HOSTS, SOURCES, SUBMISSIONS, ENTITIES = 500, 2000, 60, 40_000
SECTIONS = ("world", "politics", "business", "sport", "culture", None)
LANGUAGES = ("en",) * 12 + ("de",) * 3 + ("fr",) * 2 + ("es",) * 2 + ("it",)
YEARS = 2
DROPPED = ("http_404", "not_article", "no_text", "robots_denied", "wall", "http_410")
QUARANTINED = ("worker_lost", "stage_error", "time_limit")
STAGES = (("fetch", 0.21), ("clean", 0.02), ("extract", 0.03), ("deduplicate", 0.004))
PLAIN = {"attempts": 0, "lost": 0, "priority": 0, "revision": 1, "refetched": False}
NOW = datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """A moment as both databases take it as text."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


class Newsreel:
    """All rows of `articles` articles. The same numbers give the same rows, but for the moment that they end at."""

    def __init__(self, articles: int, mentions: int, keys: int, *, texts: bool, sqlite: bool) -> None:
        self.articles, self.mentions, self.keys, self.with_texts, self.sqlite = articles, mentions, keys, texts, sqlite
        self.chance, self.numbers = random.Random(7), np.random.default_rng(7)
        self.vocabulary = self._vocabulary()
        shares = 1.0 / np.arange(3, VOCABULARY + 3)
        self.shares = np.cumsum(shares / shares.sum())
        self.sentences = [
            " ".join(self._words(self.chance.randint(8, 32))).capitalize() + "." for _ in range(SENTENCES)
        ]
        self.names = [" ".join(word.capitalize() for word in self._words(2)) for _ in range(ENTITIES)]
        self.texts = [self._text() for _ in range(min(TEXTS, articles))]
        self.originals: list[int] = []

    def _vocabulary(self) -> list[str]:
        """Invented words, short ones first, as frequent words are."""
        syllables = [c + v for c in "bcdfghklmnprstvz" for v in ("a", "e", "i", "o", "u", "an", "er")] + ["ö", "é"]
        words = {
            "".join(self.chance.choices(syllables, k=1 + n * 3 // VOCABULARY + n % 3)) for n in range(3 * VOCABULARY)
        }
        return sorted(words, key=lambda word: (len(word), word))[:VOCABULARY]

    def _words(self, number: int) -> list[str]:
        places = np.searchsorted(self.shares, self.numbers.random(number))
        return [self.vocabulary[min(place, len(self.vocabulary) - 1)] for place in places]

    def setting(self) -> dict[str, Rows]:
        """What articles refer to."""
        born, later = stamp(NOW - timedelta(days=365 * YEARS)), stamp(NOW + timedelta(hours=2))
        failing = dict.fromkeys(range(0, HOSTS, 40), "refused")
        return {
            "submission": (
                ("id", "label", "given", "found", "new", "bad", "created_at"),
                [(n, f"label{n % 7}", '["feeds.opml"]', 0, 0, 0, born) for n in range(1, SUBMISSIONS + 1)],
            ),
            "host": (
                ("id", "name", "next_allowed_at", "strikes", "successes", "reason", "robots_hops"),
                [
                    (n, f"paper{n}.example", later if n in failing else None, 2, 9, failing.get(n), 0)
                    for n in range(1, HOSTS + 1)
                ],
            ),
            "source": (
                ("id", "url", "canonical_url", "kind", "host_id", "submission_id", "depth", "priority", "found", "new",
                 "attempts", "lost", "failures", "watched", "paused", "guessed", "next_stage", "due_at", "created_at",
                 "reason"),
                [self._source(n, born) for n in range(1, SOURCES + 1)],
            ),
            "entity": (
                ("id", "type", "key", "name", "country"),
                [
                    (n, ("PER", "ORG", "LOC")[n % 3], f"{name.casefold()} {n}", f"{name} {n}", None)
                    for n, name in enumerate(self.names, 1)
                ],
            ),
        }  # fmt: skip

    def _source(self, number: int, born: str) -> tuple[Any, ...]:
        host, url = number % HOSTS + 1, f"https://paper{number % HOSTS + 1}.example/feed/{number}"
        due = stamp(NOW + timedelta(minutes=number % 60))
        reason = "http_5xx" if number % 100 == 0 else None
        return (number, url, url, "feed", host, number % SUBMISSIONS + 1, 0, 0, 500, 450, 0, 0, 0, True, False, False,
                "fetch", due, born, reason)  # fmt: skip

    def stories(self, start: int, end: int) -> dict[str, Rows]:
        """Articles number `start` to `end` - 1, and what belongs to them."""
        made = [self._article(number) for number in range(start, end)]
        with_text = [row for row in made if row["text"]]
        names = tuple(made[0])
        return {
            "cluster": (
                ("id", "canonical_id", "size", "created_at"),
                [(row["id"], row["id"], 1, row["created_at"]) for row in made if row["cluster_id"]],
            ),
            "article": (names, [tuple(row[name] for name in names) for row in made]),
            "page": (
                ("article_id", "url", "status_code", "headers", "content_type", "body", "size", "fetched_at"),
                [self._page(row) for row in with_text],
            ),
            "stage_run": (
                ("article_id", "stage", "version", "attempt", "outcome", "reason", "started_at", "seconds", "waited_s"),
                [run for row in made for run in self._runs(row)],
            ),
            "mention": (
                ("article_id", "start", "end", "entity_id", "surface"),
                [mention for row in with_text for mention in self._mentions(row)],
            ),
            **self._stories([row for row in made if row["cluster_id"]]),
            "duplicate_key": (
                ("key", "article_id", "scheme"),
                [(int(key), row["id"], 1) for row in with_text for key in self.numbers.integers(0, 2**62, self.keys)],
            ),
        }

    def _stories(self, rows: Sequence[dict[str, Any]]) -> dict[str, Rows]:
        """Of every hundred articles ten originals make a story."""
        chosen = [
            row for row in rows if row["id"] % 10 == 0 and row["cluster_id"] == row["id"] and row["status"] == "done"
        ]
        first = {(row["id"] - 1) // 100 + 1: row for row in reversed(chosen)}
        return {
            "story": (
                ("id", "headline", "first_at", "last_at", "reports", "articles", "joined_at", "created_at", "change"),
                [
                    (
                        number,
                        row["title"],
                        *(row["created_at"],) * 2,
                        8,
                        9,
                        *(row["created_at"],) * 2,
                        self.articles + number,
                    )
                    for number, row in sorted(first.items())
                ],
            ),
            "report": (("cluster_id", "story_id"), [(row["id"], (row["id"] - 1) // 100 + 1) for row in chosen]),
        }

    def index(self, rows: Iterable[tuple[int, int, datetime]]) -> dict[str, Rows]:
        """The words of articles: the number of each, of the one whose text it has, and when it was published."""
        entries = [(key_of(one, at), one, self.texts[like % len(self.texts)]["words"]) for one, like, at in rows]
        if not self.sqlite:
            return {"search_entry": (("key", "article_id", "tokens"), entries)}
        return {
            "search_entry": (("key", "article_id"), [entry[:2] for entry in entries]),
            "search_words": (("rowid", "words"), [(key, words) for key, _, words in entries]),
        }

    def _article(self, number: int) -> dict[str, Any]:
        """One article: nine of ten are done, and the newest are still in progress."""
        known_at = NOW - timedelta(days=365 * YEARS) * (1 - number / self.articles)
        host = min(HOSTS, int(self.chance.paretovariate(0.6)))
        url = f"https://paper{host}.example/{known_at:%Y/%m/%d}/{number}"
        row = PLAIN | {
            "id": number, "url": url, "canonical_url": url, "host_id": host,
            "source_id": self.chance.randint(1, SOURCES), "submission_id": number % SUBMISSIONS + 1,
            "label": f"label{number % 7}", "created_at": stamp(known_at),
        }  # fmt: skip
        row |= self._state(number, known_at)
        return row | {"change": number if row["next_stage"] is None or row["due_at"] else None}

    def _state(self, number: int, known_at: datetime) -> dict[str, Any]:
        is_new, luck = number > 0.98 * self.articles, self.chance.random()
        empty = dict.fromkeys(
            ("reason", "next_stage", "due_at", "queued_at", "lease_token", "leased_until", *TEXT_COLUMNS)
        )
        if is_new and luck < 0.5:
            return empty | {"status": "submitted", "next_stage": "fetch"}
        if is_new and luck < 0.6:
            due = {"due_at": stamp(NOW + timedelta(hours=1)), "reason": "http_503"}
            return empty | {"status": "submitted", "next_stage": "fetch"} | due
        if luck < 0.04:
            return empty | {"status": "dropped", "reason": self.chance.choice(DROPPED)}
        full = empty | self._filled(number, known_at)
        if luck < 0.045:
            return full | {"status": "quarantined", "reason": self.chance.choice(QUARANTINED)}
        if is_new and luck < 0.9:
            waiting = {"status": "cleaned", "next_stage": "extract", "queued_at": stamp(NOW)}
            lease = {"lease_token": number, "leased_until": stamp(NOW + timedelta(hours=1))} if luck > 0.88 else {}
            return full | waiting | lease
        return full | self._place(number) | {"status": "done"}

    def _text(self) -> dict[str, Any]:
        """What an article says, in all the forms in which it is stored."""
        sentences = self.chance.choices(self.sentences, k=min(120, int(self.chance.lognormvariate(2.95, 0.6)) + 2))
        lines = [" ".join(sentences[n : n + 3]) for n in range(0, len(sentences), 3)]
        title, text = " ".join(self._words(self.chance.randint(6, 12))).capitalize(), "\n".join(lines)
        paragraphs = "".join(f"<p>{line}</p>" for line in lines)
        page = f"<html><head><title>{title}</title></head><body><article>{paragraphs}</article></body></html>".encode()
        words = (as_text if self.sqlite else as_row)(Entry(title, text))
        return {"title": title, "text": text, "words": words, "page": pages.pack(page), "size": len(page)}

    def _filled(self, number: int, known_at: datetime) -> dict[str, Any]:
        text = self.texts[number % len(self.texts)]
        return {
            "title": text["title"],
            "authors": json.dumps(self.chance.choices(self.names, k=1)),
            "published_at": stamp(known_at - timedelta(minutes=self.chance.randint(1, 300))),
            "fetched_at": stamp(known_at + timedelta(minutes=1)),
            "language": self.chance.choice(LANGUAGES),
            "section": self.chance.choice(SECTIONS),
            "text": text["text"] if self.with_texts else None,
            "markdown": text["text"] if self.with_texts else None,
            "word_count": len(text["text"].split()),
            "removed": "[]",
            "exact_key": number,
            "cluster_id": number,
        }

    def _place(self, number: int) -> dict[str, Any]:
        """A copy of an earlier one, or an original."""
        if self.originals and self.chance.random() < 0.12:
            original = self.chance.choice(self.originals)
            return {"cluster_id": original, "duplicate_of": original, "relation": "copy", "similarity": 0.97}
        self.originals = [*self.originals[-200:], number]
        return {}

    def _page(self, row: dict[str, Any]) -> tuple[Any, ...]:
        text = self.texts[row["id"] % len(self.texts)]
        return (row["id"], row["url"], 200, "{}", "text/html", text["page"], text["size"], row["fetched_at"])

    def _runs(self, row: dict[str, Any]) -> list[tuple[Any, ...]]:
        if row["status"] == "submitted":
            return []
        last = {"dropped": 2, "quarantined": 2, "cleaned": 2}.get(row["status"], 4)
        ended = row["status"] if row["status"] in ("dropped", "quarantined") else "done"
        runs = []
        for place, (stage, seconds) in enumerate(STAGES[:last], 1):
            outcome, reason = (ended, row["reason"]) if place == last else ("done", None)
            took = seconds * self.chance.lognormvariate(0, 0.5)
            runs.append(
                (row["id"], stage, 1 + (row["id"] % 3 > 0), 1, outcome, reason, row["created_at"], took, took * 9)
            )
        return runs

    def _mentions(self, row: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
        starts = sorted(self.chance.sample(range(0, max(1000, len(row["text"])), 20), self.mentions))
        found = []
        for start in starts:
            entity = min(ENTITIES, int(self.chance.paretovariate(0.35)))
            surface = self.names[entity - 1]
            found.append((row["id"], start, start + len(surface), entity, surface))
        return found


TEXT_COLUMNS = (
    "title", "authors", "published_at", "fetched_at", "language", "section", "text", "markdown", "word_count",
    "removed", "exact_key", "cluster_id", "duplicate_of", "relation", "similarity",
)  # fmt: skip
