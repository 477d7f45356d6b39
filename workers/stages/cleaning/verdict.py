"""Article or not: a reason of shared/reasons.py for what is none.

To lose an article is worse than to keep a section page, so every rule but the first needs two kinds of evidence.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from workers.stages.cleaning.blocks import FLAGS, Block
from workers.stages.cleaning.survey import Survey

MIN_TEXT: Final = 60  # characters: the shortest real news flash has more
SHORT: Final = 120  # words: what a wall or an error page has at most
NOT_FOUND: Final = re.compile(
    r"\b(?:404|page (?:not found|does(?: not|n.t) exist|cannot be found|unavailable)|not found|no longer available"
    r"|nicht gefunden|nicht (?:mehr )?verfügbar|existiert nicht|introuvable|non trouvée|n.existe (?:pas|plus)"
    r"|no (?:se ha )?encontrad[ao]|no existe|non trovata|non esiste|não encontrada|niet gevonden|bestaat niet"
    r"|nie znalezion[oay]|nie istnieje|не найден[ао]?|не существует|bulunamadı|hittades inte|見つかりません|找不到)",
    re.IGNORECASE,
)
WALL: Final = re.compile(
    r"\b(?:log ?in|sign in|sign up|create an account|register|subscribe|subscribers? only|cookies?|consent"
    r"|before you continue|verify (?:you are|that you)|are you (?:a )?human|captcha|access denied"
    r"|checking your browser|unusual traffic|anmelden|einloggen|abonnieren|einwilligung|zustimm\w+"
    r"|connectez-vous|abonnez-vous|abonnés|consentement|inicia sesión|suscríbete|suscriptores"
    r"|accedi|abbonati|consenso|assinantes|faça login|inloggen|abonnees|toestemming"
    r"|zaloguj|zgod[ya]|войдите|подписк\w+|giriş yap\w*|abone|çerez\w*)\b",
    re.IGNORECASE,
)
SCRIPTS_ON: Final = re.compile(
    r"\b(?:enable|activate|requires?|turn on)\b.{0,20}\bjavascript|javascript.{0,40}\b(?:enable|activ|aktiv)",
    re.IGNORECASE,
)
SHELL: Final = ("root", "app", "__next", "__nuxt", "___gatsby", "main-app", "react-root", "svelte")
LISTING_TYPES: Final = frozenset("collectionpage searchresultspage itemlist imagegallery profilepage".split())
LISTING_PATH: Final = re.compile(
    r"/(?:tags?|topics?|category|categories|kategorie|rubrik|thema|themen|author|autor|autoren|search|suche|archive?s?|section|page"
    r"|gallery|galleries|galerie|fotostrecke|bildergalerie)(?:/|$)",
    re.IGNORECASE,
)
FURNITURE: Final = FLAGS["nav"] | FLAGS["aside"] | FLAGS["footer"] | FLAGS["header"] | FLAGS["form"]


def judge(text: str, seen: Survey, tree: HtmlElement | None) -> str | None:
    """None for an article; plain text needs only to be there."""
    if tree is None:
        return None if text.strip() else "no_text"
    title = str(seen.data.fields.get("title") or "")
    words = len(text.split())
    shown = " ".join(block.text for block in seen.blocks)[:20_000]
    if words < SHORT and _says_not_found(title, shown):
        return "soft_404"
    if len(text) < MIN_TEXT:
        return _empty(shown, tree)
    if words < SHORT and not _stated(seen) and WALL.search(title) and WALL.search(text):
        return "wall"
    return "not_article" if _listing(seen) else None


def _says_not_found(title: str, shown: str) -> bool:
    """In a short title, or in the first words of a page that has few."""
    return bool((len(title) < 70 and NOT_FOUND.search(title)) or (len(shown) < 1500 and NOT_FOUND.search(shown[:300])))


def _empty(shown: str, tree: HtmlElement) -> str:
    """What a page without article is instead."""
    if len(shown) < 3000 and len(WALL.findall(shown)) >= 2:
        return "wall"
    scripts = sum(1 for _ in tree.iter("script"))
    hint = any(SCRIPTS_ON.search(tag.text_content()[:2000]) for tag in tree.iter("noscript"))
    shell = any(tag.get("id") in SHELL for tag in tree.iter("div"))
    if len(shown) < 1500 and scripts and (hint or shell or SCRIPTS_ON.search(shown)):
        return "js_only"
    return "no_text"


def _stated(seen: Survey) -> bool:
    """Whether the page gives its article a time of publication or calls itself an article."""
    origin = seen.data.provenance.get("published", "")
    return seen.is_article or origin.startswith(("json-ld", "meta", "microdata"))


def _listing(seen: Survey) -> bool:
    """A section, tag or search page, a home page or a gallery: headlines with a teaser each, or little else."""
    if _stated(seen):
        return False
    address = urlsplit(seen.url or "")
    home = bool(seen.url) and address.path in {"", "/"} and not address.query
    named = home or bool(seen.types & LISTING_TYPES) or bool(LISTING_PATH.search(address.path))
    headlines, teasers, words = _shape(seen)
    if headlines < 6 or words > 100:
        return False
    return teasers >= (4 if named else 6) or (named and teasers == 0)


def _shape(seen: Survey) -> tuple[int, int, int]:
    """Outside of the furniture: linked headlines, paragraphs right below one, and words of the other paragraphs."""
    headlines = teasers = words = 0
    behind = 9  # blocks since the last headline
    for block in seen.blocks:
        if block.place.flags & FURNITURE:
            continue
        behind += 1
        if _is_headline(block):
            headlines += 1
            behind = 0
        elif block.words >= 10 and block.link_chars < 0.3 * len(block.text):
            below = behind <= 2
            teasers += below
            words += 0 if below else block.words
    return headlines, teasers, words


def _is_headline(block: Block) -> bool:
    linked = block.link_chars > 0.8 * len(block.text)
    return linked and 4 <= block.words <= 25 and not block.place.flags & FURNITURE
