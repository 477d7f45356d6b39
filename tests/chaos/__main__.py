"""`make chaos`: a newsroom of thousands of articles through a real cluster, hurt in every way; prints a table.

Linux only; as root it also fills a disk. A way that cannot be gone on this machine is named, not passed over.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support import harms, poison, postgres
from tests.support.chaos import Chaos, Outcome, papers
from tests.support.cluster import running
from tests.support.services import forget, migrate_at

HARMS = (
    harms.kill_child, harms.kill_bench, harms.kill_worker, harms.kill_fetch, harms.kill_beat, harms.freeze,
    harms.freeze_fetch, harms.wipe_broker, harms.restart_broker, harms.keep_broker_away, harms.cut_broker,
    harms.swallow_broker, harms.skew_clock, harms.fill_disk,
)  # fmt: skip
OF_A_SERVER = (harms.restart_database, harms.cut_database, harms.swallow_database)
DISK_MB = {"sqlite": 300, "postgresql": 900}
SITES = 8


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=2000, help="per database")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--only", nargs="*", help="names of harms", default=[])
    parser.add_argument("--folder", type=Path, help="keep everything there")
    given = parser.parse_args()
    outcomes = {name: list(hurt(name, given)) for name in given.database}
    return 0 if all(not one.faults for some in outcomes.values() for one in some) else 1


def hurt(database: str, given: argparse.Namespace) -> Iterator[Outcome]:
    """Everything that can be done to a cluster with this database, one after another, over the same articles."""
    chosen = [
        harm
        for harm in (*HARMS, *(OF_A_SERVER if database == "postgresql" else ()))
        if not given.only or harm.__name__ in given.only
    ]
    table = Table("harm", "articles", "times", "recovered s", "all ended s", "faults", title=database)
    with _chaos(database, given.folder) as (chaos, has_disk):
        for harm in chosen:
            if why := _why_not(harm, has_disk):
                print(f"{database}: {harm.__name__} not done: {why}", flush=True)
                continue
            outcome = chaos.suffer(harm, -(-given.articles // len(chosen)))
            print(f"{database}: {outcome}", flush=True)
            table.add_row(
                outcome.harm, str(outcome.articles), str(outcome.times), f"{outcome.recovered_s:.1f}",
                f"{outcome.finished_s:.1f}", "; ".join(outcome.faults) or "none",
            )  # fmt: skip
            yield outcome
        _say_what_was_logged(chaos)
    Console().print(table)


def _why_not(harm: object, has_disk: bool) -> str | None:
    if harm is harms.fill_disk and not has_disk:
        return "a small file system can be mounted by root only"
    if harm is harms.skew_clock and not harms.FAKETIME.exists():
        return f"there is no {harms.FAKETIME} (Debian: faketime)"
    return None


@contextmanager
def _chaos(database: str, kept: Path | None) -> Iterator[tuple[Chaos, bool]]:
    with ExitStack() as stack:
        folder = kept / database if kept else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        disk = folder / "disk"
        has_disk = harms.mount(disk, DISK_MB[database])
        stack.callback(harms.unmount, disk)
        folder.chmod(0o755)
        server = stack.enter_context(postgres.running(disk)) if database == "postgresql" else None
        url = f"sqlite:///{disk / 'copydesk.db'}"
        if server is not None:
            server.run("create database chaos")
            url = server.url("chaos")
        migrate_at(url)
        os.environ["COPYDESK_DATABASE_URL"] = url
        forget()
        more = poison.install_stage(folder / "packages") | {"POISON_SLOW_S": "0.05"}
        cluster = stack.enter_context(running(folder, url, server, **more))
        yield Chaos(cluster, stack.enter_context(papers(SITES))), has_disk


def _say_what_was_logged(chaos: Chaos) -> None:
    """Tracebacks are faults that nobody has foreseen."""
    unforeseen = chaos.unforeseen()
    print(f"tracebacks in logs: {len(unforeseen)}", *unforeseen[:5], sep="\n", flush=True)
    print(f"starts: { {name: member.starts for name, member in chaos.cluster.members.items()} }", flush=True)


if __name__ == "__main__":
    sys.exit(main())
