"""What stands before the root element of an XML document: for us nothing, and a way to attack for others."""

import re
from typing import Final

# Comments too: one that holds a tag would make what comes before a DTD look like the document.
SKIPPED: Final = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
DOCTYPE: Final = re.compile(r"<!DOCTYPE", re.IGNORECASE)
ELEMENT: Final = re.compile(r"<[A-Za-z_]")


def without_prologue(text: str) -> str:
    """`text` from its first element on, so without encoding, DTD and entities; what is no prologue stays."""
    at = 0
    while skipped := SKIPPED.match(text, at):
        at = skipped.end()
    if doctype := DOCTYPE.match(text, at):
        root = ELEMENT.search(text, doctype.end())
        at = root.start() if root else len(text)
    return text[at:]
