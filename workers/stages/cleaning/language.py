"""The language of an article: what the page declares, unless its text plainly says otherwise."""

import re
from typing import Final

from lxml.html import HtmlElement
from resiliparse.parse.lang import detect_fast

ALIASES: Final = {"iw": "he", "in": "id", "ji": "yi", "nb": "no", "nn": "no", "mo": "ro", "zh-cn": "zh", "zh-tw": "zh"}
LOOKALIKES: Final = (
    {"no", "da"},
    {"hr", "sr", "bs", "sh"},
    {"id", "ms"},
    {"cs", "sk"},
    {"gl", "pt"},
    {"ru", "uk", "be", "bg"},
)
SCRIPTS: Final = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
)


def declared(tree: HtmlElement) -> str | None:
    """What the page says of itself: `<html lang>`, then the meta tags."""
    for value in (
        tree.get("lang"),
        tree.get("xml:lang"),
        *tree.xpath("//meta[@http-equiv='content-language' or @property='og:locale' or @name='language']/@content")[:3],
    ):
        if language := code(value):
            return language
    return None


def code(value: str | None) -> str | None:
    """`en-GB`, `en_GB` or `EN` to `en`; None where it is no two-letter code."""
    match = re.match(r"\s*([A-Za-z]{2})(?:[-_;,\s]|$)", value or "")
    if not match:
        return None
    found = match.group(1).lower()
    return ALIASES.get(found, found)


def decide(text: str, page: str | None) -> str | None:
    """ISO 639-1 code of `text` on a page that declares itself as `page`."""
    sample = text[:4000]
    if script := _by_script(sample):
        return script
    if len(sample) < 150:
        return page
    guesses: list[tuple[str, int]] = detect_fast(sample, n_results=6)  # type: ignore[assignment]
    ranked = {code(name): rank for name, rank in guesses}
    best = next(iter(ranked), None)
    if best is None:
        return page
    if page is None:
        return best
    near = page in ranked and ranked[page] - ranked[best] < 150
    return page if near or ranked[best] > 800 or any({page, best} <= group for group in LOOKALIKES) else best


def _by_script(sample: str) -> str | None:
    for name, letters in SCRIPTS:
        if len(letters.findall(sample)) > 0.08 * len(sample):
            return name
    return None
