"""`python -m scripts.newsroom`: serves the sample newsroom until interrupted, for a cluster or a browser."""

import asyncio
import signal
from pathlib import Path

import click

from scripts.newsroom.gold import as_json
from scripts.newsroom.server import Newsroom


@click.command()
@click.option("--bind", metavar="ADDRESS", help="One address for all sites, each on a port of its own.")
@click.option("--port", type=click.IntRange(1, 65_535), help="The port, or the first of them.")
@click.option("--name", metavar="HOST", help="What others call this machine, if not ADDRESS.")
@click.option("--gold", type=click.Path(path_type=Path), help="Write here, as JSON, what is expected of every page.")
def main(bind: str | None, port: int | None, name: str | None, gold: Path | None) -> None:
    """Serve the sample newsroom, after printing the sources that lead to all of its pages."""
    try:
        room = Newsroom(bind, port, name)
        if gold:
            gold.write_text(as_json(room.edition), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{error.strerror}; see --bind, --port and --gold") from None
    click.echo("\n".join(room.sources()))
    asyncio.run(_serve(room))


async def _serve(room: Newsroom) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await room.answer(stop)


if __name__ == "__main__":
    main()
