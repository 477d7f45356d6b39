"""Saved pages with gold, as training and evaluation read them."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

FOLDS = 5


@dataclass(frozen=True)
class GoldPage:
    """A saved page and what is known to be right about it."""

    collection: str
    id: str
    site: str
    url: str | None
    html: bytes
    gold: dict[str, Any]

    @property
    def fold(self) -> int:
        """Pages of one site lie in one fold, over all sets."""
        return crc32(self.site.encode()) % FOLDS


def read(folder: Path) -> Iterator[GoldPage]:
    """The pages of a set: gold.jsonl and <id>.html.gz."""
    for line in (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        gold = json.loads(line)
        html = gzip.decompress((folder / f"{gold['id']}.html.gz").read_bytes())
        yield GoldPage(folder.name, gold["id"], gold["site"], gold.get("url"), html, gold)
