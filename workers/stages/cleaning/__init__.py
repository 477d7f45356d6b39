"""The clean stage: the text and the metadata of an article, and nothing else of its page."""

from workers.stages.cleaning.cleaned import Cleaned, Removed
from workers.stages.cleaning.memory import SiteMemory, block_hash
from workers.stages.cleaning.page import VERSION, clean, clean_lines

__all__ = ["VERSION", "Cleaned", "Removed", "SiteMemory", "block_hash", "clean", "clean_lines"]
