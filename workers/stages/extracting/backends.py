"""What finds the names: a module with `LANGUAGES` and `find(text)`, by its name in an entry point group.

A package of its own may add one: an entry point of the group `copydesk.entity_models` that names such a module.
What it finds goes through the same article rules as the names of our own model.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final, Protocol, cast

from workers.stages.extracting.mentions import Span

GROUP: Final = "copydesk.entity_models"
DEFAULT: Final = "minilm"
BUILT_IN: Final = {
    "minilm": "workers.stages.extracting.model",
    "none": "workers.stages.extracting.nothing",
    "rules": "workers.stages.extracting.rules",
    "spacy": "workers.stages.extracting.spacy_model",
    "gliner": "workers.stages.extracting.gliner_model",
}


class Backend(Protocol):
    """What a backend's module offers."""

    LANGUAGES: frozenset[str] | None  # two-letter codes; None: any

    def find(self, text: str) -> list[Span]:
        """The names in a text."""


class UnknownBackendError(ValueError):
    """There is no backend of this name."""


class MissingModelError(RuntimeError):
    """The backend's library or its model is not installed; the message says what to install."""


@cache
def backend(name: str = DEFAULT) -> Backend:
    """The backend of a name, its module imported; its model loads when it first reads a text."""
    for entry in entry_points(group=GROUP, name=name):
        return cast(Backend, entry.load())
    if name in BUILT_IN:
        return cast(Backend, import_module(BUILT_IN[name]))
    known = sorted({*BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))})
    raise UnknownBackendError(f"no entity model {name!r}; there are {', '.join(known)}")


def reads(chosen: Backend, language: str | None) -> bool:
    """Whether the backend can read a language; an unknown language is given the benefit of the doubt."""
    return language is None or chosen.LANGUAGES is None or language.split("-")[0].lower() in chosen.LANGUAGES


def prepare(name: str) -> None:
    """Let a backend load its model now, if its module has `prepare`: what that loads has to survive a fork."""
    getattr(backend(name), "prepare", lambda: None)()
