"""A page as the server sends it, and what a reader of articles is expected to make of it."""

from dataclasses import dataclass, field
from datetime import datetime
from zlib import crc32

from scripts.newsroom.stories import Story

HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Page:
    """What lies at one address. `expected` is "done", a reason of shared/reasons.py, "redirect" or "" (no article)."""

    body: bytes
    type: str
    modified: datetime
    expected: str = ""
    status: int = 200
    location: str = ""
    story: Story | None = None
    title: str = ""
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{crc32(self.body):08x}"')
