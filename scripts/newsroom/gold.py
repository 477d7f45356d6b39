"""What a reader of articles should make of each address of the newsroom, for tests to compare with.

Derived from the same stories that the pages are made of, so that it cannot disagree with them.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from scripts.newsroom.edition import Edition
from scripts.newsroom.markup import cells_of
from scripts.newsroom.pages import Page
from scripts.newsroom.stories import Story


@dataclass(frozen=True, slots=True)
class Expected:
    """What should become of the page at `url`.

    `outcome` is "done", "duplicate" (a copy or an update of the first story of its `group`; which one of a group
    counts as the first is for the reader to choose), "redirect" (to `target`) or a reason of shared/reasons.py.
    A story's `paragraphs` are its exact text, block by block; `rows` are those of its tables; a `credit` line may
    be kept or not; none of `around` (teasers, captions, comments of readers) belongs to the text.
    """

    url: str
    outcome: str
    title: str = ""
    target: str = ""
    site: str = ""
    language: str = ""
    by: str = ""
    published: datetime | None = None
    group: str = ""
    credit: str = ""
    paragraphs: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    around: tuple[str, ...] = ()


def gold(edition: Edition) -> dict[str, Expected]:
    """URL to what is expected of it, for every page that a reader of articles may be sent to."""
    return {url: _expected(url, page) for url, page in edition.pages.items() if page.expected}


def as_json(edition: Edition) -> str:
    """The same as JSON, one object per URL."""
    return json.dumps([asdict(each) for each in gold(edition).values()], ensure_ascii=False, indent=1, default=str)


def _expected(url: str, page: Page) -> Expected:
    if page.story is None or page.location:
        return Expected(url, page.expected, page.title, page.location)
    return _story(url, page.story)


def _story(url: str, story: Story) -> Expected:
    return Expected(
        url=url,
        outcome="done" if story.group == story.key else "duplicate",
        title=story.title,
        site=story.site.key,
        language=story.site.language,
        by=story.by,
        published=story.published,
        group=story.group,
        credit=story.credit,
        paragraphs=tuple(story.paragraphs),
        rows=tuple(tuple(cells_of(block)) for block in story.text if block.kind == "row"),
        around=tuple(block.text for block in story.blocks if block not in story.text),
    )
