"""From judged items to the lines of the article, and to what was removed and why."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workers.stages.cleaning.blocks import FLAGS, Container
from workers.stages.cleaning.classifier import Judgement
from workers.stages.cleaning.cleaned import Removed
from workers.stages.cleaning.items import Item
from workers.stages.cleaning.lines import ITEMS, LISTS, Line, lines_of
from workers.stages.cleaning.memory import SiteMemory, Trace, block_hash, mark
from workers.stages.cleaning.vocabulary import ABOVE_LINKS, ELSEWHERE

# Thresholds are set by cross-validation over sites; see docs/cleaning.md.
KEEP: Final = 0.3  # a line that trafilatura kept goes below this probability
ADD: Final = 0.65  # a block that it left out comes in from here
RELATED: Final = 0.3  # the same, where more of the article may stand
LONG_WORDS: Final = 40  # a paragraph of as many
RELATED_LONG: Final = 0.05  # there: trafilatura reads one of the containers into which advertisements cut an article
REPEATED: Final = 0.6  # of a block that is left out: a pull quote says again what was said
APPEAL: Final = 0.8
BETWEEN_APPEALS: Final = 0.15
LONE_APPEAL: Final = 0.97  # for a short line without telling words among lines that are none: subheads
LONE_WORDS: Final = 12
QUIET_APPEAL: Final = 0.9  # for a line that says nothing like one, between two that are none
SHORT_WORDS: Final = 250  # in an article as short
SHORT_APPEAL: Final = 0.97  # for a line that says nothing like one
QUIET: Final = -1.0  # logit of the words, whether it speaks of us or not
TELLING: Final = -2.0  # logit of the words
MOST: Final = 0.5  # a line that has more of the words is the article
MENU_LINES: Final = 10  # as many short lines in a row are a menu, unless all but certainly of the article
MENU_WORDS: Final = 4
MENU: Final = 0.9
STRAY: Final = 0.6  # less likely than this, a line between two that go goes too
HEAD: Final = 12  # lines before the first paragraph: title, time, author, section, what is left of a menu
PARAGRAPH_WORDS: Final = 20
TEASER: Final = 30  # words of a line that announces another page
LABEL: Final = 8  # of one above links to others
TABLE: Final = frozenset({"table"})
TABLE_KEPT: Final = 0.5  # of the words of a table: the rest of it stays too
LEAST_WORDS: Final = 30
LEAST: Final = 0.25  # where less would be left, only appeals go
NAVIGATION: Final = FLAGS["nav"] | FLAGS["aside"] | FLAGS["footer"] | FLAGS["form"]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


def edit(items: Sequence[Item], judged: Judgement) -> tuple[list[Line], list[Removed]]:
    """Lines of the article in page order; and the lines that trafilatura would have kept, with the reason."""
    appeals = _appeals(items, judged)
    kept = _kept(items, judged, appeals)
    lines = lines_of([item for item, stays in zip(items, kept, strict=True) if stays])
    removed = [
        Removed(item.text, "appeal" if appeal else _reason(item))
        for item, stays, appeal in zip(items, kept, appeals, strict=True)
        if item.voted and not stays and item.key
    ]
    return lines, removed


def _appeals(items: Sequence[Item], judged: Judgement) -> Flags:
    """Appeals; what stands alone among lines that are none, and does not speak like one, needs more to be one."""
    voted = _voted(items)
    places = np.flatnonzero(voted)
    suspect = judged.appeal[places] >= 0.5
    company, inside = np.zeros(len(items), dtype=bool), np.zeros(len(items), dtype=bool)
    company[places] = np.r_[False, suspect[:-1]] | np.r_[suspect[1:], False] if len(places) > 1 else False
    inside[places[1:-1]] = True
    lone = (_words(items) <= LONE_WORDS) & ~company & (judged.said < TELLING)
    quiet = inside & ~company & (judged.said < 0) & ~judged.speaks
    found: Flags = judged.appeal >= np.where(lone, LONE_APPEAL, np.where(quiet, QUIET_APPEAL, APPEAL))
    found[places] = _spread(found[places], judged.speaks[places], judged.appeal[places] >= BETWEEN_APPEALS)
    if _words(items)[voted].sum() < SHORT_WORDS:  # nearly every line stands at an end, where appeals do
        article_like = (judged.said < QUIET) | ((judged.said < 0) & ~judged.speaks)
        found &= ~article_like | (judged.appeal >= SHORT_APPEAL)
    if _is_little(items, found):  # no page is made of appeals alone: then only what says so is one
        found &= judged.speaks | (judged.said >= 0)
    return found | _elsewhere(items)


def _elsewhere(items: Sequence[Item]) -> Flags:
    """What announces other pages: lines that say so, and links below a line that says so."""
    found = np.zeros(len(items), dtype=bool)
    above: list[int] = []
    for index, item in enumerate(items):
        found[index] = item.words <= TEASER and ELSEWHERE.match(item.text) is not None
        if not item.voted:
            continue
        if above and _is_linked(item):
            found[[*above, index]] = True
            above.append(index)
        else:
            above = [index] if item.words <= LABEL and ABOVE_LINKS.match(item.text) else []
    return found


def _is_linked(item: Item) -> bool:
    return item.block is not None and item.words <= TEASER and item.block.link_chars > 0.8 * len(item.block.text)


def _is_little(items: Sequence[Item], gone: Flags) -> bool:
    """Whether hardly anything of what trafilatura kept would be left without the lines `gone`."""
    voted, words = _voted(items), _words(items)
    total = int(words[voted].sum())
    return bool(words[voted & ~gone].sum() < min(LEAST_WORDS, LEAST * total))


def _spread(sure: Flags, speaks: Flags, likely: Flags) -> Flags:
    """Appeals come in runs: to the neighbours that speak as one, and to what stands between two."""
    while len(sure):
        before, behind = np.r_[False, sure[:-1]], np.r_[sure[1:], False]
        spread = sure | ((before | behind) & speaks) | (before & behind & likely)
        if (spread == sure).all():
            break
        sure = spread
    return sure


def _menus(items: Sequence[Item]) -> Flags:
    """Lines of a few words that stand in a long row of such lines."""
    found = np.zeros(len(items), dtype=bool)
    lines = [(index, _is_tiny(item)) for index, item in enumerate(items) if item.voted]
    for tiny, run in groupby(lines, key=lambda line: line[1]):
        places = [index for index, _ in run]
        found[places] = tiny and len(places) >= MENU_LINES
    return found


def _is_tiny(item: Item) -> bool:
    return item.words <= MENU_WORDS and not item.text.endswith((".", "!", "?", "。", "！", "？"))


def _kept(items: Sequence[Item], judged: Judgement, appeals: Flags) -> Flags:
    voted, words = _voted(items), _words(items)
    total = int(words[voted].sum())
    enough = np.where(words >= LONG_WORDS, RELATED_LONG, RELATED)
    added = (judged.article >= np.where(judged.related, enough, ADD)) & (judged.repeated < REPEATED)
    least = np.where(_menus(items), MENU, KEEP)
    kept = np.where(voted, judged.article >= least, added) & ~appeals
    kept = _whole(items, kept, voted & ~appeals)
    kept &= ~_strays(judged, kept, np.flatnonzero(voted)) & ~_headings(items, judged, kept)
    kept |= voted & (words > MOST * total)
    if _is_little(items, ~kept):
        kept |= voted & ~appeals
    return kept


def _strays(judged: Judgement, kept: Flags, places: Ints) -> Flags:
    """What is barely likely, and stands between lines that go, or at an end behind them."""
    found = np.zeros(len(kept), dtype=bool)
    doubtful = judged.article[places] < STRAY
    while len(places):
        stays = (kept & ~found)[places]
        more = stays & doubtful & np.r_[True, ~stays[:-1]] & np.r_[~stays[1:], True]
        if not more.any():
            break
        found[places[more]] = True
    return found


def _headings(items: Sequence[Item], judged: Judgement, kept: Flags) -> Flags:
    """The page's own title before its first paragraph: it is kept beside the text."""
    found = np.zeros(len(kept), dtype=bool)
    for index in np.flatnonzero(kept)[:HEAD]:
        if items[index].words >= PARAGRAPH_WORDS:
            break
        found[index] = judged.named[index]
    return found


