"""Back-pressure: a million articles are submitted and wait for work; what the broker and `submit` hold meanwhile.

    python -m tests.benchmarks.pressure [--urls 1000000]

A real `copydesk submit`, a real Redis, and nobody who consumes: dispatch ticks, and every article is handed on as a
fetcher that nobody stops would do it. The broker must not grow with the number of articles.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis
from sqlalchemy import select, update

from scripts.embedded import redis_server
from shared.database import reading, transaction
from shared.models import article
from tests.support.commands import COPYDESK
from tests.support.services import forget, migrate_at

HANDED_ON = 16  # articles per message of a fetcher


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, default=1_000_000)
    parser.add_argument("--ticks", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pressure-") as name:
        measure(Path(name), given.urls, given.ticks)


def measure(folder: Path, urls: int, ticks: int) -> None:
    """Submit, tick, hand on; print what was held."""
    socket = folder / "broker.sock"
    os.environ |= {
        "COPYDESK_DATABASE_URL": f"sqlite:///{folder / 'copydesk.db'}",
        "COPYDESK_BROKER_URL": f"redis+socket://{socket}",
    }
    migrate_at(os.environ["COPYDESK_DATABASE_URL"])
    forget()
    with subprocess.Popen([redis_server(), "--port", "0", "--unixsocket", str(socket), "--save", ""], stdout=-3) as one:
        try:
            print(f"submit of {urls:,} addresses: at most {submit(folder, urls):.0f} MB, {broker_mb(socket)}")
            press(ticks)
            print(f"all of them handed on, {ticks} ticks, nobody consumes: {broker_mb(socket)}")
        finally:
            one.terminate()


def submit(folder: Path, urls: int) -> float:
    """Submit so many addresses; returns the most memory that the command held, in MB."""
    given = folder / "addresses.txt"
    with given.open("w") as file:
        file.writelines(f"https://paper{n % 5000}.example/news/{n}\n" for n in range(urls))
    process = subprocess.Popen([COPYDESK, "submit", given], stdout=sys.stderr)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    return used.ru_maxrss / 1000


def press(ticks: int) -> None:
    """Let all articles wait for the clean stage, hand each of them on, and let dispatch tick."""
    from workers import broker, dispatch

    with transaction() as connection:
        connection.execute(update(article).values(status="fetched", next_stage="clean"))
    with reading() as connection:
        ids = list(connection.scalars(select(article.c.id)))
    began = time.monotonic()
    for start in range(0, len(ids), HANDED_ON):
        broker.hand_on("clean", ids[start : start + HANDED_ON])
    print(f"handing on {len(ids):,}: {time.monotonic() - began:.0f} s")
    for _ in range(ticks):
        dispatch.tick()


def broker_mb(socket: Path) -> str:
    """What the broker says of its memory, and how many messages wait."""
    with redis.Redis(unix_socket_path=str(socket)) as client:
        said = client.info("memory")
        lengths = {queue: client.llen(queue) for queue in ("fetch", "articles", "dispatch")}
    used, peak = said["used_memory"] / 1e6, said["used_memory_peak"] / 1e6
    return f"broker {used:.1f} MB, at most {peak:.1f} MB; messages {lengths}"


if __name__ == "__main__":
    main()
