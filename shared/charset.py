"""Bytes to text: UTF-8 first, then what was declared and holds, then a guess from the bytes.

Servers lie about Latin-1 more often than UTF-8 is valid by accident, so a body that is valid UTF-8 is UTF-8.
"""

import codecs
import re
from typing import Final

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

HEAD_BYTES: Final = 4096
BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
DECLARED: Final = re.compile(
    rb"""(?:charset|<\?xml[^>]{0,200}?encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE
)
HEADER: Final = re.compile(r"""charset\s*=\s*["']?\s*([^\s;"',]{1,40})""", re.IGNORECASE)
# Python's codecs are stricter than browsers where these names are concerned.
WIDER: Final = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-1": "cp1252",
                "ascii": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874", "iso8859-11": "cp874"}  # fmt: skip
BROKEN_SHARE: Final = 0.3  # of the non-ASCII bytes: beyond it, "UTF-8" was said of something else


def decode(body: bytes, content_type: str = "") -> str:
    """`body` as text without byte order mark and without NUL, which no database takes."""
    return _decode(body, content_type).lstrip("\ufeff").replace("\0", "")


def charset_in(content_type: str) -> str:
    """The charset parameter of a Content-Type header, or ''."""
    match = HEADER.search(content_type)
    return match[1].lower() if match else ""


def _decode(body: bytes, content_type: str) -> str:
    for bom, charset in BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(charset, "replace")
    declared = _declared(body, content_type)
    wide = _wide_charset(body)
    for charset in (
        *wide,
        *(name for name in declared if name == "iso2022_jp" and b"\x1b" in body),
        "utf-8",
        *declared,
    ):
        try:
            return body.decode(charset)
        except UnicodeError:
            continue
    if "utf-8" in declared or not declared:
        text = body.decode("utf-8", "replace")
        if _is_mostly_whole(text):
            return text
    return body.decode(_detected(body), "replace")


def _declared(body: bytes, content_type: str) -> list[str]:
    """Codec names from the header, then from the head of the document; unknown names are left out."""
    match = DECLARED.search(body[:HEAD_BYTES])
    labels = (charset_in(content_type), match[1].decode("ascii") if match else "")
    # Latin-1 is what servers say of pages they know nothing about, and it fits every page: the page's own word first
    return sorted((name for name in map(_codec, labels) if name), key=lambda name: name == "cp1252")


def _codec(label: str) -> str:
    """Python's name of the codec that browsers use for `label`, or '' if there is none."""
    if not label:
        return ""
    try:
        found = codecs.lookup(label)
        # codecs such as rot13 and base64 turn no bytes into text
        name = found.name if found._is_text_encoding else ""
    except (LookupError, ValueError):
        return ""
    return WIDER.get(name, name) if not name.startswith("utf-7") else ""


def _wide_charset(body: bytes) -> tuple[str, ...]:
    """UTF-16 without a mark, told by the zeros of ASCII characters: in every other place and nowhere else."""
    head = body[:HEAD_BYTES]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) // 6:  # a third of each pair: also text that is mostly not ASCII has markup
        return ()
    return ("utf-16-le",) if even * 10 < odd else ("utf-16-be",) if odd * 10 < even else ()


def _is_mostly_whole(text: str) -> bool:
    broken = text.count("\ufffd")
    non_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return broken < BROKEN_SHARE * max(1, non_ascii)


def _detected(body: bytes) -> str:
    """The detector's guess as a Python codec; Windows Latin-1 where it has none."""
    return _codec(map_encoding_to_html5(detect_encoding(body) or "") or "") or "cp1252"
