"""Everything that the sample newsroom has to show: address to page, for all its sites."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from importlib.resources import files
from typing import Final

from scripts.newsroom.extras import EXTRAS, GONE, REDIRECTS, SUBMITTED, Extra, listings, robots_txt
from scripts.newsroom.feeds import Entry, feed_page
from scripts.newsroom.markup import frame, links, story_page
from scripts.newsroom.pages import HTML, Page
from scripts.newsroom.sites import SITES, Site
from scripts.newsroom.stories import Story, read_stories

RELATED: Final = 4
BETWEEN: Final = timedelta(hours=21)  # the age of what a feed announces besides stories: somewhere in its middle


class Edition:
    """The pages of one day. `origins` gives each site's scheme and authority, `now` what "today" means."""

    def __init__(self, origins: Mapping[str, str], now: datetime) -> None:
        self.origins, self.now = origins, now
        self.stories = {story.key: story for story in read_stories(now)}
        self.pages: dict[str, Page] = {}
        for site in SITES:
            own = [story for story in self.stories.values() if story.site is site]
            self.pages.update((self.origins[site.key] + path, page) for path, page in self._site(site, own))

    def address(self, key: str) -> str:
        """Where the story `key` lies."""
        story = self.stories[key]
        return self.origins[story.site.key] + story.path

    def sources(self) -> list[str]:
        """The feeds, then the stories and other pages that no feed names."""
        feeds = [(site.key, site.feed_path) for site in SITES if site.feed_path]
        stories = [(story.site.key, story.path) for story in self.stories.values() if not story.site.feed_path]
        others = [(extra.site, extra.path) for extra in EXTRAS if not extra.announced]
        return [self.origins[key] + path for key, path in (*feeds, *stories, *others, *REDIRECTS, *sorted(SUBMITTED))]

    def _site(self, site: Site, stories: Sequence[Story]) -> Iterator[tuple[str, Page]]:
        origin = self.origins[site.key]
        yield "/robots.txt", Page(robots_txt(site, origin), "text/plain; charset=utf-8", self.now)
        yield "/style.css", Page(_file("style.css"), "text/css", self.now)
        for story in stories:
            yield story.path, self._story(story, stories)
            yield _image(story), Page(_picture(story), "image/svg+xml", story.published)
        yield from self._listings(site, stories)
        yield from self._extras(site)
        if site.feed_path:
            yield site.feed_path, feed_page(site, origin, self._entries(site))

    def _story(self, story: Story, stories: Sequence[Story]) -> Page:
        """The page of a story, with links to the ones printed next to it."""
        place = stories.index(story)
        related = [*stories[place + 1 :], *stories[:place]][:RELATED]
        body = story_page(
            story, self.origins[story.site.key], [(other.path, other.title) for other in related], _image(story)
        )
        return Page(body, _html(story.site), story.published, "done", story=story, title=story.title)

    def _listings(self, site: Site, stories: Sequence[Story]) -> Iterator[tuple[str, Page]]:
        for path, (title, listed) in listings(site, stories).items():
            entries = "\n".join(
                f'<li><h3><a href="{escape(story.path)}">{escape(story.title, quote=False)}</a></h3>'
                f"<p>{escape(story.paragraphs[0][:110], quote=False)} ...</p></li>"
                for story in listed
            )
            main = f'<h1>{escape(title, quote=False)}</h1>\n<ul class="listing">\n{entries}\n</ul>'
            body = frame(site, self.origins[site.key], title, main)
            expected = "" if path == "/" else "not_article"  # a front page is a source
            yield path, Page(body, _html(site), self.now, expected, title=title)

    def _extras(self, site: Site) -> Iterator[tuple[str, Page]]:
        for extra in EXTRAS:
            if extra.site == site.key:
                yield extra.path, self._extra(site, extra)
        for (key, path), target in REDIRECTS.items():
            if key == site.key:
                to = self.address(target)
                yield path, Page(b"", HTML, self.now, "redirect", 301, to, story=self.stories[target])
        for key, path in GONE:
            if key == site.key:
                body = frame(site, self.origins[site.key], "404", "<h1>404</h1>\n<p>There is no such page.</p>")
                yield path, Page(body, _html(site), self.now, "http_404", 404, title="404")

    def _extra(self, site: Site, extra: Extra) -> Page:
        main = _file(f"templates/extras/{extra.template}").decode()
        if extra.template == "search.html":
            hits = [story for story in self.stories.values() if story.site is site and "arbour" in str(story.blocks)]
            main = main.replace("<!-- results -->", links((story.path, story.title) for story in hits))
        body = frame(site, self.origins[site.key], extra.title, main)
        if extra.template == "script_shell.html":
            body = main.encode()
        return Page(body, _html(site), self.now, extra.expected, title=extra.title)

    def _entries(self, site: Site) -> list[Entry]:
        """What the feed of `site` announces: its stories, and what is listed among them by mistake or on purpose."""
        origin = self.origins[site.key]
        entries = [
            Entry(origin + story.path, story.title, story.by, story.published, story.paragraphs[0])
            for story in self.stories.values()
            if story.site is site
        ]
        others = [(extra.path, extra.title) for extra in EXTRAS if extra.site == site.key and extra.announced]
        others += [(path, "Advisory: talks in Oslo") for key, path in GONE if key == site.key]
        return entries + [Entry(origin + path, title, site.name, self.now - BETWEEN, title) for path, title in others]


def _html(site: Site) -> str:
    """The content type of a page; a site with an old character set says so in its markup only."""
    return HTML if site.charset != "utf-8" else f"{HTML}; charset=utf-8"


def _image(story: Story) -> str:
    return f"/images/{story.slug}.svg"


def _picture(story: Story) -> bytes:
    """A picture for a story: its section on a colour of its own."""
    hue = sum(story.slug.encode()) % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 240">'
        f'<rect width="420" height="240" fill="hsl({hue} 35% 70%)"/>'
        f'<text x="20" y="215" font-family="serif" font-size="28">{escape(story.section)}</text></svg>'
    ).encode()


def _file(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()
