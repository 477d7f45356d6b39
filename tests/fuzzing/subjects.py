"""What is fuzzed: for each reader of hostile input the seeds, one reading of an input, and what it promises.

A reading returns normally or raises what its subject declares; everything else, a wrong value included, is a fault.
"""

import gzip
import re
import tempfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any, Final

import brotli
import zstandard

from shared import charset, kinds, pages, urls
from shared.errors import BadRow
from shared.texts import storable_json
from tests.fuzzing import seeds
from tests.fuzzing.mutations import CHARSETS, DATES, NUMBERS
from workers.pipeline import article_columns
from workers.stages import cleaning, deduplicating, discovering, extracting
from workers.stages.discovering import Discovered, Entry, Problem
from workers.stages.fetching import Robots
from workers.stages.fetching.decoding import Decoder, DecodingError
from workers.stages.fetching.reading import failure_of_status, kept_headers

URL: Final = "https://a.example/2026/story"
TYPES: Final = ("", "text/html", "text/html; charset=utf-8", "application/xml", "text/plain; charset=", "a" * 3000)
BODY_LIMIT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Subject:
    """A reader. `share` of all inputs are its own; an input may take `limit_s` of CPU."""

    name: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Random], object]
    share: float
    limit_s: float
    declared: tuple[type[Exception], ...] = ()


def check_text(text: str | None, longest: int = 1_000_000) -> None:
    """A text that every database takes."""
    if text is not None:
        assert isinstance(text, str)
        assert "\0" not in text, f"NUL in {text[:80]!r}"
        text.encode()
        assert len(text) <= longest, f"{len(text)} characters"


def check_url(url: str) -> None:
    assert url.startswith(("http://", "https://")), url
    assert len(url) <= urls.MAX_LENGTH
    assert url.isascii(), url
    assert url.isprintable(), url


def check_moment(moment: datetime | None) -> None:
    if moment is not None:
        assert 1900 <= moment.astimezone(UTC).year <= 2200, moment


def read_page(data: bytes, dice: Random) -> None:
    """The clean stage, up to what would be stored."""
    cleaned = cleaning.clean(data, dice.choice((URL, None)), content_type=dice.choice(TYPES))
    columns = article_columns(cleaned, {"published": dice.choice(DATES).decode()})
    check_columns(columns)
    if cleaned.verdict is None:
        deduplicating.fingerprint(cleaned.text)
        cleaning.unpack(cleaning.pack(cleaned.blocks))


NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it; two backslashes before are text


def check_columns(columns: Any) -> None:
    for name, value in columns.items():
        if isinstance(value, str):
            check_text(value, 5_000_000 if name in ("text", "markdown") else 5000)
        elif isinstance(value, datetime):
            check_moment(value)
        elif isinstance(value, list | dict):
            stored = storable_json(value)
            check_text(stored)
            assert not NUL.search(stored), stored


def read_lines(data: bytes, _: Random) -> None:
    """A text that came with a JSON line."""
    check_columns(article_columns(cleaning.clean_lines(data.decode("utf-8", "replace")), {}))


def read_structured(data: bytes, dice: Random) -> None:
    script = b'<script type="application/ld+json">' + data + b"</script>"
    body = b"<html><head><title>T</title>" + script * dice.choice((1, 1, 3)) + b"</head><body><p>" + seeds.texts()[0]
    read_page(body, dice)


def read_source(data: bytes, dice: Random) -> None:
    """A feed, sitemap, list of feeds or home page."""
    robots_sitemaps = ["https://a.example/s.xml", data[:200].decode("latin-1")]
    found = discovering.discover(data, dice.choice((URL, "file:///")), dice.choice(TYPES), robots_sitemaps)
    check_found(found)


def check_found(found: Discovered) -> None:
    for item in found.items:
        check_url(item.url)
        check_text(item.title, 500)
        check_moment(item.published_at)
        check_moment(item.updated_at)
    for address in (*found.sources, *found.guesses):
        check_url(address)
    check_text(found.title, 500)
    assert len(found.problems) <= 100
    assert all(len(problem) < 2000 for problem in found.problems)
    assert found.ttl_s is None or 0 <= found.ttl_s <= 86_400


def read_robots(data: bytes, dice: Random) -> None:
    rules = Robots(charset.decode(data, dice.choice(TYPES)))
    for address in (URL, "https://a.example/private/a.html", f"https://a.example/{'a' * 900}?{'b=' * 300}"):
        assert rules.allows(address, "copydesk") in (True, False)
    delay = rules.crawl_delay_s("copydesk")
    assert delay is None or 0.1 <= delay <= 30
    assert len(rules.sitemaps) <= 500


def check_entries(rows: Iterable[Entry | Problem]) -> None:
    for row in rows:
        if isinstance(row, Problem):
            assert len(row.what) < 1000, row.what
            continue
        assert row.url.startswith("file:") or check_url(row.url) is None
        check_text(row.url, 4096)
        for text in (row.text, row.title, row.published, row.label, row.content_type):
            check_text(text, 20_000_000)


def read_jsonl(data: bytes, _: Random) -> None:
    check_entries(discovering.read_jsonl(BytesIO(data), "a"))


def read_list(data: bytes, _: Random) -> None:
    check_entries(discovering.read_url_list(BytesIO(data), "a"))


def _as_file(suffix: str, read: Callable[[Path], Iterable[Entry | Problem]]) -> Callable[[bytes, Random], None]:
    def read_file(data: bytes, _: Random) -> None:
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(data)
            file.flush()
            check_entries(read(Path(file.name)))

    return read_file


