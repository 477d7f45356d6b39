"""`copydesk entities`: who, which organisation, where; and what a person knows better."""

import json
from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import Connection

from scripts.options import json_option, store_options
from shared import entities
from shared.database import reading, transaction
from shared.errors import UsageError

MOST_ARTICLES = 10
KINDS = {"person": "PER", "org": "ORG", "place": "LOC"}


@click.group("entities")
def command() -> None:
    """People, organisations and places: the most mentioned, one of them, and merging or splitting two."""


@command.command("top")
@click.option("--type", "kind", type=click.Choice(list(KINDS)), help="Only people, organisations or places.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, help="[20]")
@store_options
@json_option
def top(kind: str | None, limit: int, as_json: bool) -> int:
    """The entities named in the most articles."""
    with reading() as connection:
        rows = entities.most_mentioned(connection, limit, KINDS.get(kind or ""))
    if as_json:
        print(json.dumps([dict(row._mapping) for row in rows], ensure_ascii=False))
        return 0
    if not rows:
        print("no entities yet")
    for row in rows:
        country = f", {row.country}" if row.country else ""
        print(f"{row.id:>8}  {row.name} ({row.type}{country}): {row.articles:,} articles, {row.mentions:,} mentions")
    return 0


@command.command("show")
@click.argument("which", metavar="ID|NAME")
@store_options
@json_option
def show(which: str, as_json: bool) -> int:
    """One entity: how articles write it, what was merged into it, and the newest articles that name it."""
    with reading() as connection:
        row = _one(connection, which)
        record = _record(connection, row)
    if as_json:
        print(json.dumps(record, ensure_ascii=False))
        return 0
    print(f"{record['name']} ({record['type']}), entity {record['id']}" + (f", {row.country}" if row.country else ""))
    print("  written: " + ", ".join(f"{one['surface']} ({one['mentions']})" for one in record["aliases"]))
    if record["merged"]:
        print("  merged into it: " + ", ".join(f"{one['name']} ({one['id']})" for one in record["merged"]))
    if row.same_as:
        print(f"  merged into {row.same_as}")
    for one in record["articles"]:
        print(f"  {one['id']:>8}  {one['title'] or one['url']}")
    return 0


@command.command("merge")
@click.argument("which", metavar="ID|NAME")
@click.argument("into", metavar="INTO")
@store_options
def merge(which: str, into: str) -> int:
    """Let one entity stand for another, in all articles, old and new. `split` undoes it."""
    with transaction() as connection:
        lesser, greater = _one(connection, which), _one(connection, into)
        if lesser.id == greater.id:
            raise UsageError(f"{which} and {into} are one entity already")
        entities.merge(connection, lesser, greater)
    print(f"{lesser.name} ({lesser.id}) is now {greater.name} ({greater.id})")
    return 0


@command.command("split")
@click.argument("which", metavar="ID")
@store_options
def split(which: str) -> int:
    """Undo a merge: the entity is one of its own again."""
    with transaction() as connection:
        row = _one(connection, which)
        entities.split(connection, row)
    print(f"{row.name} ({row.id}) is an entity of its own again")
    return 0


def _one(connection: Connection, which: str) -> Any:
    """The entity that a person means. Raises UsageError where there is none, or more than one."""
    rows = entities.find(connection, which)
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise UsageError(f"no entity {which!r} (copydesk entities top lists them)")
    several = ", ".join(f"{row.id} ({row.name}, {row.type})" for row in rows[:10])
    raise UsageError(f"{which!r} may be several: give the id of one of {several}")


def _record(connection: Connection, row: Any) -> dict[str, Any]:
    def plain(rows: Sequence[Any]) -> list[dict[str, Any]]:
        return [dict(one._mapping) for one in rows]

    return dict(row._mapping) | {
        "aliases": plain(entities.aliases(connection, row.id)),
        "merged": plain(entities.merged_into(connection, row.id)),
        "articles": plain(entities.articles_of(connection, row.id, MOST_ARTICLES)),
    }
