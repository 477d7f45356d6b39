"""`make bench-peers`: what a person would install instead, over the same pages on one core.

They give text and metadata; we give those, names, copies, and rows in a database. Each runs in an environment of its
own, with no network: given HTML, news-please would still ask for things, and wait.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from tests.benchmarks import cluster, line, pages
from tests.benchmarks.figures import Figure, show, write

LOOP = """
import json, socket, sys, time
from pathlib import Path

def closed(*_, **__):
    raise OSError("no network while measuring")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = closed
bodies = [path.read_text() for path in sorted(Path(sys.argv[1]).glob("*.html"))]
{read}
read(bodies[0], "https://site.example/0")
texts, began = 0, time.process_time()
for number, body in enumerate(bodies):
    texts += bool(read(body, f"https://site.example/{{number}}"))
print(json.dumps({{"texts": texts, "cpu_s": time.process_time() - began}}))
"""
READ = {
    "news-please": "from newsplease import NewsPlease\n"
    "def read(html, url): return NewsPlease.from_html(html, url, fetch_images=False).maintext",
    "newspaper4k": "import newspaper\n"
    "def read(html, url):\n"
    "    article = newspaper.Article(url, fetch_images=False)\n"
    "    article.download(input_html=html); article.parse()\n"
    "    return article.text",
    "trafilatura": "import trafilatura\n"
    "def read(html, url): return trafilatura.bare_extraction(html, url=url, with_metadata=True).text",
}


def measure(count: int, folder: Path) -> Iterator[Figure]:
    """Articles per second of one core, of each peer and of our whole line on SQLite."""
    (folder / "pages").mkdir()
    pages.write(folder / "pages", count)
    for peer, read in READ.items():
        python = environment(folder, peer)
        out = subprocess.run(
            [python, "-c", LOOP.format(read=read), folder / "pages"], check=True, stdout=subprocess.PIPE, cwd=folder
        ).stdout
        found = json.loads(out.splitlines()[-1])
        yield Figure(f"{peer}: text and metadata", 1000 * found["cpu_s"] / count, "ms CPU")
        yield Figure(f"{peer}: articles per second of a core", count / found["cpu_s"], "1/s")
        yield Figure(f"{peer}: pages of which it gave a text", found["texts"] / count, "of 1")
    for model in ("minilm", "none"):
        yield from (one for one in line.measure("sqlite", count, model) if not one.what.startswith(" "))


def environment(folder: Path, peer: str) -> Path:
    """The Python of a new environment with `peer` in it."""
    home = folder / peer
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [home / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--prefer-binary", peer, "lxml_html_clean"], check=True)
    return home / "bin" / "python"


@click.command()
@click.option("--pages", "count", default=300, show_default=True, help="How many articles.")
@click.option("--out", type=click.Path(path_type=Path), default="bench-peers.json", show_default=True)
def main(count: int, out: Path) -> None:
    """Install the peers, measure, print a table, write JSON."""
    with tempfile.TemporaryDirectory(prefix="copydesk-peers-") as folder, cluster.configured():
        write(out, show(measure(count, Path(folder))))


if __name__ == "__main__":
    main()
