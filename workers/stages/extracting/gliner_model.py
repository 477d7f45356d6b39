"""A backend: a GLiNER model from a local folder or the local cache, where it is installed. It never downloads."""

import os
from functools import cache
from typing import Any, Final

from workers.stages.extracting.backends import MissingModelError
from workers.stages.extracting.mentions import Kind, Span

LANGUAGES: Final = None
FOLDER: Final = "COPYDESK_GLINER_MODEL"  # environment variable: a folder, or a name in the local cache
KIND_OF: Final[dict[str, Kind]] = {"person": "PER", "organization": "ORG", "location": "LOC"}


@cache
def tagger() -> Any:
    """The model."""
    name = os.environ.get(FOLDER, "urchade/gliner_small-v2.1")
    try:
        from gliner import GLiNER

        return GLiNER.from_pretrained(name, local_files_only=True)
    except (ImportError, OSError, ValueError) as error:
        needed = f"pip install 'copydesk[gliner]', then set {FOLDER} to the folder of {name}"
        raise MissingModelError(f"the entity model 'gliner' is not installed: {needed}") from error


def find(text: str) -> list[Span]:
    """The names in a text, read line by line: the model sees a few hundred words at a time."""
    spans: list[Span] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        for found in tagger().predict_entities(line, list(KIND_OF), threshold=0.5):
            kind = KIND_OF[found["label"]]
            spans.append(Span(offset + found["start"], offset + found["end"], kind, float(found["score"])))
        offset += len(line)
    return spans
