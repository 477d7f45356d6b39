"""Races: copies of one text that several processes take at the same moment; how many of them do not find each other.

    python -m tests.benchmarks.races [--pairs 500] [--rounds 20] [--database sqlite postgresql]

Four processes go from barrier to barrier. Before each, the two copies of every pair lie with two different ones; after
it each takes its batch through clean, and after the next through deduplicate. Then the same is done in the naive
order, with keys and decision in one commit, which must lose pairs: or the race would prove nothing.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from shared import pages, submissions, urls
from shared.database import reading, transaction
from shared.logs import configure_logs
from shared.models import article
from shared.submissions import NewArticle
from tests.benchmarks.measuring import postgres_server
from tests.support import stories
from tests.support.racing import in_processes, process_copies
from tests.support.services import forget, migrate_at

PROCESSES = 4
AT_ONCE = 8  # pairs between two barriers
NAIVE = 20  # pairs
PATIENCE_S = 7200.0
Pair = tuple[int, int]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=500, help="per round")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), nargs="*", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    held = [hold_races(name, given.pairs, given.rounds) for name in given.database]
    return 0 if all(held) else 1


def hold_races(name: str, pairs: int, rounds: int) -> bool:
    """Both orders on this database; prints what was lost, returns whether it is as it should be."""
    with _database(name):
        began = time.monotonic()
        raced = _pairs(0, pairs * rounds)
        race(_hands(raced, AT_ONCE, PROCESSES), one_commit=False)
        lost = _lost(raced)
        took_s = time.monotonic() - began
        print(f"{name}: {lost} of {len(raced):,} pairs lost in {rounds} rounds, {PROCESSES} processes, {took_s:.0f} s")
        naive = _pairs(pairs * rounds, NAIVE)
        race(_hands(naive, 1, 2), one_commit=True)
        print(f"{name}: {_lost(naive)} of {NAIVE} lost in the naive order", flush=True)
        return lost == 0 and _lost(naive) > 0


def race(hands: Sequence[Sequence[Sequence[int]]], *, one_commit: bool) -> None:
    """Let a process for each of `hands` work on its batches, in step with the others."""
    in_processes([(batches, one_commit) for batches in hands], process_copies, PATIENCE_S)


def _pairs(first: int, number: int) -> list[Pair]:
    """The ids of so many pairs of copies that wait to be cleaned: articles after `first`, as two papers print them."""
    found: list[Pair] = []
    for start in range(first + 1, first + number + 1, 100):
        numbers = range(start, min(start + 100, first + number + 1))
        new = [_article(paper, one) for one in numbers for paper in (1, 2)]
        with transaction() as connection:
            submission_id = submissions.open_submission(connection, ["a race"], None)
            ids = sorted(submissions.add_articles(connection, submission_id, new))
        found += zip(ids[::2], ids[1::2], strict=True)
    return found


def _article(paper: int, number: int) -> NewArticle:
    """The second paper leaves a paragraph out."""
    site = f"paper{paper}.example"
    left_out = f"<p>{stories.paragraphs(number)[3]}</p>" if paper == 2 else ""
    body = stories.page(number).replace(left_out, "")
    url = f"https://{site}/{number}"
    return NewArticle(url, urls.canonical_url(url), site, body=pages.pack(body.encode()), content_type="text/html")


def _hands(pairs: Sequence[Pair], at_once: int, processes: int) -> list[list[list[int]]]:
    """What each process takes, batch by batch: the two copies of a pair never lie with the same one."""
    dice = random.Random(1)
    hands: list[list[list[int]]] = [[] for _ in range(processes)]
    for start in range(0, len(pairs), at_once):
        batches: list[list[int]] = [[] for _ in range(processes)]
        for pair in pairs[start : start + at_once]:
            for one, process in zip(pair, dice.sample(range(processes), 2), strict=True):
                batches[process].append(one)
        for hand, batch in zip(hands, batches, strict=True):
            hand.append(dice.sample(batch, len(batch)))
    return hands


def _lost(pairs: Sequence[Pair]) -> int:
    """How many pairs are in two clusters. All must be done, and nobody may share a cluster with a stranger."""
    with reading() as connection:
        rows = connection.execute(select(article.c.id, article.c.status, article.c.cluster_id)).all()
    cluster_of = {row.id: row.cluster_id for row in rows}
    assert {row.status for row in rows} == {"done"}
    lost = sum(cluster_of[one] != cluster_of[other] for one, other in pairs)
    assert len({cluster_of[one] for pair in pairs for one in pair}) == len(pairs) + lost, "strangers share a cluster"
    return lost


@contextmanager
def _database(name: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="races-") as folder, postgres_server() as server:
        url = f"sqlite:///{Path(folder) / 'copydesk.db'}" if name == "sqlite" else server.new_database("races")
        os.environ |= {"COPYDESK_DATABASE_URL": url, "COPYDESK_LOG_LEVEL": "ERROR"}
        migrate_at(url)
        forget()
        configure_logs()
        yield
        forget()


if __name__ == "__main__":
    sys.exit(main())
