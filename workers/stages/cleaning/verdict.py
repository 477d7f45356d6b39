"""Article or not: a reason of shared/reasons.py for what is none.

To lose an article is worse than to keep a section page: what the page's data call an article, and what tells
something under a headline of its own, stays unless more than one sign speaks against it.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from lxml.html import HtmlElement

from workers.stages.cleaning import vocabulary as words
from workers.stages.cleaning.blocks import size
from workers.stages.cleaning.shape import prose
from workers.stages.cleaning.signs import Signs, signs
from workers.stages.cleaning.survey import Survey

MIN_TEXT: Final = 60  # characters: the shortest real news flash has more
LEAST: Final = 12  # words in sentences: with fewer a page tells nothing
FLASH: Final = 16  # the same where these may be captions, links or broken lines
LITTLE: Final = 40
SHORT: Final = 120  # what a wall or an error page has at most
LONGER: Final = 150  # what introduces a list or an offer has less
LONG: Final = 400
TEASER: Final = 25  # what a longer paragraph below a linked heading tells is more than a teaser
OFFER: Final = 20  # words of the line that offers to read on, at most
LABEL: Final = 3  # words: a heading as short names a subject, and tells nothing of it
SHORT_PAGE: Final = 1500  # characters
HEADLINES: Final = 4  # of other pages: a list


def judge(lines: Sequence[str], seen: Survey, tree: HtmlElement | None) -> str | None:
    """None for an article; plain text needs only to be there."""
    if tree is None:
        return None if any(line.strip() for line in lines) else "no_text"
    page = signs(lines, seen, tree)
    for reason, rule in RULES:
        if rule(page):
            return reason
    return None


def is_missing(page: Signs) -> bool:
    """Says that there is nothing at this address, whatever it recommends instead."""
    if page.shape.own >= SHORT or page.stated == 2:
        return False
    short = [name for name in (*page.names, *page.headings) if len(name) < 70]
    if any(words.NOT_FOUND.search(name) or words.BARELY_FOUND.fullmatch(name) for name in short):
        return True
    return page.shape.own < LITTLE and len(page.shown) < SHORT_PAGE and bool(words.NOT_FOUND.search(page.shown[:300]))


def is_wall(page: Signs) -> bool:
    """Wants a login, a consent, a subscription or a proof of being human first."""
    if page.stated == 2 and page.shape.own >= LITTLE:
        return False
    if page.stated < 2 and _is_consent(page):
        return True
    if page.shape.words >= SHORT:
        return False
    return _is_paywall(page) or (page.stated < 2 and (_is_login(page) or _is_bot_check(page)))


def _is_login(page: Signs) -> bool:
    own = page.shape.own
    named = any(size(name) <= 8 and words.LOGIN.search(name) for name in (*page.names, *page.headings))
    if page.passwords and page.shape.headlines < HEADLINES and own < (LITTLE if named else LEAST):
        return True
    return named and own < LITTLE and len(page.shown) < SHORT_PAGE and bool(words.LOGIN.search(page.text))


def _is_consent(page: Signs) -> bool:
    """Little but sentences about cookies that speak to the reader, and a button that accepts them."""
    sentences = [line for line in page.shown.split("\n") if size(line) >= 6]
    about = [line for line in sentences if words.CONSENT.search(line)]
    other = sum(size(line) for line in sentences) - sum(size(line) for line in about)
    hits = sum(len(words.CONSENT.findall(line)) for line in about)
    if hits < 2 or other >= LITTLE or page.shape.headlines >= HEADLINES:
        return False
    speaks = sum(word in words.TO_READERS for line in about for word in re.findall(r"\w+", line.casefold())) >= 2
    return speaks and (len(about) > 2 or bool(words.ACCEPT.search(page.buttons)))


def _is_bot_check(page: Signs) -> bool:
    named = any(words.BOT.search(name) for name in (*page.names, *page.headings))
    few = page.shape.own < LITTLE and len(page.shown) < SHORT_PAGE
    return few and (named or len(words.BOT.findall(page.shown)) >= 2)


def _is_paywall(page: Signs) -> bool:
    """The first sentence of an article, and an offer to read the rest."""
    offers = any(words.PAYWALL.search(line) for line in page.shown.split("\n") if size(line) <= OFFER)
    return page.shape.words < SHORT // 2 and page.shape.own < LITTLE and offers


def is_shell(page: Signs) -> bool:
    """Only a script would fill it."""
    if page.shape.own >= LEAST or page.shape.words >= LITTLE or len(page.shown) >= SHORT_PAGE or not page.scripts:
        return False
    asks = bool(words.SCRIPTS_ON.search(page.hint) or words.SCRIPTS_ON.search(page.shown))
    empty = not (page.passwords or page.fields or page.choices)
    return asks or (empty and page.is_shell and page.shape.words < LEAST and size(page.shown) < LITTLE)


def is_other(page: Signs) -> bool:
    """A page of another kind: a list, pictures, a film, a service, or about the site itself."""
    return any(kind(page) for kind in KINDS)


def _is_about_site(page: Signs) -> bool:
    """Imprint, terms, contact, help, subscriptions: by its name and its address."""
    named = any(words.STATIC.fullmatch(name) for name in page.names)
    placed = bool(words.STATIC_PATH.search(page.path))
    if page.stated:
        return named and placed and page.shape.own < (LITTLE if page.stated == 2 else LONG)
    alone = "/" not in page.path.strip("/")  # deeper down, one word may be the address of a story
    return (placed and page.shape.own < LONG and (alone or _is_label(page))) or (named and (placed or alone))


def _is_list(page: Signs) -> bool:
    """Headlines with a teaser each, and little of its own under a heading that only names a subject."""
    look = page.shape
    entries = look.headlines + look.teasers
    if _is_called_list(page):
        most = 2 * LITTLE if page.stated == 1 else LITTLE if page.stated else LONGER
        return (entries >= 2 * HEADLINES and look.own < most) or (entries > 0 and look.own < LEAST and page.stated < 2)
    if page.stated == 2:
        return False
    if _is_label(page):
        least, most = (2 * HEADLINES, LITTLE) if page.stated else (HEADLINES, 2 * LITTLE - LEAST)
        little = look.own < LEAST and entries > 0 and look.rest < LITTLE and not page.stated
        return (look.own < most and look.headlines >= least and look.rest < SHORT) or little
    return (
        look.own < LEAST and look.headlines >= HEADLINES and look.announced < TEASER * look.teasers and not page.stated
    )


def _is_called_list(page: Signs) -> bool:
    """By its name, its address or its data."""
    named = any(words.LIST.fullmatch(name) for name in page.names) or page.kind == "profile"
    placed = bool(words.LIST_PATH.search(page.path)) or page.is_home
    return named or placed or bool(page.types & words.LIST_TYPES) or (page.stated < 2 and page.described > HEADLINES)


def _is_label(page: Signs) -> bool:
    """Its heading names a subject and tells nothing of it."""
    return 0 < size(page.heading) <= LABEL


def _is_pictures(page: Signs) -> bool:
    named = any(words.PICTURES.search(name) for name in page.names)
    placed = bool(words.PICTURES_PATH.search(page.path)) or "imagegallery" in page.types
    few = page.shape.own < (LEAST if page.stated == 2 else LITTLE)
    return few and ((named and placed) or ((named or placed) and page.stated < 2) or page.shape.captions > 60)


def _is_film(page: Signs) -> bool:
    named = any(words.VIDEO.match(name) for name in page.names)
    placed = page.kind.startswith(("video", "music")) or "videoobject" in page.types
    placed = placed or bool(words.VIDEO_PATH.search(page.path))
    few = page.shape.own < (LEAST if page.stated == 2 else LITTLE)
    return few and (placed or (named and page.players > 0)) and page.stated < 2


def _is_service(page: Signs) -> bool:
    """Weather, prices, tables, offers, a quiz, a form: what is looked up and not read."""
    own = page.shape.own
    if page.stated == 2 or own >= LONGER:
        return False
    if page.types & words.OTHER_TYPES and not page.stated:
        return True
    if page.kind == "product":
        return own < 2 * LITTLE
    if own >= LITTLE or page.shape.words >= 2 * SHORT:
        return False
    form = (page.fields >= 2 and own < 2 * LEAST) or (page.fields > 0 and page.shape.words < LITTLE and own < FLASH)
    asks = page.choices >= 6 or (form and _is_label(page) and not page.stated)
    return asks or (size(page.heading) <= 6 and bool(words.SERVICE.search(page.heading)))


def _is_parked(page: Signs) -> bool:
    few = page.shape.own < 2 * LITTLE and len(page.shown) < 2 * SHORT_PAGE
    return few and bool(words.PARKED.search(page.shown))


def is_bare(page: Signs) -> bool:
    """Tells nothing in sentences, and its data do not call it an article."""
    look = page.shape
    told = look.own + (look.announced if look.announced >= TEASER * look.teasers else 0)
    if page.stated or look.words >= 2 * SHORT or prose(page.text.split("\n")) >= FLASH:
        return False
    much = look.words >= SHORT and not _is_numbers(page.text)  # verses, a list of things, a conversation
    return not much and told < LEAST


def _is_numbers(text: str) -> bool:
    """Results, prices, temperatures."""
    parts = text.split()
    return sum(any(sign.isdigit() for sign in part) for part in parts) > 0.25 * len(parts)


def is_empty(page: Signs) -> bool:
    """Shows nothing but, perhaps, the way to other pages."""
    return size(page.shown) < LEAST and is_textless(page)


def is_textless(page: Signs) -> bool:
    """Without text, whatever else is shown."""
    return len(page.text) < MIN_TEXT and page.shape.words < LEAST


Rule = Callable[[Signs], bool]
KINDS: Final[Sequence[Rule]] = (
    _is_about_site, _is_list, _is_pictures, _is_film, _is_service, _is_parked
)  # fmt: skip
# In order: what says of itself what it is goes before what is told by its looks, and that there is nothing to read
# before that there is nothing told.
RULES: Final[Sequence[tuple[str, Rule]]] = (
    ("soft_404", is_missing),
    ("js_only", is_shell),
    ("wall", is_wall),
    ("not_article", is_other),
    ("no_text", is_empty),
    ("not_article", is_bare),
    ("no_text", is_textless),
)
