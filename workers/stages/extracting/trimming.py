"""Where a name begins and ends: quotes, titles, "the", "'s" and stray words off, what belongs to it on."""

import re
from typing import Final

from workers.stages.extracting import lists
from workers.stages.extracting.mentions import Span

LONGEST: Final = 150  # code points of a name
UNFIT: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
EDGE: Final = frozenset(" \t\r\n\u00a0\"'“”‘’«»„‚`´,;:!?()[]{}<>*#|/\\…—–-_=~•·")
POSSESSIVE: Final = re.compile(r"(?:['’´`][sS]|(?<=[sS])['’])$")
ABBREVIATION: Final = re.compile(r"(?:\b[A-Za-z]\.|\b(?:Inc|Ltd|Co|Corp|Jr|Sr|St|Bros|No|S\.p\.A)\.)$")
WORD: Final = re.compile(r"\S+")
AFTER: Final = {
    "ORG": re.compile(r",? (?:Inc|Ltd|LLC|LLP|Corp|Co|PLC|plc|GmbH|S\.A|Limited)\b"),
    "PER": re.compile(r",? (?:Jr|Sr|III|II)\b"),
}
GLUED: Final = {  # what a hyphen or an apostrophe ties to the last word: "Yoon Suk-yeol", "Qillulaaq Arngna'naaq"
    "PER": re.compile(r"(?:[-‐‑]\w+|['’](?!ll\b|re\b|ve\b)[a-z]{2,}\b)+"),
    "ORG": re.compile(r"['’](?!ll\b|re\b|ve\b)[a-z]{2,}\b"),
}
POINTED: Final = re.compile(r"(?:\b(?:Jr|Sr|Inc|Corp|Co|Bros)|S\.A)$")


def trimmed(text: str, spans: list[Span]) -> list[Span]:
    """The spans without quotes, brackets, "the" and "'s"; none where no letter is left, or what no database takes."""
    kept = []
    for span in spans:
        start, end = edges(text, span.start, span.end)
        name = text[start : min(end, start + LONGEST + 1)]
        if len(name) <= LONGEST and any(char.isalpha() for char in name) and not UNFIT.search(name):
            kept.append(span._replace(start=start, end=end))
    return kept


def edges(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds moved inwards past what is no part of a name."""
    before = None
    while before != (start, end) and start < end:
        before = (start, end)
        while start < end and text[start] in EDGE:
            start += 1
        while end > start and text[end - 1] in EDGE:
            end -= 1
        if text[end - 1 : end] == "." and not ABBREVIATION.search(text, max(start, end - 12), end):
            end -= 1
        if possessive := POSSESSIVE.search(text[max(start, end - 3) : end]):
            end -= len(possessive.group())
        if text[start : start + 4].lower() == "the ":
            start += 4
    return start, end


def capitalised(text: str, spans: list[Span]) -> list[Span]:
    """The spans without lower-case words at their ends: "Interfax news", "republic of Karakalpakstan"."""
    return [within(text, span) for span in spans]


def within(text: str, span: Span) -> Span:
    """The span from its first to its last word with a capital or digit ("al-Sadr" has one); a person's "bin" stays."""
    words = list(WORD.finditer(text, span.start, span.end))
    telling = [at for at, word in enumerate(words) if not word.group().islower()]
    if not telling:
        return span
    first, last = telling[0], telling[-1]
    if span.type == "PER" and first and words[first - 1].group() in lists.words().particles:
        first -= 1
    return span._replace(start=words[first].start(), end=words[last].end())


def together(text: str, spans: list[Span]) -> list[Span]:
    """A person's name that fell in two is one again: two people are never told apart by a space alone."""
    joined: list[Span] = []
    for span in sorted(spans):
        before = joined[-1] if joined else None
        if before and span.type == before.type == "PER" and text[before.end : span.start] == " ":
            joined[-1] = before._replace(end=span.end, score=min(before.score, span.score))
        else:
            joined.append(span)
    return joined


def complete(text: str, spans: list[Span]) -> list[Span]:
    """The spans with the "Jr." or ", Inc." that belongs to them, point and all."""
    grown: list[Span] = []
    for span in spans:
        match = AFTER[span.type].match(text, span.end) if span.type in AFTER else None
        end = match.end() if match else span.end
        if glued := GLUED[span.type].match(text, end) if span.type in GLUED else None:
            end = glued.end()
        pointed = text[end : end + 1] == "." and POINTED.search(text, max(span.start, end - 6), end)
        grown.append(span._replace(end=end + 1 if pointed else end))
    return grown


def untitled(text: str, spans: list[Span]) -> list[Span]:
    """People without "Turkish President", "Foreign Minister", "Dr."; who has a title is a person beyond doubt."""
    return [without_title(text, span) if span.type == "PER" else span for span in spans]


def without_title(text: str, span: Span) -> Span:
    """The person's name."""
    start = past_titles(text, span.start, span.end)
    return span if start == span.start else span._replace(start=start, odds=())


def past_titles(text: str, start: int, end: int) -> int:
    """Where the person's name begins."""
    words = list(WORD.finditer(text, start, end))
    for word in words[:-1]:
        if word.group().lower() not in lists.before_people():
            return word.start()
    return words[-1].start() if words else start
