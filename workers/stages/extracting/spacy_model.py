"""A backend: an English spaCy model, where it is installed."""

import os
from functools import cache
from typing import Any, Final

from workers.stages.extracting.backends import MissingModelError
from workers.stages.extracting.mentions import Kind, Span

LANGUAGES: Final = frozenset({"en"})
PACKAGE: Final = "COPYDESK_SPACY_MODEL"  # environment variable: the model's package, if it is not the small one
KIND_OF: Final[dict[str, Kind]] = {
    "PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC",
    "NORP": "MISC", "EVENT": "MISC", "PRODUCT": "MISC", "WORK_OF_ART": "MISC", "LAW": "MISC", "LANGUAGE": "MISC",
}  # fmt: skip


@cache
def pipeline() -> Any:
    """The model without the parts that names do not need."""
    name = os.environ.get(PACKAGE, "en_core_web_sm")
    try:
        import spacy

        return spacy.load(name, exclude=["parser", "lemmatizer", "tagger", "attribute_ruler"])
    except (ImportError, OSError) as error:
        needed = f"pip install 'copydesk[spacy]' {name}"
        raise MissingModelError(f"the entity model 'spacy' is not installed: {needed}") from error


def find(text: str) -> list[Span]:
    """The names in a text."""
    found = [(ent.start_char, ent.end_char, KIND_OF.get(ent.label_)) for ent in pipeline()(text).ents]
    return [Span(start, end, kind, 0.8) for start, end, kind in found if kind]
