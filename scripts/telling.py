"""An article among others, for a person: how it was revised, and the story that it belongs to."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from scripts.differences import Piece, word_differences
from scripts.progress import plural
from shared import exporting, stories

MOST_HOSTS = 10
MOST_NAMES = 8
MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Told:
    """A story: its row, its reports in the order of time, the hosts that print it, and who is named in it most."""

    story: Any
    reports: Any
    hosts: Any
    names: Any

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        columns = ("id", "headline", "first_at", "last_at", "reports", "articles", "ended_at")
        return {name: exporting.plain(getattr(self.story, name)) for name in columns} | {
            "timeline": [{name: exporting.plain(v) for name, v in one._mapping.items()} for one in self.reports],
            "hosts": list(self.hosts),
            "entities": [dict(one._mapping) for one in self.names],
        }


def story_of(connection: Connection, article_id: int) -> Told | None:
    """The story that an article belongs to; null where it is in none."""
    row = stories.of_article(connection, article_id)
    if row is None:
        return None
    return Told(
        row,
        stories.timeline(connection, row.id),
        stories.hosts_of(connection, row.id),
        stories.named_in(connection, row.id, MOST_NAMES),
    )


def print_story(told: Told | None, article_id: int) -> None:
    """The story with its time line; nothing for a story of one report."""
    if told is None or told.story.reports < 2:
        return
    from rich.console import Console

    from scripts.terminal import escape

    console, story = Console(highlight=False), told.story
    ended = ", ended" if story.ended_at else ""
    counts = f"{plural(story.reports, 'report')}, {plural(story.articles, 'article')}"
    lines = [f"\n[bold]story {story.id}[/]: {escape(story.headline or '(no title)')} ({counts}{ended})"]
    for one in told.reports[:MOST_LINES]:
        copies = f" (and {one.copies} more)" if one.copies else ""
        here = "[bold]>[/]" if one.id == article_id else " "
        title = escape(one.title or one.url)
        lines.append(f" {here}{one.moment:%Y-%m-%d %H:%M}  {one.id}  {title}, {escape(one.host or 'file')}{copies}")
    if len(told.reports) > MOST_LINES:
        lines.append(f"  and {len(told.reports) - MOST_LINES} more")
    lines.append(f"  printed by {', '.join(map(escape, told.hosts[:MOST_HOSTS]))}")
    if told.names:
        lines.append("  about " + ", ".join(escape(one.name) for one in told.names))
    for line in lines:
        console.print(line, soft_wrap=True)


def print_revisions(row: Any, earlier: Any) -> None:
    """What each revision changed in the one before it, word by word."""
    if not earlier:
        return
    from rich.console import Console

    from scripts.terminal import escape

    console = Console(highlight=False)
    console.print("\n[bold]revisions[/]")
    later = [*((one.number, one.text, one.title) for one in earlier[1:]), (row.revision, row.text or "", row.title)]
    for one, (number, text, title) in zip(earlier, later, strict=True):
        console.print(
            f"  {number}, which replaced {one.number} on {one.replaced_at:%Y-%m-%d %H:%M} UTC", soft_wrap=True
        )
        for pieces in word_differences(f"{one.title or ''}\n{one.text}", f"{title or ''}\n{text}"):
            console.print("    " + " ".join(_styled(piece, escape) for piece in pieces), soft_wrap=True)


def _styled(piece: Piece, escape: Any) -> str:
    kind, text = piece
    if kind == "same":
        return str(escape(text))
    return f"[red]{escape(f'[-{text}-]')}[/]" if kind == "gone" else f"[green]{escape(f'{{+{text}+}}')}[/]"
