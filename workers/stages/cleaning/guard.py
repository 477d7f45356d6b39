"""A look at the bytes before any parser: refuses, in linear time, what makes parsers slow.

The limits refuse none of 1,429 real pages; without them a page of 20 MB or a tag of 100,000 attributes
holds a worker for most of a minute inside C, where nothing can interrupt it.
"""

import re
from typing import Final

MAX_BYTES: Final = 8_000_000
MAX_TAGS: Final = 120_000
MAX_TAG_BYTES: Final = 1_000_000  # an image inside an attribute may be long
LONG_TAG_BYTES: Final = 16_384
MAX_ATTRIBUTES: Final = 1_000

# Quotes matter only behind an equals sign, as for the parser: else a quote could hide the end of the tag.
# Every part is possessive, so that the expression never goes back. What begins like a tag and does not end is the
# second choice: it ends the search, as to look for the end of each of many such beginnings takes squared time.
TAG: Final = re.compile(
    rb"</?[a-zA-Z](?:[^\s/>]*+(?:[^=>]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)*+(>)|)",
)
ATTRIBUTE: Final = re.compile(rb"[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+")


def refuses(html: bytes) -> str | None:
    """Say why `html` is not to be parsed, or None."""
    if len(html) > MAX_BYTES:
        return f"{len(html)} bytes, at most {MAX_BYTES} are read"
    tags = html.count(b"<")
    if tags > MAX_TAGS:
        return f"{tags} tags, at most {MAX_TAGS} are read"
    return _monstrous_tag(html)


def _monstrous_tag(html: bytes) -> str | None:
    """Walk from tag to tag; what looks like a tag and never ends is one too."""
    for tag in TAG.finditer(html):
        if not tag[1]:
            return "a tag that never ends" if len(html) - tag.start() > LONG_TAG_BYTES else None
        size = tag.end() - tag.start()
        if size > MAX_TAG_BYTES:
            return f"a tag longer than {MAX_TAG_BYTES} bytes"
        if size > LONG_TAG_BYTES and _attributes(tag[0]) > MAX_ATTRIBUTES:
            return f"a tag of more than {MAX_ATTRIBUTES} attributes"
    return None


def _attributes(tag: bytes) -> int:
    return sum(1 for _ in ATTRIBUTE.finditer(tag))
