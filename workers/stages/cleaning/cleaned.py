"""What the clean stage hands on: the article, and what was taken away from it."""

from dataclasses import dataclass, field
from datetime import datetime

from workers.stages.cleaning.memory import Trace


@dataclass(frozen=True, slots=True)
class Removed:
    """A paragraph that the page showed and the text leaves out, with the reason."""

    text: str
    reason: str  # appeal, voter, navigation, site, forbidden


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An article without its page. `verdict` is None for an article, else why it is none (shared/reasons.py)."""

    text: str = ""
    markdown: str = ""
    title: str | None = None
    subtitle: str | None = None
    authors: list[str] = field(default_factory=list)
    agency: str | None = None
    published: datetime | None = None
    modified: datetime | None = None
    language: str | None = None
    section: str | None = None
    image_url: str | None = None
    canonical_url: str | None = None
    site_name: str | None = None
    paywalled: bool | None = None
    word_count: int = 0
    blocks: list[Trace] = field(default_factory=list)  # before site memory took from them; what it took is marked
    removed: list[Removed] = field(default_factory=list)
    provenance: dict[str, str] = field(default_factory=dict)
    verdict: str | None = None
