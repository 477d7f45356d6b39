"""The sites of the sample newsroom: who they are, where their pages lie, and how each writes its markup."""

from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import quote

Feed = Literal["rss", "atom", "json", "news_sitemap", "none"]


@dataclass(frozen=True, slots=True)
class Wraps:
    """What a site puts around each kind of block; `{}` stands for the text, already escaped."""

    paragraph: str = "<p>{}</p>"
    heading: str = "<h2>{}</h2>"
    question: str = "<p><strong>{}</strong></p>"
    quote: str = "<blockquote><p>{}</p></blockquote>"
    teaser: str = '<aside class="read-more"><a href="/">{}</a></aside>'
    caption: str = '<figure><img src="/images/{{slug}}.svg" alt=""><figcaption>{}</figcaption></figure>'


@dataclass(frozen=True, slots=True)
class Site:
    """A news site. `path` is where its stories lie, out of a story's `slug`, `section` and `number`."""

    key: str
    name: str
    tagline: str
    city: str
    path: str
    feed: Feed
    feed_path: str
    sections: tuple[str, ...]
    language: str = "en"
    charset: str = "utf-8"  # what the pages declare; windows-1252 stands behind iso-8859-1, as in browsers
    curly: bool = False  # prints quotation marks as typographers do, agency copy included
    tracked: bool = False  # links in the feed carry utm_ parameters
    wraps: Wraps = field(default_factory=Wraps)


def section_path(section: str) -> str:
    """Where a site lists the stories of `section`."""
    return f"/{quote(section.lower())}/"


DIV_SOUP: Final = Wraps(
    paragraph='<div class="css-1k3v9qz">{}</div>',
    heading='<div class="css-8uf2wd"><b>{}</b></div>',
    question='<div class="css-1k3v9qz"><b>{}</b></div>',
    quote='<div class="css-0p77xe">{}</div>',
    teaser='<div class="css-1k3v9qz"><a href="/">{}</a></div>',
    caption='<div class="css-2mm0aa"><img src="/images/{{slug}}.svg" alt=""><span class="css-4c">{}</span></div>',
)
TABLE_LAYOUT: Final = Wraps(
    paragraph="{}<br><br>",
    heading="<b>{}</b><br><br>",
    question="<b>{}</b><br><br>",
    quote="<i>{}</i><br><br>",
    teaser='<a href="/">{}</a><br><br>',
    caption='<img src="/images/{{slug}}.svg" width="420" height="240"><br><font size="1">{}</font><br><br>',
)
ANONYMOUS: Final = Wraps(teaser='<p><a href="/">{}</a></p>')  # nothing but paragraphs, appeals and teasers included

SITES: Final = (
    Site(
        "meridian", "Meridian Press Agency", "The wire of record from six continents", "Geneva",
        "/wire/{slug}", "rss", "/feed.xml", ("World", "Business", "Science", "Sport"),
    ),
    Site(
        "courier", "The Clydeside Courier", "Glasgow and the west of Scotland since 1871", "Glasgow",
        "/news/{slug}/", "rss", "/rss.xml", ("Local", "World", "Sport"), tracked=True, wraps=ANONYMOUS,
    ),
    Site(
        "ledger", "Northern Ledger", "Trade, money and industry from Leeds", "Leeds",
        "/story.php?id={number}", "atom", "/atom.xml", ("Business", "World"),
        charset="iso-8859-1", curly=True, wraps=TABLE_LAYOUT,
    ),
    Site(
        "courant", "The Open Courant", "Slow journalism, free to read, owned by its readers", "Brussels",
        "/articles/{number}-{slug}", "atom", "/feed/", ("Europe", "World", "Climate"), curly=True,
    ),
    Site(
        "herald", "Strait Herald", "News from both sides of the Salish Sea", "Vancouver",
        "/{section}/{slug}.html", "json", "/feed.json", ("Local", "World", "Culture"), wraps=DIV_SOUP,
    ),
    Site(
        "elbkurier", "Elbkurier", "Nachrichten aus Hamburg und dem Norden", "Hamburg",
        "/{section}/{slug}-{number}.html", "news_sitemap", "/sitemap-news.xml.gz", ("Hamburg", "Welt", "Wirtschaft"),
        language="de",
    ),
    Site(
        "rhone", "Le Fil du Rhône", "L'actualité de Lyon et de sa région", "Lyon",
        "/actualites/{slug}", "rss", "/flux/rss.xml", ("Lyon", "Monde", "Culture"), language="fr",
    ),
    Site(
        "dnipro", "Дніпровський вісник", "Новини міста та країни", "Дніпро",
        "/news/{number}", "none", "", ("Місто", "Світ"), language="uk",
    ),
)  # fmt: skip
