"""Saved pages: a file, a folder or a zip of them. A page knows its own address, or is named by its file."""

import gzip
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from resiliparse.parse.html import HTMLTree

from shared.charset import decode
from shared.kinds import kind_of
from shared.urls import BadUrl, fetch_url
from workers.stages.discovering.outcomes import Entry, Problem

MAX_PAGE_BYTES: Final = 20_000_000
MAX_HEAD_CHARACTERS: Final = 500_000
PAGE_NAME: Final = re.compile(r"\.(?:html?|xhtml)(?:\.gz)?$", re.IGNORECASE)
# What browsers and SingleFile write into the pages they save.
SAVED_FROM: Final = re.compile(r"saved from url=\(\d{4}\)(https?://[^\s>]{1,2048})|\burl:\s*(https?://[^\s>]{1,2048})")


def read_html_file(path: Path) -> Iterator[Entry | Problem]:
    """The page in one file."""
    try:
        with path.open("rb") as file:
            yield _page(_bounded(file), str(path), path.resolve().as_uri())
    except OSError as error:
        yield Problem(str(path), error.strerror or str(error))


def read_html_folder(path: Path) -> Iterator[Entry | Problem]:
    """The pages below a folder, in the order of their names; other files are passed over."""
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(filter(PAGE_NAME.search, names)):
            yield from read_html_file(Path(folder, name))


def read_html_zip(path: Path) -> Iterator[Entry | Problem]:
    """The pages in a zip file; other members are passed over."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if PAGE_NAME.search(member.filename):
                    yield _member(archive, member, path)
    except (OSError, zipfile.BadZipFile) as error:
        yield Problem(str(path), f"not a zip file that can be read: {error}")


def address_in(page: bytes) -> str | None:
    """The address that a page gives as its own: canonical link, og:url, or what the browser that saved it noted.

    The site's front page is no article's address, though some sites give it as canonical for all.
    """
    text = decode(page)[:MAX_HEAD_CHARACTERS]
    saved = SAVED_FROM.search(text[:4096])
    for candidate in (*_named(text), (saved[1] or saved[2]) if saved else ""):
        try:
            url = fetch_url(candidate)
        except BadUrl:
            continue
        if url.count("/") > 3 or not url.endswith("/"):
            return url
    return None


def _named(text: str) -> list[str]:
    document = HTMLTree.parse(text).document
    if document is None:
        return []
    links = document.query_selector_all("link[rel][href]")
    metas = document.query_selector_all("meta[property][content]")
    return [
        *(link.getattr("href") or "" for link in links if (link.getattr("rel") or "").lower() == "canonical"),
        *(meta.getattr("content") or "" for meta in metas if meta.getattr("property") == "og:url"),
    ]


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> Entry | Problem:
    where = f"{path}, {member.filename}"
    try:
        with archive.open(member) as file:
            body = _bounded(file)
    except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        return Problem(where, f"cannot be unpacked: {error}")
    return _page(body, where, f"{path.resolve().as_uri()}/{quote(member.filename)}")


def _bounded(file: IO[bytes]) -> bytes:
    return file.read(MAX_PAGE_BYTES + 1)


def _page(body: bytes, where: str, identity: str) -> Entry | Problem:
    """The entry of a page, if that is what the file holds."""
    try:
        body = _unpacked(body)
    except (OSError, EOFError, zlib.error) as error:
        return Problem(where, f"not a gzip file that can be read: {error}")
    if len(body) > MAX_PAGE_BYTES:
        return Problem(where, f"larger than {MAX_PAGE_BYTES} bytes")
    kind = kind_of(body, "text/html")
    if kind != "html":
        return Problem(where, "empty" if kind == "empty" else f"not an HTML page but {kind}")
    return Entry(address_in(body) or identity, html=body)


def _unpacked(body: bytes) -> bytes:
    """`body`, unpacked if it is a gzip file; at most a byte more than a page may have."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    with gzip.open(BytesIO(body)) as file:
        return file.read(MAX_PAGE_BYTES + 1)
