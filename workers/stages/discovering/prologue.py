"""What stands before the root element of an XML document: for us nothing, and a way to attack for others."""

import re
from typing import Final

DECLARATION: Final = re.compile(r"\s*<\?xml[^<>]*\?>")
DOCTYPE: Final = re.compile(r"<!DOCTYPE", re.IGNORECASE)
ELEMENT: Final = re.compile(r"<[A-Za-z_]")


def without_prologue(text: str) -> str:
    """`text` from its first element on, so without encoding, DTD and entities; comments before it may stay."""
    declaration = DECLARATION.match(text)
    text = text[declaration.end() if declaration else 0 :].lstrip()
    doctype = DOCTYPE.search(text)
    root = ELEMENT.search(text, doctype.end()) if doctype else None
    if not doctype or ELEMENT.search(text, 0, doctype.start()):
        return text
    return text[: doctype.start()] + text[root.start() if root else len(text) :]
