"""What reading sources and fetching pages takes: a sitemap, a feed, an archive, and pages over kept connections."""

import asyncio
import gzip
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import click

from workers.stages.discovering import discover, read_warc
from workers.stages.fetching import AddressPolicy, Fetcher, Request, Response, parse_networks

HOSTS = 32
ROW = "<url><loc>https://example.org/news/2026/11/an-article-about-{0}.html?a=1&b={0}</loc><lastmod>2026-11-24</lastmod></url>"
ITEM = (
    "<item><title>Story {0}</title><link>https://example.org/{0}</link><pubDate>Tue, 24 Nov 2026 02:00:00 GMT</pubDate>"
    "<description><![CDATA[{1}]]></description></item>"
)


@click.command()
@click.option("--pages", "count", default=3000, show_default=True, help="How many pages to fetch and to archive.")
def main(count: int) -> None:
    """Measure and print a table."""
    page = made_page(150_000)
    sitemap = f"<urlset>{''.join(map(ROW.format, range(50_000)))}</urlset>".encode()
    items = "".join(ITEM.format(number, page[:8000].decode()) for number in range(200))
    feed = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    click.echo(f"{'':34} {'number':>8} {'CPU s':>8} {'per CPU s':>10} {'CPU ms each':>12}")
    show("sitemap, addresses", lambda: sum(1 for _ in discover(sitemap, "https://example.org/sitemap.xml").items))
    show("feed, full texts", lambda: len(list(discover(feed, "https://example.org/feed").items)))
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder:
        path = Path(folder, "pages.warc.gz")
        write_archive(path, page[:60_000], count)
        show("WARC, pages of 60 KB", lambda: sum(1 for _ in read_warc(path)))
    show("fetch, pages of 150 KB packed", lambda: fetch_all(page, count))


def show(name: str, work: Callable[[], int]) -> None:
    """Do `work`, which returns how much it was, and print what it took of this process."""
    began = time.process_time()
    number = work()
    cpu_s = time.process_time() - began
    click.echo(f"{name:34} {number:8} {cpu_s:8.2f} {number / cpu_s:10.0f} {1000 * cpu_s / number:12.3f}")


def made_page(size: int) -> bytes:
    """A page of words, which packs about as well as news does."""
    rng = random.Random(1)
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(500)]
    lines = (
        f'<p class="article-body__paragraph">{" ".join(rng.choices(words, k=40))}</p>\n' for _ in range(size // 250)
    )
    return f"<!DOCTYPE html><html><body>{''.join(lines)}".encode()[:size]


def write_archive(path: Path, page: bytes, count: int) -> None:
    """`count` responses, each a gzip member of its own, as crawlers write them."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page
    with path.open("wb") as file:
        for number in range(count):
            head = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/{number}\r\n"
                f"WARC-Date: 2026-11-24T02:00:00Z\r\nWARC-Record-ID: <urn:uuid:{number:032}>\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
            )
            file.write(gzip.compress(head.encode() + http + b"\r\n\r\n", 1))


def fetch_all(page: bytes, count: int) -> int:
    """Fetch `count` pages from servers in another process, one request at a time from each."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(page, theirs), daemon=True)
    server.start()
    try:
        return asyncio.run(_fetch_all(ours.recv(), count))
    finally:
        server.terminate()
        server.join()


async def _fetch_all(ports: list[int], count: int) -> int:
    async with Fetcher(user_agent="copydesk/bench", policy=AddressPolicy(parse_networks("127.0.0.0/8"))) as fetcher:

        async def visit(port: int) -> int:
            urls = (f"http://127.0.0.1:{port}/{number}" for number in range(count // HOSTS))
            return sum([isinstance(await fetcher.fetch(Request(url)), Response) for url in urls])

        return sum(await asyncio.gather(*map(visit, ports)))


def serve(page: bytes, pipe: Connection) -> None:
    """Answer every request with `page`, packed; tells the ports."""
    body = gzip.compress(page)
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head.encode() + body)
            await writer.drain()

    async def listen() -> None:
        servers = [await asyncio.start_server(answer, "127.0.0.1", 0) for _ in range(HOSTS)]
        pipe.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(listen())


if __name__ == "__main__":
    main()
