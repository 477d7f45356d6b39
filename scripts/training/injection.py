"""Appeals put into pages, in markup that gives nothing away: what the cleaner learns to take out.

The texts lie in appeals/, one file per language, written for this project. A group begins with `[place kind]`;
every line below it is a paragraph.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from lxml import etree
from lxml.html import Element, HtmlElement

from workers.stages.cleaning.blocks import key

TEASERS = {
    "en": ("Read more:", "Related", "More:", "READ ALSO:", "See also:", "Watch:", "Don't miss", "Also read", "Up next"),
    "de": ("Lesen Sie auch:", "Mehr zum Thema", "Auch interessant", "Lesen Sie mehr:"),
    "fr": ("À lire aussi", "Lire aussi :", "Sur le même sujet"),
    "es": ("Lee también", "Te puede interesar:", "Más noticias"),
    "it": ("Leggi anche", "Potrebbe interessarti:"),
    "pt": ("Leia também", "Veja mais:"),
    "nl": ("Lees ook:", "Meer nieuws"),
    "pl": ("Czytaj także:", "Zobacz też"),
    "ru": ("Читайте также:", "Ещё новости"),
    "tr": ("Ayrıca okuyun", "İlgili haber:"),
}


@dataclass(frozen=True)
class Appeal:
    """One appeal: its paragraphs and where it usually stands. The number says which fold it is kept from."""

    language: str
    place: str
    lines: tuple[str, ...]
    number: int


def appeals() -> list[Appeal]:
    """All that were written for the project."""
    found: list[Appeal] = []
    for path in sorted(Path(__file__).with_name("appeals").glob("*.txt")):
        for group in path.read_text(encoding="utf-8").split("\n\n"):
            head, *lines = group.strip().splitlines()
            found.append(Appeal(path.stem, head.strip("[]").split()[0], tuple(lines), crc32(lines[0].encode())))
    return found


def inject(
    tree: HtmlElement,
    paragraphs: Sequence[str],
    pool: Sequence[Appeal],
    headlines: Sequence[str],
    rng: random.Random,
    least: int = 4,
) -> list[str]:
    """Put appeals at head, foot and in the middle of the container that holds most of `paragraphs`, `least` at least.

    Says what was added; nothing where no such container is found.
    """
    parent, children = container(tree, paragraphs)
    if parent is None or len(children) < least:
        return []
    language = (tree.get("lang") or "en")[:2].lower()
    own = [appeal for appeal in pool if appeal.language == language]
    english = [appeal for appeal in pool if appeal.language == "en"]

    def pick(place: str) -> tuple[str, ...]:
        if rng.random() < 0.15:
            return _teaser(language, headlines, rng)
        some = own if own and (language == "en" or rng.random() < 0.6) else english
        fitting = [appeal for appeal in some if appeal.place == place] or [a for a in english if a.place == place]
        return rng.choice(fitting).lines

    added: list[str] = []
    for place, chance, index in (
        ("foot", 0.9, parent.index(children[-1]) + 1),
        ("middle", 0.5, parent.index(children[rng.randrange(1, len(children))])),
        ("head", 0.9, parent.index(children[0])),
    ):
        if rng.random() < chance:
            lines = pick(place)
            added.extend(lines)
            for offset, node in enumerate(_nodes(lines, _kind(children[0], rng), rng)):
                parent.insert(index + offset, node)
    return added


def shorten(tree: HtmlElement, paragraphs: Sequence[str], rng: random.Random) -> HtmlElement | None:
    """Cut the article to its first paragraphs, as a short report has them, half of them in plain markup.

    None where it is short already, or no container of `paragraphs` is found.
    """
    parent, children = container(tree, paragraphs)
    size = rng.randint(2, 6)
    if parent is None or len(children) <= size:
        return None
    del parent[parent.index(children[size]) : parent.index(children[-1]) + 1]
    for script in tree.findall(".//script"):  # the whole article stands there
        script.getparent().remove(script)
    return _plain(tree, children[:size], rng) if rng.random() < 0.5 else tree


def _plain(tree: HtmlElement, children: Sequence[HtmlElement], rng: random.Random) -> HtmlElement:
    """A page of a title and these paragraphs, without anything around them and without names of classes."""
    title = " ".join((tree.findtext(".//title") or "").split())
    page = Element("html")
    body = etree.SubElement(page, "body")
    if language := tree.get("lang"):
        page.set("lang", language)
    if rng.random() < 0.5:
        etree.SubElement(body, "h1").text = title
    around = etree.SubElement(body, "div")
    for child in children:
        child.attrib.clear()
        child.tail = "\n"
        around.append(child)
    return page


def _teaser(language: str, headlines: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    label = rng.choice(TEASERS.get(language, TEASERS["en"]))
    chosen = [rng.choice(headlines) for _ in range(rng.randint(1, 3))]
    return (f"{label.rstrip(':')}: {chosen[0]}",) if rng.random() < 0.4 else (label, *chosen)


def _nodes(lines: Sequence[str], kind: str, rng: random.Random) -> list[HtmlElement]:
    """Lines as elements of a `kind`, one below the other or in a box of their own."""
    paragraphs = []
    for line in lines:
        paragraph = etree.Element(kind)
        paragraph.text, paragraph.tail = line, "\n"
        paragraphs.append(paragraph)
    if rng.random() < 0.5:
        return paragraphs
    division = etree.Element("div")
    division.extend(paragraphs)
    division.tail = "\n"
    return [division]


def _kind(child: HtmlElement, rng: random.Random) -> str:
    """What a line of an appeal is made of: mostly `p`, at times what a paragraph of the article is, or a `div`."""
    chance = rng.random()
    return "p" if chance < 0.7 else str(child.tag) if chance < 0.85 else "div"


def container(tree: HtmlElement, paragraphs: Sequence[str]) -> tuple[HtmlElement | None, list[HtmlElement]]:
    """The element with most children that are paragraphs of the article, and those children in order."""
    wanted = {key(text)[:70] for text in paragraphs if len(key(text)) > 35}
    found: dict[HtmlElement, list[HtmlElement]] = {}
    for node in tree.iter("p", "div"):
        text = re.sub(r"[\W_]+", "", "".join(node.itertext()))[:200].casefold()[:70]
        if text in wanted and not any(key("".join(child.itertext()))[:70] == text for child in node):
            found.setdefault(node.getparent(), []).append(node)
    return max(found.items(), key=lambda entry: len(entry[1]), default=(None, []))
