"""`copydesk sites`: what is remembered of a host's blocks of text, and what a person has to say about them."""

import json
from collections.abc import Sequence
from typing import Any

import click

from scripts.options import json_option, store_options
from shared import sites
from shared.database import reading, transaction
from shared.errors import UsageError
from shared.texts import shown

SHORTEST_PREFIX = 4  # characters of a hash, as printed


@click.command("sites")
@click.argument("host", required=False)
@click.option("--forbid", multiple=True, metavar="HASH", help="Remove this block from every article; HASH or its text.")
@click.option("--keep", multiple=True, metavar="HASH", help="Never remove this block; HASH or its text.")
@click.option("--unset", multiple=True, metavar="HASH", help="Take back what was said of this block.")
@click.option("--forget", is_flag=True, help="Drop all that is known and said of the host, and learn it anew.")
@store_options
@json_option
def command(
    host: str | None,
    forbid: Sequence[str],
    keep: Sequence[str],
    unset: Sequence[str],
    forget: bool,
    as_json: bool,
) -> int:
    """The blocks of text that recur over HOST's articles; without HOST, the hosts of which some are known.

    What is said of a block takes effect on articles that are already there too: workers clean them again, or the next
    `copydesk run` does.
    """
    if host is None:
        if forbid or keep or unset or forget:
            raise UsageError("say of which host: copydesk sites HOST --forbid HASH")
        return _list_hosts(as_json)
    host_id = _host_id(host)
    if forget:
        with transaction() as connection:
            sites.forget(connection, host_id)
    for what, prefixes in (("forbidden", forbid), ("kept", keep), (None, unset)):
        if prefixes:
            _override(host_id, host, prefixes, what)
    return _list_blocks(host, host_id, as_json)


def _host_id(name: str) -> int:
    with reading() as connection:
        found = sites.find_host(connection, name.casefold())
    if found is None:
        raise UsageError(f"no host {name}: `copydesk sites` lists those that are known")
    return found


def _override(host_id: int, host: str, prefixes: Sequence[str], what: str | None) -> None:
    with transaction() as connection:
        rows = sites.blocks_of(connection, host_id)
        texts = {_hash(given): given for given in prefixes if " " in given}
        hashes = {_find(rows, given, host): "" for given in prefixes if " " not in given}
        sites.override(connection, host_id, texts | hashes, what)


def _hash(text: str) -> int:
    from workers.stages.cleaning import block_hash

    return block_hash(text)


def _find(rows: Sequence[Any], prefix: str, host: str) -> int:
    """The hash that begins so, as `spell` writes it. Raises UsageError where none or several do."""
    found = [row.block_hash for row in rows if spell(row.block_hash).startswith(prefix.casefold())]
    if len(prefix) < SHORTEST_PREFIX or len(found) != 1:
        how_many = "no block" if not found else "more than one block"
        raise UsageError(f"{prefix!r}: {how_many} of {host} is called so; give the hash that `copydesk sites` prints")
    return int(found[0])


def spell(block_hash: int) -> str:
    """A hash as a person sees it."""
    return f"{block_hash & (2**64 - 1):016x}"


def _list_hosts(as_json: bool) -> int:
    with reading() as connection:
        rows = sites.hosts(connection)
    if as_json:
        print(json.dumps([dict(row._mapping) for row in rows], ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row.removed:>5,} of {row.blocks:>5,} recurring blocks are removed  {row.host}")
    if not rows:
        print("nothing recurs on any host yet")
    return 0


def _list_blocks(host: str, host_id: int, as_json: bool) -> int:
    with reading() as connection:
        rows = sites.blocks_of(connection, host_id)
    if as_json:
        print(json.dumps([_as_dict(row) for row in rows], ensure_ascii=False))
        return 0
    _print(host, rows)
    return 0


def _as_dict(row: Any) -> dict[str, Any]:
    names = ("articles", "word_count", "state", "override", "first_article_id", "last_article_id", "sample")
    return {"hash": spell(row.block_hash)} | {name: getattr(row, name) for name in names}


def _print(host: str, rows: Sequence[Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not rows:
        console.print(f"nothing recurs on {host} yet")
        return
    table = Table("hash", "articles", "words", "state", "text")
    for row in rows:
        state = row.override or row.state or ""
        table.add_row(
            spell(row.block_hash), f"{row.articles:,}", f"{row.word_count:,}", state, Text(shown(row.sample[:160]))
        )
    console.print(table)
