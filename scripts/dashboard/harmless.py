"""A stranger's page with its structure and words only: nothing that runs, loads, or leads away.

The frame's sandbox and policy forbid all of that anyway; a page that tries it would fill the browser's console.
"""

from typing import Final

from lxml import etree

from workers.stages.cleaning import parse_page

GONE: Final = (
    "script", "style", "link", "meta", "base", "iframe", "frame", "frameset", "object", "embed", "applet", "noscript",
    "template", "svg", "math", "img", "picture", "source", "audio", "video", "track", "canvas", "portal", "input",
    "button", "select", "textarea",
)  # fmt: skip
KEPT_ATTRIBUTES: Final = {"lang", "dir", "colspan", "rowspan"}


def bare(text: str) -> str:
    """The HTML of a decoded page, bare."""
    tree = parse_page(text)
    if tree is None:
        return ""
    etree.strip_elements(tree, *GONE, with_tail=False)
    for element in tree.iter(etree.Element):
        for name in set(element.attrib) - KEPT_ATTRIBUTES:
            del element.attrib[name]
    return "<!doctype html>" + etree.tostring(tree, encoding="unicode", method="html")
