"""The entity model `none`: no names are looked for, where they are not wanted or somebody else finds them."""

from typing import Final

from workers.stages.extracting.mentions import Span

LANGUAGES: Final = None


def find(_: str) -> list[Span]:
    """No names."""
    return []
