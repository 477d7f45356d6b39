"""Names replaced by others of their type, and letters by capitals, so that the network learns the sentence around."""

import random
import re
from collections import defaultdict
from dataclasses import replace
from typing import Final

from scripts.training.entities.corpus import Document
from workers.stages.extracting import lists

SWAPPED: Final = 0.4  # of the documents
CAPITALS: Final = 0.06
BODIES: Final = (
    "Ministry of {topic}|{topic} Ministry|Department of {topic}|{land} {topic} Ministry|{place} City Council|"
    "{place} Police|University of {place}|{place} University|{place} High Court|{place} Chamber of Commerce|"
    "{place} FC|{place} United|{place} Times|{place} Post|{sur} & {sur2}|{sur} Group|{sur} Holdings|{sur} Industries|"
    "{sur} Foundation|{sur} Brothers|{land} Football Federation|{land} Red Cross|Central Bank of {land}|Bank of {land}|"
    "National {topic} Commission|National {topic} Authority|{land} {topic} Association|{topic} Commission|"
    "{land} Democratic Party|{land} People's Party|{topic} Committee|{place} Hospital|{place} General Hospital|"
    "{place} Airlines|{sur} Airlines|{sur} Motors|{sur} Energy|{sur} Pharmaceuticals|{sur} Inc.|{sur} Ltd|{sur} Corp|"
    "Institute of {topic}|{topic} Institute|{land} Institute of {topic}|Centre for {topic}|{topic} Agency|"
    "{land} National Assembly|Federal {topic} Agency|Supreme Court of {land}|{acro}|{acro}|{acro}|"
    "{place} Stock Exchange|"
    "International {topic} Organization|World {topic} Forum|{land} Air Force|{land} Army|{land} Navy|{sur}|{sur}"
).split("|")
TOPICS: Final = (
    "Health Education Finance Justice Defence Defense Agriculture Transport Energy Trade Labour Tourism Culture Sports "
    "Environment Water Immigration Housing Fisheries Technology Science Security Electoral Elections Interior Land "
    "Information Communications Mining Petroleum Aviation Customs Revenue Investment Development Welfare"
).split()


class Swapper:
    """Draws names from the lists and from the documents themselves."""

    def __init__(self, documents: list[Document], seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - training data
        self.given = sorted(lists.given_names())
        self.surnames = sorted(lists.surnames())
        self.places = sorted(name for name, place in lists.places().items() if place.kind != "C")
        self.lands = sorted(name for name, place in lists.places().items() if place.kind == "C" and "." not in name)
        seen: dict[str, set[str]] = defaultdict(set)
        for document in documents:
            if document.weight >= 0.7:
                for start, end, label in document.spans:
                    seen[label].add(document.text[start:end])
        self.seen = {label: sorted(names) for label, names in seen.items()}

    def varied(self, document: Document) -> Document:
        """The document as it is, or with names swapped, or in other capitals."""
        drawn = self.random.random()
        if drawn < CAPITALS:
            return self.capitalised(document)
        return self.swapped(document) if drawn < CAPITALS + SWAPPED else document

    def swapped(self, document: Document) -> Document:
        """The document with most of its names replaced, the same name by the same one throughout."""
        text, spans, unsure = [], [], []
        chosen: dict[tuple[str, str], str] = {}
        edits = []
        done = shift = 0
        for start, end, label in sorted(document.spans):
            if start < done:
                continue
            old = document.text[start:end]
            if (old, label) not in chosen:
                keep = label == "MISC" or self.random.random() < 0.3
                chosen[old, label] = old if keep else self.another(old, label)
            new = chosen[old, label]
            text += [document.text[done:start], new]
            spans.append((start + shift, start + shift + len(new), label))
            shift += len(new) - len(old)
            edits.append((end, shift))
            done = end
        text.append(document.text[done:])
        for start, end in document.unsure:
            by = next((shift for at, shift in reversed(edits) if at <= start), 0)
            unsure.append((start + by, end + by))
        return replace(document, text="".join(text), spans=tuple(spans), unsure=tuple(unsure))

    def another(self, old: str, label: str) -> str:
        """Another name of the type, in the shape of the old one."""
        if label == "PER":
            new = self.person(old)
        elif label == "LOC":
            new = self.place(old)
        else:
            new = self.body(old)
        return new.upper() if old.isupper() and len(old) > 4 else new

    def person(self, old: str) -> str:
        """A person with as many words, roughly."""
        pick = self.random.choice
        if len(old.split()) == 1:
            return pick(self.surnames if self.random.random() < 0.7 else self.given)
        if self.random.random() < 0.35:
            return pick(self.seen["PER"])
        middle = f" {pick('ABCDEFGHJKLMNPRSTW')}." if self.random.random() < 0.1 else ""
        middle = f" {pick(self.given)}" if self.random.random() < 0.12 else middle
        return f"{pick(self.given)}{middle} {pick(self.surnames)}"

    def place(self, old: str) -> str:
        """A country for a country, else a place of the lists or of the documents."""
        known = lists.places().get(old)
        if known and known.kind == "C":
            return self.random.choice(self.lands)
        return self.random.choice(self.places if self.random.random() < 0.5 else self.seen["LOC"])

    def body(self, old: str) -> str:
        """An organisation of the documents, or a composed one; an acronym for an acronym."""
        pick = self.random.choice
        if re.fullmatch(r"[A-Z]{2,5}", old):
            return self.acronym()
        if self.random.random() < 0.45:
            return pick(self.seen["ORG"])
        return pick(BODIES).format(
            topic=pick(TOPICS), land=pick(self.lands), place=pick(self.places), sur=pick(self.surnames),
            sur2=pick(self.surnames), acro=self.acronym(),
        )  # fmt: skip

    def acronym(self) -> str:
        """Two to five capitals."""
        return "".join(self.random.choices("ABCDEFGHIKLMNOPRSTUW", k=self.random.choice((2, 3, 3, 3, 4, 4, 5))))

    def capitalised(self, document: Document) -> Document:
        """The document in capitals or in title case, as headlines are, where that keeps its length."""
        drawn = self.random.random()
        if drawn < 0.5:
            text = document.text.upper()
        elif drawn < 0.8:
            text = re.sub(r"(?<![\w'’])[a-z]", lambda m: m.group().upper(), document.text)
        else:
            text = document.text.lower()
        return replace(document, text=text) if len(text) == len(document.text) else document