def _whole(items: Sequence[Item], kept: Flags, able: Flags) -> Flags:
    """Tables stay or go as a whole, as most of their words do; and lists have no gaps."""
    words, found = _words(items), kept.copy()
    tables: dict[int, list[int]] = defaultdict(list)
    lists: dict[int, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        if item.block is None or not able[index]:
            continue
        if item.text.startswith("|"):
            tables[_around(item.block.place, TABLE)[-1]].append(index)
        elif item.block.place.tag in ITEMS:
            lists[_around(item.block.place, LISTS)[0]].append(index)
    for rows in tables.values():
        found[rows] = words[rows][kept[rows]].sum() >= TABLE_KEPT * words[rows].sum()
    for entries in lists.values():
        inside = np.flatnonzero(kept[entries])
        if len(inside) >= 0.5 * len(entries):
            found[entries[inside[0] : inside[-1]]] = True
    return found


def _around(place: Container, tags: Collection[str]) -> list[int]:
    """Which of the elements called `tags` lie around `place`, the outermost first."""
    at: Container | None = place
    found: list[int] = []
    while at is not None:
        found[:0] = [id(at)] if at.tag in tags else []
        at = at.parent
    return found or [0]


def _voted(items: Sequence[Item]) -> Flags:
    return np.array([item.voted for item in items], dtype=bool)


def _words(items: Sequence[Item]) -> NDArray[np.int64]:
    return np.array([item.words for item in items], dtype=np.int64)


def forget(
    lines: Sequence[Line], blocks: Sequence[Trace], memory: SiteMemory
) -> tuple[list[Line], list[Removed], list[Trace]]:
    """Take out what the site puts into every article: lines left, lines removed, and the blocks, marked."""
    taken = memory.taken(blocks)
    if not taken:
        return list(lines), [], list(blocks)
    hashes = [block_hash(line.text) for line in lines]
    kept = [line for line, hash_ in zip(lines, hashes, strict=True) if hash_ not in taken]
    removed = [
        Removed(line.text, memory.reason(hash_)) for line, hash_ in zip(lines, hashes, strict=True) if hash_ in taken
    ]
    return kept, removed, mark(blocks, taken)


def _reason(item: Item) -> str:
    return "navigation" if item.block is not None and item.block.place.flags & NAVIGATION else "voter"
