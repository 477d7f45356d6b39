"""The whole line from stored pages, on either database, beside a bare loop that calls the same stages.

CPU of all processes: workers, beat, broker, database server. The loop runs in the same run, half before and half
after, so that a machine whose speed drifts is the same for both.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import func, select, text

from shared import pages as stored
from shared.database import is_sqlite, reading
from shared.models import article, page
from shared.submissions import NewArticle
from tests.benchmarks import cluster, pages
from tests.benchmarks.figures import Figure
from tests.benchmarks.measuring import cpu_of_tree
from workers.stages import cleaning, deduplicating, extracting

WARM = 64  # articles before the clock starts: models are loaded, statements built


def measure(engine: str, count: int, model: str) -> Iterator[Figure]:
    """`count` pages through a cluster that is warm, against the loop."""
    bodies = made(count + WARM)
    loop_s = bare(bodies[WARM : WARM + count // 2], model)
    with cluster.running(engine, entity_model=model, log_level="WARNING"):
        used, wall_s = through(bodies)
        sizes = list(disk(engine, count + WARM))
    loop_s += bare(bodies[WARM + count // 2 :], model)
    name, total = f"{engine}, entities {model}", sum(used.values())
    goal = "<= 1.15" if engine == "sqlite" else "<= 1.25"
    yield Figure(f"bare loop, entities {model}", 1000 * loop_s / count, "ms CPU")
    yield Figure(f"whole line, {name}", 1000 * total / count, "ms CPU")
    yield Figure(f"whole line / bare loop, {name}", total / loop_s, "x", goal)
    yield Figure(f"articles per CPU second, {name}", count / total, "1/s", ">= 20" if model == "none" else ">= 10")
    yield Figure(f"articles per second of the clock, {name}", count / wall_s, "1/s")
    for part, seconds in used.items():
        yield Figure(f"  of which {part}", 1000 * seconds / count, "ms CPU")
    yield from sizes


def through(bodies: Sequence[bytes]) -> tuple[dict[str, float], float]:
    """Let a cluster work on pages; CPU seconds by part, and seconds of the clock, of those after the first WARM."""
    add(bodies[:WARM], 0)
    cluster.wait()
    before, began = cluster.cpu_by_part(), time.monotonic()
    add(bodies[WARM:], WARM)
    cluster.wait()
    wall_s, after = time.monotonic() - began, cluster.cpu_by_part()
    return {part: seconds - before.get(part, 0.0) for part, seconds in after.items()}, wall_s


def made(count: int) -> list[bytes]:
    """The pages."""
    with tempfile.TemporaryDirectory() as folder:
        return [path.read_bytes() for path in pages.write(Path(folder), count)]


def bare(bodies: Sequence[bytes], model: str) -> float:
    """CPU seconds of the stages alone, one page after the other, the first one not counted."""
    began = 0.0
    for number, body in enumerate((bodies[0], *bodies)):
        began = began if number != 1 else time.process_time()
        cleaned = cleaning.clean(body, f"https://site.example/{number}")
        extracting.extract(cleaned.text, cleaned.language, model)
        deduplicating.fingerprint(cleaned.text)
    return time.process_time() - began


def add(bodies: Sequence[bytes], first: int) -> list[int]:
    """Store pages as articles that wait for the clean stage; returns their ids."""
    rows: list[NewArticle] = []
    for number, body in enumerate(bodies, first):
        host = f"site{number % pages.HOSTS}.bench.example"
        url = f"https://{host}/{number}"
        packed = stored.pack(body)
        rows.append(NewArticle(url, url, host, body=packed, size=len(body), content_type="text/html"))
    parts = (rows[start : start + 2000] for start in range(0, len(rows), 2000))
    return [article_id for part in parts for article_id in cluster.add(part)]


def disk(engine: str, count: int) -> Iterator[Figure]:
    """What an article takes on disk, its page apart."""
    with reading() as connection:
        packed, size = connection.execute(select(func.sum(func.length(page.c.body)), func.sum(page.c.size))).one()
        if is_sqlite(connection):
            total = connection.scalar(text("select page_count * page_size from pragma_page_count, pragma_page_size"))
            total -= packed
        else:
            total = connection.scalar(
                text(
                    "select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relname <> 'page'"
                    " and relnamespace = 'public'::regnamespace"
                )
            )
        done = connection.scalar(select(func.count()).select_from(article)) or 1
    yield Figure(f"disk per article without its page, {engine}", float(total) / done / 1000, "KB", "<= 12")
    yield Figure("page on disk / its HTML", float(packed) / float(size), "x", "<= 0.25")


def run(engine: str, count: int) -> Iterator[Figure]:
    """`copydesk run` of saved pages, from its start to its end, start-up and all; against the bare loop."""
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as name:
        folder = Path(name)
        (folder / "pages").mkdir()
        paths = pages.write(folder / "pages", count)
        bodies = [path.read_bytes() for path in paths]
        loop_s = bare(bodies, "minilm") if count > 1 else 0.0
        with cluster.database(engine, folder) as url:
            command = [str(Path(sys.executable).with_name("copydesk")), "run", "--json", "--database", url]
            began, cpu_s = time.monotonic(), 0.0
            with subprocess.Popen([*command, "--data", name, *map(str, paths)], stdout=subprocess.DEVNULL) as running:
                while running.poll() is None:
                    cpu_s = max(cpu_s, cpu_of_tree(running.pid))  # its workers are killed, and nobody is told of theirs
                    time.sleep(0.05)
            wall_s = time.monotonic() - began
    if count == 1:
        yield Figure(f"copydesk run of one saved page, {engine}", wall_s, "s", "<= 4")
        yield Figure(f"copydesk run of one saved page, {engine}", cpu_s, "s CPU")
    else:
        yield Figure(f"copydesk run of {count} saved pages / bare loop, {engine}", cpu_s / loop_s, "x", "<= 1.2")
