"""What an article costs among a million that are stored already, beside what it costs among ten thousand.

    python -m tests.benchmarks.aged [--held 10000 1000000] [--database sqlite postgresql] [--pages 1000]

Whole line from stored pages, entities off: what the database costs would else hide behind the tagger. The stored ones
are those of tests/benchmarks/million.py, with 24 keys each; a million take an hour to make, and 20 GB.
"""

import argparse
import os
import tempfile
from functools import partial

from sqlalchemy import text

from shared.database import transaction
from tests.benchmarks import cluster, line, million


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", type=int, nargs="*", default=[10_000, 1_000_000])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--pages", type=int, default=1000)
    given = parser.parse_args()
    bodies = line.made(given.pages + line.WARM)
    for engine in given.database:
        for held in given.held:
            with cluster.running(engine, partial(fill, held), entity_model="none", log_level="WARNING"):
                used, _ = line.through(bodies)
            by_part = ", ".join(f"{part} {1000 * seconds / given.pages:.2f}" for part, seconds in used.items())
            print(
                f"{engine}, {held:,} stored: {1000 * sum(used.values()) / given.pages:.2f} ms CPU ({by_part})",
                flush=True,
            )
    return 0


def fill(held: int) -> None:
    """So many articles, none of which is in work, and no source that is due."""
    million.build(held, mentions=6, keys=24, words=held, say=print)
    with transaction() as connection:
        connection.execute(text("update source set next_stage = null, due_at = null"))
        connection.execute(
            text(
                "update article set status = 'dropped', reason = 'http_404', next_stage = null, due_at = null,"
                " queued_at = null, lease_token = null, leased_until = null where next_stage is not null"
            )
        )


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"  # as `copydesk run` does
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    raise SystemExit(main())
