"""Reads the stories: content/SITE.md holds what one site prints, in a notation a person can write.

=== slug                    a story begins; its fields follow, then a blank line, then its blocks
title: ...                  fields: title, by, section, hours (before the start of serving), tags, credit
from: meridian/other-slug   a copy: its title and author are the original's unless given
@1-4                        blocks 1 to 4 of the original; `@` alone is all of them
## heading                  the other marks are in MARKS; a block without one is a paragraph
{0} {-1} {+1}               the name of the day of publication, of the day before, of the day after
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from scripts.newsroom.sites import SITES, Site

Kind = Literal["paragraph", "heading", "item", "quote", "row", "question", "teaser", "comment", "caption"]
MARKS: Final[dict[str, Kind]] = {
    "## ": "heading", "- ": "item", "> ": "quote", "| ": "row", "? ": "question",
    "~ ": "teaser", "! ": "comment", "^ ": "caption",
}  # fmt: skip
AROUND: Final = frozenset({"teaser", "comment", "caption"})  # printed with a story, no part of its text
WEEKDAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "uk": ("понеділок", "вівторок", "середу", "четвер", "п'ятницу", "суботу", "неділю"),
}
DAY: Final = re.compile(r"\{([+-]?\d)\}")
REFERENCE: Final = re.compile(r"@(?:(\d+)(?:-(\d+))?)?")
FIRST_NUMBER: Final = 10_241


@dataclass(frozen=True, slots=True)
class Block:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """A story as one site prints it. `group` is the key of the first story of which it is a copy or an update."""

    site: Site
    slug: str
    number: int
    title: str
    by: str
    section: str
    published: datetime
    blocks: tuple[Block, ...]
    group: str
    tags: tuple[str, ...] = ()
    credit: str = ""

    @property
    def key(self) -> str:
        return f"{self.site.key}/{self.slug}"

    @property
    def path(self) -> str:
        return self.site.path.format(slug=self.slug, number=self.number, section=self.section.lower())

    @property
    def text(self) -> tuple[Block, ...]:
        """The blocks that are the story itself."""
        return tuple(block for block in self.blocks if block.kind not in AROUND)

    @property
    def paragraphs(self) -> list[str]:
        """The story's text, block by block, without the rows of its tables."""
        return [block.text for block in self.text if block.kind != "row"]


def read_stories(now: datetime) -> list[Story]:
    """Every story of every site, published in the three days before `now`; originals come before their copies."""
    stories: dict[str, Story] = {}
    for site in SITES:
        for number, source in enumerate(_sources(site.key), FIRST_NUMBER):
            story = _story(site, number, source, now, stories)
            stories[story.key] = story
    return list(stories.values())


@cache
def _sources(key: str) -> tuple[str, ...]:
    """The stories of a site as written, one string each."""
    content = (files(__package__) / "content" / f"{key}.md").read_text(encoding="utf-8")
    return tuple(part.strip() for part in re.split(r"^=== ", content, flags=re.MULTILINE) if part.strip())


def _story(site: Site, number: int, source: str, now: datetime, earlier: Mapping[str, Story]) -> Story:
    head, _, body = source.partition("\n\n")
    slug, *lines = head.splitlines()
    given = {name: value for name, _, value in (line.partition(": ") for line in lines)}
    original = earlier[given["from"]] if "from" in given else None
    published = (now - timedelta(hours=float(given["hours"]))).replace(microsecond=0)
    story = Story(
        site=site,
        slug=slug.strip(),
        number=number,
        title=given["title"] if "title" in given or original is None else original.title,
        by=given.get("by", original.by if original else ""),
        section=given["section"],
        published=published,
        blocks=tuple(_blocks(body, original, WEEKDAYS[site.language], published)),
        group=original.group if original else f"{site.key}/{slug.strip()}",
        tags=tuple(given["tags"].split(", ")) if "tags" in given else (),
        credit=given.get("credit", ""),
    )
    return _curled(story) if site.curly else story


def _blocks(body: str, original: Story | None, weekdays: tuple[str, ...], published: datetime) -> Iterator[Block]:
    for line in filter(None, map(str.strip, body.splitlines())):
        if reference := REFERENCE.fullmatch(line):
            yield from _taken(original, reference)
            continue
        kind = MARKS.get(line[:2]) or MARKS.get(line[:3])
        text = line.partition(" ")[2] if kind else line
        yield Block(kind or "paragraph", DAY.sub(lambda day: weekdays[_weekday(published, int(day[1]))], text))


def _taken(original: Story | None, reference: re.Match[str]) -> tuple[Block, ...]:
    """The blocks of `original` that a copy refers to."""
    if original is None:
        raise ValueError(f"{reference[0]} refers to no story: the field `from` is missing")
    if not reference[1]:
        return original.text
    return original.text[int(reference[1]) - 1 : int(reference[2] or reference[1])]


def _weekday(published: datetime, days: int) -> int:
    return (published + timedelta(days=days)).weekday()


def _curled(story: Story) -> Story:
    return replace(
        story,
        title=_curl(story.title),
        blocks=tuple(Block(block.kind, _curl(block.text)) for block in story.blocks),
    )


def _curl(text: str) -> str:
    """`text` with the quotation marks of print."""
    text = re.sub(r'(^|[\s(\[—-])"', r"\1“", text).replace('"', "”")
    return re.sub(r"(^|[\s(\[—“-])'", r"\1‘", text).replace("'", "’")
