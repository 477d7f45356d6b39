"""The clean stage: the text and the metadata of an article, and nothing else of its page."""

from workers.stages.cleaning.blocks import shown_blocks
from workers.stages.cleaning.cleaned import Cleaned, Removed
from workers.stages.cleaning.memory import SiteMemory, Trace, block_hash, marked, pack, unpack
from workers.stages.cleaning.page import VERSION, clean, clean_lines
from workers.stages.cleaning.recurring import Recurrence, Seen, learn
from workers.stages.cleaning.tree import parse as parse_page

__all__ = [
    "VERSION", "Cleaned", "Recurrence", "Removed", "Seen", "SiteMemory", "Trace", "block_hash", "clean", "clean_lines",
    "learn", "marked", "pack", "parse_page", "shown_blocks", "unpack",
]  # fmt: skip
