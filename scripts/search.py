"""`copydesk search`: find articles by their words, and by conditions."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from scripts.options import json_option, store_options
from shared.database import reading

if TYPE_CHECKING:
    from shared.searching import Hit
    from shared.searching.highlights import Piece


@click.command("search")
@click.argument("words", nargs=-1, required=True, metavar="QUERY...")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help="Most hits. [20]")
@click.option("--offset", type=click.IntRange(0, 1000), default=0, help="How many to pass over. [0]")
@store_options
@json_option
def command(words: tuple[str, ...], limit: int, offset: int, as_json: bool) -> int:
    """Find the articles that have all words of QUERY, best first: in the title, then what is about them, then the rest.

    copydesk search flood '"prime minister"' -sport 'dam OR dyke' 'flo*' host:example.org since:7d

    "..." is a phrase, - excludes, OR joins, * ends a beginning. FIELD:VALUE is a condition: host, entity, person, org,
    place, story, since, until, lang, label, source, status and whatever `copydesk requeue --help` names. What begins
    with - stands after --. Exit status: 0 something was found, 1 nothing.
    """
    from shared.searching import search

    with reading() as connection:
        found = search(connection, " ".join(_as_typed(word) for word in words), limit, offset)
    if as_json:
        print(json.dumps({"hits": [hit.as_dict() for hit in found.hits], "more": found.more}, ensure_ascii=False))
        return 0 if found.hits else 1
    for hit in found.hits:
        _print(hit)
    if not found.hits:
        print("nothing found")
    if found.more:
        print(f"more: --offset {offset + limit}")
    return 0 if found.hits else 1


def _as_typed(word: str) -> str:
    """A shell takes the quotes off a value with blanks; they are put back."""
    name, colon, value = word.partition(":")
    if colon and name.isidentifier() and " " in value and '"' not in value:
        return f'{name}:"{value}"'
    return word


def _print(hit: "Hit") -> None:
    from rich.console import Console
    from rich.text import Text

    from shared.texts import storable

    def marked(pieces: Sequence["Piece"]) -> Text:
        text = Text()
        for piece in pieces:
            text.append(storable(piece.text).replace("\n", " "), style="bold yellow" if piece.is_hit else "")
        return text

    console = Console(highlight=False)
    title = marked(hit.title) if hit.title else Text("(no title)")
    title.stylize("bold", 0, len(title))
    console.print(Text(f"{hit.id:>8}  ").append_text(title), soft_wrap=True)
    known = (hit.published_at and f"{hit.published_at:%Y-%m-%d %H:%M}", hit.host, hit.language, hit.url)
    copy = f"; copy of {hit.duplicate_of}" if hit.duplicate_of else ""
    console.print(Text("          " + "  ".join(str(one) for one in known if one) + copy, style="dim"), soft_wrap=True)
    if hit.snippet:
        console.print(Text("          ").append_text(marked(hit.snippet)), soft_wrap=True)
