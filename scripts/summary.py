"""What a run ends with: the books, an example of a copy, the names in the news, and where to go from here."""

import json
import shlex
from typing import Any

import click

from scripts.intake import Intake
from scripts.progress import plural
from shared import duplicates, profiles, stories, submissions
from shared.accounting import Account, Progress, account
from shared.database import reading
from shared.settings import settings
from shared.submissions import News

MOST_NAMES = 8
MOST_REASONS = 6
GOING_ON = News(0, True, [])  # of a run that was given no sources


def summarise(intake: Intake, last: Progress, seconds: float, as_json: bool) -> int:
    """Print the summary; returns the exit status of the run."""
    with reading() as connection:
        books = account(connection)
        names = profiles.in_the_news(connection, MOST_NAMES)
        example = duplicates.example(connection)
        story = stories.largest(connection)
        news = submissions.news(connection, intake.submission_id) if intake.submission_id else GOING_ON
    if as_json:
        print(json.dumps(_as_dict(books, intake, news, names, example, story, seconds), ensure_ascii=False))
    else:
        _print(books, news, names, example, story, seconds)
    usable = intake.usable or news is GOING_ON
    return 0 if books.holds and last.finished and usable and news.has_articles else 1


def _as_dict(
    books: Account, intake: Intake, news: News, names: Any, example: Any, story: Any, seconds: float
) -> dict[str, Any]:
    return books.as_dict() | {
        "submission": intake.submission_id,
        "new": news.new,
        "not_used": intake.bad,
        "seconds": round(seconds, 2),
        "database": _where(),
        "entities": [{"name": row.name, "type": row.type, "articles": row.articles} for row in names],
        "example": dict(example._mapping) if example else None,
        "largest_cluster": example.size if example else 1,
        "largest_story": {name: getattr(story, name) for name in ("id", "headline", "reports", "articles")}
        if story
        else None,
    }


def _where() -> str:
    from sqlalchemy import make_url

    return make_url(settings().database).render_as_string(hide_password=True)


def conservation(books: Account) -> str:
    """The check, in words."""
    parts = [f"{books.done:,} done", f"{books.dropped:,} dropped", f"{books.quarantined:,} quarantined"]
    parts.append(f"{books.in_progress:,} in progress")
    return f"{books.submitted:,} submitted = {' + '.join(parts)}"


def _print(books: Account, news: News, names: Any, example: Any, story: Any, seconds: float) -> None:
    from rich.console import Console

    from scripts.terminal import escape

    console = Console(highlight=False)

    def line(text: str) -> None:
        console.print(text, soft_wrap=True)

    line(f"\n[bold]{conservation(books)}[/] {'' if books.holds else '[red](the books do not balance)[/]'}")
    line(f"  {plural(news.new, 'new article')} in this run of {seconds:.1f} s")
    if books.postponed:
        until = (books.postponed_until or "")[:16].replace("T", " ")
        line(f"  {plural(books.postponed, 'article')} postponed, the first until {until} UTC: run again then")
    if books.reasons:
        commonest = list(books.reasons.items())[:MOST_REASONS]
        line("  why not done: " + ", ".join(f"{reason} {count:,}" for reason, count in commonest))
    for site, url in news.sites:
        line(f"  found on {escape(site)}: {escape(url)}")
    for url, reason in list(books.sources["failures"].items())[:MOST_REASONS]:
        line(f"  [yellow]source not read:[/] {escape(url)} ({reason})")
    line(f"[bold]{books.duplicates:,} duplicates[/] among the done")
    if example:
        line(f"  most often printed ({example.size} times): {escape(example.title or example.url)}")
        line(f"       {escape(example.url)} is a {example.relation} of {escape(example.original_url)}")
    if story:
        counts = f"{plural(story.reports, 'report')}, {plural(story.articles, 'article')}"
        line(f"[bold]largest story[/]: {escape(story.headline or '(no title)')} ({counts})")
    if names:
        line("[bold]most in the news[/]: " + ", ".join(f"{escape(row.name)} ({row.articles})" for row in names))
    line(f"[bold]database[/]: {escape(_where())}")
    if books.submitted:
        _print_next(line, example)


def _print_next(line: Any, example: Any) -> None:
    article_id = example.id if example else 1
    given = _as_given()
    line("[bold]try next[/]:")
    line(f"  copydesk show {article_id}{given}")
    line(f"  copydesk export{given} > articles.jsonl")
    line(f"  copydesk monitor --once{given}")


def _as_given() -> str:
    """The options that say where the articles are, as this command was given them, less a password."""
    from scripts.terminal import escape

    given = click.get_current_context().params
    where = {"--data": given["data"], "--database": given["database"] and _where()}
    return "".join(f" {option} {escape(shlex.quote(value))}" for option, value in where.items() if value)
