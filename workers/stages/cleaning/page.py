"""The clean stage: a page in, an article out."""

from dataclasses import replace

import numpy as np
from lxml.html import HtmlElement

from shared.charset import decode
from shared.texts import storable
from workers.stages.cleaning import classifier, editing, features, guard, language, people, verdict
from workers.stages.cleaning.cleaned import Cleaned, Removed
from workers.stages.cleaning.lines import Line, markdown
from workers.stages.cleaning.memory import SiteMemory, remember
from workers.stages.cleaning.survey import Survey, survey, survey_lines
from workers.stages.cleaning.tree import parse

VERSION = 8
FEW_WORDS = 60  # of plain text: too few to tell an appeal by its company


def clean(
    html: bytes, url: str | None = None, *, content_type: str | None = None, memory: SiteMemory | None = None
) -> Cleaned:
    """The article of a page. Never raises for what a page may hold; `verdict` says why it is no article."""
    if guard.refuses(html):
        return Cleaned(verdict="too_big")
    try:
        tree = parse(decode(html, content_type or ""))
    except ValueError:
        return Cleaned(verdict="too_big")
    if tree is None:
        return Cleaned(verdict="no_text")
    return _article(survey(tree, url), memory, tree)


def clean_lines(text: str, *, memory: SiteMemory | None = None) -> Cleaned:
    """An article that came as plain text: a page of its lines."""
    return _article(survey_lines(storable(text)), memory, None)


def _article(seen: Survey, memory: SiteMemory | None, tree: HtmlElement | None) -> Cleaned:
    lines, removed = _judged(seen)
    # judged whole: whether a page is an article must not depend on when it came
    reason = verdict.judge([line.text for line in lines], seen, tree)
    blocks = remember(((line.text, line.kind) for line in lines), (one.text for one in removed))
    if memory is not None:
        lines, forgotten, blocks = editing.forget(lines, blocks, memory)
        removed += forgotten
    text = storable("\n".join(line.text for line in lines))
    fields = dict(seen.data.fields)
    authors = fields.pop("authors", [])
    return Cleaned(
        text=text,
        markdown=storable(markdown(lines)),
        authors=[name for name in authors if not people.is_agency(name)] or authors,
        agency=people.agency([*authors, *people.credited([line.text for line in lines])]),
        language=language.decide(text, language.declared(tree) if tree is not None else None),
        word_count=len(text.split()),
        blocks=blocks,
        removed=removed,
        provenance=seen.data.provenance,
        verdict=reason,
        **fields,
    )


def _judged(seen: Survey) -> tuple[list[Line], list[Removed]]:
    if not seen.items:
        return [], []
    structure = features.structure(seen.items, seen.blocks, seen.context)
    possible = features.possible(structure)
    items = [item for item, chance in zip(seen.items, possible, strict=True) if chance]
    judged = classifier.judge(items, structure[possible], classifier.model())
    if not seen.is_page:  # somebody has chosen this text: only appeals go from it
        few = sum(item.words for item in items) < FEW_WORDS
        appeal = np.zeros(len(items)) if few else judged.appeal
        judged = replace(judged, article=np.ones(len(items)), appeal=appeal)
    return editing.edit(items, judged)