def read_charset(data: bytes, dice: Random) -> None:
    label = dice.choice(CHARSETS).decode() if dice.random() < 0.5 else data[:30].decode("latin-1")
    text = charset.decode(data[:100_000], f"text/html; charset={label}")
    check_text(text)
    kinds.kind_of(data, label)
    discovering.recognise(data, label)


def read_url(data: bytes, _: Random) -> None:
    """Every reading of an address; a second reading changes nothing."""
    text = data.decode("utf-8", "surrogatepass" if data.isascii() else "replace")
    for base in ("https://a.example/b/c", "file:///"):
        for read in (urls.resolve_url, urls.linked_url):
            _address(lambda text, read=read, base=base: read(base, text), text)  # type: ignore[misc]
    for read in (urls.fetch_url, urls.canonical_url, urls.robots_url):
        address = _address(read, text)
        # what a session identifier was cut out of may read otherwise: `/..;jsessionid=1`
        if address and read is not urls.robots_url and b"jsessionid" not in data.lower():
            assert read(address) == address, f"{text!r} -> {address!r} -> {read(address)!r}"
    if _address(urls.canonical_url, text):
        assert urls.host_of(text)
        urls.looks_like_source(text)
        urls.main_version(text)


def _address(read: Callable[[str], str], text: str) -> str | None:
    try:
        address = read(text)
    except urls.BadUrl:
        return None
    check_url(address)
    return address


def read_headers(data: bytes, dice: Random) -> None:
    """The values of a response's headers, as the fetcher reads them."""
    lines = data.decode("utf-8", "surrogateescape").splitlines()[:50]
    headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    headers |= {name: dice.choice((*NUMBERS, *DATES)).decode() for name in dice.sample(("Retry-After", "ETag"), 1)}
    failed = failure_of_status(dice.randrange(100, 1000), headers)
    assert failed.retry_after_s is None or 0 <= failed.retry_after_s <= 86_400
    for value in kept_headers(headers).values():
        check_text(value, 500)


def read_encoding(data: bytes, dice: Random) -> None:
    """A body in content encodings, one or two, right or wrong."""
    names = ("gzip", "deflate", "br", "zstd", "identity", "x-gzip", "gzip, br", "zstd, gzip", "br,br,br", "compress")
    decoder = Decoder(dice.choice(names), BODY_LIMIT)
    for start in range(0, len(data), 5000):
        decoder.feed(data[start : start + 5000])
        assert len(decoder.so_far()) < BODY_LIMIT + 40_000_000
    assert len(decoder.body()) <= BODY_LIMIT


def read_stored(data: bytes, _: Random) -> None:
    assert len(pages.unpack(data)) <= pages.LARGEST_BODY


def read_names(data: bytes, dice: Random) -> None:
    text = charset.decode(data)[: 50_000 if dice.random() < 0.01 else 1500]
    for mention in extracting.extract(text):
        assert text[mention.start : mention.end] == mention.surface
        assert mention.start < mention.end
        for value in (mention.surface, mention.name, mention.key):
            check_text(value, 200)


def compare(data: bytes, dice: Random) -> None:
    """Two texts, one of them mutated, compared both ways."""
    other = dice.choice(seeds.texts()).decode()
    one, two = deduplicating.prepare(charset.decode(data)[:200_000]), deduplicating.prepare(other)
    deduplicating.fingerprint(charset.decode(data))
    there, back = deduplicating.compare(one, two), deduplicating.compare(two, one)
    assert there == back
    for share in (there.jaccard, there.containment, there.similarity):
        assert 0 <= share <= 1


def encodings() -> list[bytes]:
    page = seeds.pages()[0]
    bomb = b"\0" * 30_000_000
    whole = [gzip.compress(page), zlib.compress(page), brotli.compress(page), zstandard.compress(page), page]
    return [*whole, gzip.compress(bomb, 1), zstandard.compress(bomb), gzip.compress(gzip.compress(bomb, 1)),
            zlib.compress(page)[2:-4], brotli.compress(bomb, quality=1)]  # fmt: skip


SUBJECTS: Final = (
    Subject("pages", seeds.pages, read_page, 0.16, 10.0),
    Subject("JSON-LD", seeds.json_ld, read_structured, 0.10, 5.0),
    Subject("given texts", seeds.texts, read_lines, 0.05, 5.0),
    Subject("feeds", seeds.feeds, read_source, 0.11, 10.0),
    Subject("sitemaps", seeds.sitemaps, read_source, 0.09, 5.0),
    Subject("OPML", lambda: [seeds.OPML], read_source, 0.05, 5.0),
    Subject("robots", lambda: list(seeds.ROBOTS), read_robots, 0.06, 5.0),
    Subject("WARC", seeds.warcs, _as_file(".warc", discovering.read_warc), 0.07, 5.0),
    Subject("saved zips", seeds.zips, _as_file(".zip", discovering.read_html_zip), 0.03, 5.0),
    Subject("JSON lines", seeds.jsonl, read_jsonl, 0.05, 5.0),
    Subject("lists", seeds.lists, read_list, 0.04, 5.0),
    Subject("charsets", seeds.pages, read_charset, 0.05, 5.0),
    Subject("URLs", lambda: list(seeds.URLS), read_url, 0.05, 2.0),
    Subject("headers", lambda: list(seeds.HEADERS), read_headers, 0.03, 2.0),
    Subject("encodings", encodings, read_encoding, 0.03, 5.0, (DecodingError,)),
    Subject("stored pages", lambda: seeds.packed(pages.pack), read_stored, 0.01, 5.0, (BadRow,)),
    Subject("names", seeds.texts, read_names, 0.08, 20.0),
    Subject("copies", seeds.texts, compare, 0.04, 5.0),
)
