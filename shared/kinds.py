"""What a body is, judged by its first bytes; the server's word counts only where the bytes leave it open."""

import re
from typing import Final, Literal

Kind = Literal[
    "html", "feed", "json_feed", "sitemap", "sitemap_index", "opml", "xml", "json", "text", "gzip", "binary", "empty"
]

HEAD_BYTES: Final = 4096
MAGIC: Final[tuple[bytes, ...]] = (
    b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"PK\x05\x06", b"RIFF", b"BZh", b"\xfd7zXZ",
    b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd", b"OggS", b"ID3", b"\xff\xfb", b"fLaC", b"\x1aE\xdf\xa3", b"\x7fELF",
    b"MZ\x90", b"{\\rtf", b"%!PS", b"II*\0", b"MM\0*", b"wOFF", b"wOF2", b"\0\0\1\0", b"\0asm", b"SQLite format 3",
    b"\xd0\xcf\x11\xe0",
)  # fmt: skip
ROOTS: Final[dict[str, Kind]] = {
    "rss": "feed", "rdf": "feed", "feed": "feed", "channel": "feed", "urlset": "sitemap",
    "sitemapindex": "sitemap_index", "opml": "opml", "html": "html",
}  # fmt: skip
# Declarations, comments and processing instructions before the root element. No nested repetition: hostile input.
PROLOGUE: Final = re.compile(
    r"\s*(?:<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>)", re.DOTALL | re.IGNORECASE
)
ROOT: Final = re.compile(r"\s*<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
DOCTYPE_HTML: Final = re.compile(r"<!DOCTYPE\s+html", re.IGNORECASE)
HTML_TAG: Final = re.compile(
    r"<(?:html|head|body|title|meta|link|script|style|div|p|h[1-6]|a|article|section|main|header|table|span|br|ul|img|b|i)\b",
    re.IGNORECASE,
)
JSON_FEED: Final = re.compile(r'"version"\s*:\s*"https?:\\?/\\?/jsonfeed\.org')
UNSAID: Final = frozenset({"", "application/octet-stream", "application/xml", "text/xml", "unknown/unknown"})
CONTROLS: Final = bytes({*range(9), *range(14, 27), *range(28, 32)})  # ESC stands in Japanese text


def kind_of(body: bytes, content_type: str = "") -> Kind:
    """The kind of `body`; `content_type` decides only between HTML and plain text."""
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf"):
        return "empty"
    if body.startswith(b"\x1f\x8b"):
        return "gzip"
    if body.startswith(MAGIC) or body[4:8] == b"ftyp":
        return "binary"
    head = readable_head(body)
    if _controls(head) > len(head) // 10:
        return "binary"
    return _kind_of_text(head, content_type.partition(";")[0].strip().lower())


def _controls(text: str) -> int:
    data = text.encode("utf-8", "replace")
    return len(data) - len(data.translate(None, CONTROLS))


def readable_head(body: bytes, size: int = HEAD_BYTES) -> str:
    """The start of `body` as text, good enough to tell what it is: UTF-16 by its mark or its zeros, else ASCII."""
    head = body[:size]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) & ~1].decode("utf-16", "replace")
    if head[1:2] == b"\0" and head[3:4] == b"\0" and head[:1] != b"\0":
        return head.decode("utf-16-le", "replace")
    if head[:1] == b"\0" and head[2:3] == b"\0" and head[1:2] != b"\0":
        return head.decode("utf-16-be", "replace")
    return head.decode("utf-8", "replace").lstrip("\ufeff")


def _kind_of_text(head: str, media_type: str) -> Kind:
    first = head.lstrip()[:1]
    if first == "<":
        return _kind_of_markup(head, media_type)
    if first in {"{", "["} and "html" not in media_type:
        return "json_feed" if JSON_FEED.search(head) or media_type == "application/feed+json" else "json"
    if "html" in media_type or (media_type in UNSAID and HTML_TAG.search(head)):
        return "html"
    return "text"


def _kind_of_markup(head: str, media_type: str) -> Kind:
    """Kind of something that begins with a tag: what its root element says."""
    at = 0
    while match := PROLOGUE.match(head, at):
        if DOCTYPE_HTML.match(match[0].lstrip()):
            return "html"
        at = match.end()
    root = ROOT.match(head, at)
    known = ROOTS.get(root[1].lower()) if root else None
    if known:
        return known
    if HTML_TAG.search(head, at) or "html" in media_type:
        return "html"
    return "xml" if root or at else "text"
