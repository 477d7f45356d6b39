"""The backend without a model: capitalised words, judged by titles, endings and lists."""

import re
from typing import Final

from workers.stages.extracting import lists
from workers.stages.extracting.mentions import Span, Type

LANGUAGES: Final = frozenset({"en"})
CAPITALISED: Final = re.compile(r"(?:\b(?:[A-Z]\.){2,}|\b[A-Z]\.(?= [A-Z])|\b[A-ZÀ-ÖØ-ÞĀ-Ž][\w&-]*(?:['’][A-Z]\w+)?)")
JOINERS: Final = frozenset("of the and for de la le van von der den bin ibn al el du di da dos del ben".split())
PLACE_BEFORE: Final = frozenset("in at near from to outside across around inside into toward towards".split())
PERSON_AFTER: Final = frozenset("said says told added who whose tweeted wrote insisted warned argued".split())


def find(text: str) -> list[Span]:
    """The names in a text, by rules alone; a last name counts once the article has given the full one."""
    judged = [(start, end, judge(text, start, end)) for start, end in runs(text)]
    found = [span for _, _, span in judged if span is not None]
    surnames = {text[span.start : span.end].rsplit(" ", 1)[-1] for span in found if span.type == "PER"}
    found += [Span(a, b, "PER", 0.5) for a, b, span in judged if span is None and text[a:b] in surnames]
    return sorted(found)


def runs(text: str) -> list[tuple[int, int]]:
    """Stretches of capitalised words that one space or a joining word holds together."""
    found: list[tuple[int, int]] = []
    for match in CAPITALISED.finditer(text):
        start, end = match.span()
        if match.group().lower() in lists.words().openers:
            continue
        if found and joins(text, found[-1], start, match.group()):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def joins(text: str, left: tuple[int, int], start: int, word: str) -> bool:
    """Whether what stands between two capitalised words makes them one name; "UN Ambassador" is two."""
    between = text[left[1] : start]
    if between == " ":
        return word.lower() not in lists.words().titles or text[left[0] : left[1]] not in lists.organisations()
    inner = between.strip(" ").split(" ")
    if len(between) > 12 or not all(word in JOINERS for word in inner):
        return False
    return not {"of", "and"} & set(inner) or is_organisation(text[left[0] : left[1]].split())


def is_organisation(parts: list[str]) -> bool:
    """Whether the words name an organisation by their first or last."""
    endings = lists.words().organisation_endings
    return parts[-1].lower() in endings or (parts[0].lower() in endings and len(parts) == 1)


def judge(text: str, start: int, end: int) -> Span | None:
    """The type of one stretch, or None where nothing tells."""
    known = lists.words()
    parts = [(m.start() + start, m.group()) for m in re.finditer(r"\S+", text[start:end])]
    had_title = bool(
        re.search(r"\b(?:mr|mrs|ms|dr|president|minister)\.?\s$", text[max(0, start - 12) : start].lower())
    )
    while len(parts) > 1 and parts[0][1].lower().rstrip(".") in known.titles | known.demonyms | known.offices:
        if is_organisation([word for _, word in parts]):
            break
        had_title = had_title or parts[0][1].lower().rstrip(".") in known.titles
        parts = parts[1:]
    start = parts[0][0]
    kind = typed(text, [word for _, word in parts], start, end, had_title)
    return Span(start, end, kind, 0.5) if kind else None


def typed(text: str, parts: list[str], start: int, end: int, had_title: bool) -> Type | None:
    """The type that lists, shape and neighbours give to a name."""
    known = lists.words()
    name = text[start:end]
    lowered = parts[0].lower()
    if name in lists.organisations():
        return "ORG"
    if name in lists.places():
        return "LOC"
    if len(parts) == 1 and lowered in known.demonyms | known.calendar | known.titles | known.offices:
        return None
    if len(parts) > 1 and is_organisation(parts):
        return "ORG"
    if had_title or (len(parts) in (2, 3, 4) and parts[0] in lists.given_names()):
        return "PER"
    return shaped(text, parts, start, end)


def shaped(text: str, parts: list[str], start: int, end: int) -> Type | None:
    """The type that neighbours give where no list knows the name."""
    known = lists.words()
    before = text[max(0, start - 20) : start].split()
    after = text[end : end + 20].split()
    if len(parts) > 1 and {parts[0].lower(), parts[-1].lower()} & known.place_words:
        return "LOC"
    if len(parts) == 1 and re.fullmatch(r"[A-Z]{3,6}", parts[0]):
        return "ORG"
    if before and before[-1] in PLACE_BEFORE and len(parts) <= 2:
        return "LOC"
    if len(parts) in (2, 3) and after and after[0].strip(",.") in PERSON_AFTER | {""}:
        return "PER"
    return None
