"""`copydesk show`: one article, from its first attempt to its copies and its story."""

import json
from typing import Any

import click
from sqlalchemy import Connection, select

from scripts.options import json_option, store_options
from scripts.telling import print_revisions, print_story, story_of
from shared import duplicates, entities, exporting, revisions
from shared.database import reading
from shared.errors import UsageError
from shared.models import article, host, stage_run
from shared.urls import BadUrl, canonical_url


@click.command("show")
@click.argument("which", metavar="ID|URL")
@click.option("--removed", is_flag=True, help="Also what was taken out of the text, and why.")
@store_options
@json_option
def command(which: str, removed: bool, as_json: bool) -> int:
    """One article: its life, its text, what earlier revisions said, its entities, its copies, its story."""
    with reading() as connection:
        row = find(connection, which)
        mentions = entities.of_article(connection, row.id)
        life = connection.execute(
            select(stage_run).where(stage_run.c.article_id == row.id).order_by(stage_run.c.id)
        ).all()
        copies = duplicates.copies(connection, row.id)
        earlier = revisions.of_article(connection, row.id)
        told = story_of(connection, row.id)
        if as_json:
            print(json.dumps(_as_dict(connection, row, life, copies, earlier, told), ensure_ascii=False))
            return 0
    _print(row, life, mentions, copies)
    print_revisions(row, earlier)
    print_story(told, row.id)
    if removed:
        _print_removed(row)
    return 0


def find(connection: Connection, which: str) -> Any:
    """The article that a person means. Raises UsageError where there is none."""
    query = select(article, host.c.name.label("host")).join_from(article, host, isouter=True)
    if which.isdecimal():
        row = connection.execute(query.where(article.c.id == int(which))).first()
    else:
        row = connection.execute(query.where(article.c.canonical_url == _identity(which))).first()
    if row is None:
        raise UsageError(f"no article {which}: give an id or the URL of an article in this database")
    return row


def _identity(which: str) -> str:
    if which.startswith("file:"):
        return which
    try:
        return canonical_url(which)
    except BadUrl as error:
        raise UsageError(f"{which}: {error}; give the id or the URL of an article") from None


def _as_dict(connection: Connection, row: Any, life: Any, copies: Any, earlier: Any, told: Any) -> dict[str, Any]:
    (record,) = exporting.records(connection, article.c.id == row.id, order_by=article.c.id)
    record["life"] = [
        {name: exporting.plain(value) for name, value in run._mapping.items() if name not in ("id", "article_id")}
        for run in life
    ]
    record["copies"] = [dict(copy._mapping) for copy in copies]
    record["revisions"] = [_plain(one, without=("article_id", "exact_key")) for one in earlier]
    record["told"] = told.as_dict() if told else None
    return record


def _plain(row: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: exporting.plain(value) for name, value in row._mapping.items() if name not in without}


def _print(row: Any, life: Any, mentions: Any, copies: Any) -> None:
    from rich.console import Console

    from scripts.terminal import escape

    console = Console(highlight=False)

    def line(text: str = "") -> None:
        console.print(text, soft_wrap=True)

    line(f"[bold]{escape(row.title or '(no title)')}[/]")
    line(f"  {escape(row.url)}")
    status = f"{row.status}: {row.reason}" if row.reason else row.status
    known = [row.site_name, ", ".join(row.authors or []), row.agency, row.language]
    line(f"  article {row.id}, {status}; " + "; ".join(escape(str(one)) for one in known if one))
    if row.published_at:
        line(f"  published {row.published_at:%Y-%m-%d %H:%M} UTC")
    line("\n[bold]life[/]")
    for run in life:
        why = f" ({run.reason}{': ' + escape(run.detail) if run.detail else ''})" if run.reason else ""
        when = f"{run.started_at:%Y-%m-%d %H:%M:%S}"
        line(f"  {when}  {run.stage} v{run.version}, attempt {run.attempt}: {run.outcome}{why}, {run.seconds:.3f} s")
    if row.next_stage:
        line(f"  next: {row.next_stage}" + (f", not before {row.due_at:%Y-%m-%d %H:%M} UTC" if row.due_at else ""))
    if row.text:
        line("\n[bold]text[/]")
        for paragraph in row.text.split("\n"):
            line(f"  {escape(paragraph)}")
    for type_, heading in (("PER", "people"), ("ORG", "organisations"), ("LOC", "places")):
        names = _names(mentions, type_)
        if names:
            line(f"\n[bold]{heading}[/]: {escape(names)}")
    if row.entities_skipped:
        line(f"\nno names: the entity model does not read this {row.entities_skipped} ({row.language})")
    if copies:
        line("\n[bold]copies[/]")
    for copy in copies:
        how = f"{copy.relation}, {copy.similarity:.0%} alike" if copy.similarity is not None else "same cluster"
        line(f"  {copy.id}  {escape(copy.url)} ({how})" + ("  [bold]shown for all[/]" if copy.canonical else ""))


def _print_removed(row: Any) -> None:
    from rich.console import Console

    from scripts.terminal import escape

    console = Console(highlight=False)
    console.print("\n[bold]removed[/]" if row.removed else "\n[bold]nothing was removed[/]")
    for block in row.removed or []:
        console.print(f"  [dim]{block['reason']}[/]  {escape(block['text'])}", soft_wrap=True)


def _names(mentions: Any, type_: str) -> str:
    counts: dict[str, int] = {}
    for one in mentions:
        if one.type == type_:
            counts[one.name] = counts.get(one.name, 0) + 1
    return ", ".join(f"{name} ({count})" if count > 1 else name for name, count in counts.items())
