"""Content encodings undone piece by piece, with a cap on what comes out and an eye on bodies that end early."""

import zlib
from typing import Final, Protocol

import brotli
import zstandard

from shared.kinds import kind_of

MAX_LAYERS: Final = 2
PLAIN: Final = frozenset({"", "identity", "none"})
STEP: Final = 65_536


class DecodingError(Exception):
    """A body that cannot be had whole: BadEncoding, TooBig or Truncated."""


class BadEncoding(DecodingError):
    """The body is not what its Content-Encoding says; the message says how."""


class TooBig(DecodingError):
    """More came out than the cap allows."""


class Truncated(DecodingError):
    """The body ended before its encoding did."""


class Layer(Protocol):
    """One content encoding: `feed` decodes a piece, to little more than `room` bytes; `ended` says if all is in."""

    def feed(self, data: bytes, room: int) -> bytes: ...
    def ended(self) -> bool: ...


class Decoder:
    """Undoes the layers of a Content-Encoding header; with none it only counts."""

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        coded = [name for name in names if name not in PLAIN]
        if len(coded) > MAX_LAYERS:
            raise BadEncoding(f"{len(coded)} layers of content encoding")
        self._layers = [_layer(name) for name in reversed(coded)]
        self._room = self._max_bytes = max_bytes
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body as it came; TooBig or BadEncoding end it."""
        for layer in self._layers:
            data = layer.feed(data, self._room)
        self._room -= len(data)
        self._pieces.append(data)
        if self._room < 0:
            raise TooBig(f"more than {self._max_bytes} bytes")

    def body(self) -> bytes:
        """All of the body once the last piece is in; Truncated if an encoding did not end."""
        body = self.so_far()
        if all(layer.ended() for layer in self._layers):
            return body
        if kind_of(body) in {"binary", "empty"}:  # brotli has no magic: rubbish decodes to rubbish that never ends
            raise BadEncoding("the body is not in the encoding that its header names")
        raise Truncated("the body ends before its content encoding does")

    def so_far(self) -> bytes:
        """What has been decoded up to now."""
        return b"".join(self._pieces)


def gunzip(data: bytes, max_bytes: int) -> bytes:
    """A whole gzip file that came undeclared."""
    decoder = Decoder("gzip", max_bytes)
    decoder.feed(data)
    return decoder.body()


def _layer(name: str) -> Layer:
    match name:
        case "gzip" | "x-gzip":
            return _Zlib(31)
        case "deflate":
            return _Zlib(0)
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
    raise BadEncoding(f"unknown content encoding {name[:40]!r}")


class _Zlib:
    """gzip (31: any number of members) or deflate (0: zlib, or raw, which some servers mean)."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._unpack: zlib._Decompress | None = None
        self._members = 0
        self._done = True

    def feed(self, data: bytes, room: int) -> bytes:
        out: list[bytes] = []
        while data and room >= 0:
            self._unpack = unpack = self._unpack or self._start(data)
            try:
                out.append(unpack.decompress(data, room + 1))
            except zlib.error as error:
                if not self._members:
                    raise BadEncoding(str(error)) from None
                self._done = True  # rubbish after a whole member: browsers ignore it too
                break
            room -= len(out[-1])
            data = self._rest(unpack)
        return b"".join(out)

    def _start(self, head: bytes) -> "zlib._Decompress":
        is_zlib = head[0] & 15 == 8 and int.from_bytes(head[:2]) % 31 == 0
        return zlib.decompressobj(self._window or (15 if is_zlib else -15))

    def _rest(self, unpack: "zlib._Decompress") -> bytes:
        """What is left to feed: nothing, what room forbade, or the next gzip member."""
        self._done = unpack.eof
        if not unpack.eof:
            return unpack.unconsumed_tail
        self._members += 1
        rest = unpack.unused_data.lstrip(b"\0") if self._window == 31 else b""
        self._unpack = None if self._window == 31 else unpack
        return rest

    def ended(self) -> bool:
        return self._done


class _Brotli:
    def __init__(self) -> None:
        self._unpack = brotli.Decompressor()
        self._began = False

    def feed(self, data: bytes, room: int) -> bytes:
        self._began = self._began or bool(data)
        out: list[bytes] = []
        try:
            while data or not self._unpack.can_accept_more_data():
                out.append(self._unpack.process(data, output_buffer_limit=STEP))
                room -= len(out[-1])
                data = b""
                if room < 0 or self._unpack.is_finished():
                    break
        except brotli.error as error:
            raise BadEncoding(str(error) or "not brotli") from None
        return b"".join(out)

    def ended(self) -> bool:
        return bool(self._unpack.is_finished()) or not self._began


class _Zstd:
    """Frames of at most 8 MB window, as RFC 9659 allows on the web."""

    def __init__(self) -> None:
        self._unpack = zstandard.ZstdDecompressor(max_window_size=2**23).decompressobj(write_size=STEP)
        self._began = self._done = False

    def feed(self, data: bytes, room: int) -> bytes:
        self._began = self._began or bool(data)
        if self._done:
            return b""
        out: list[bytes] = []
        try:
            for start in range(0, len(data), 1024):  # small steps: 1 KB cannot unpack to much more than 30 MB
                out.append(self._unpack.decompress(data[start : start + 1024]))
                room -= len(out[-1])
                self._done = bool(self._unpack.eof)
                if room < 0 or self._done:
                    break
        except zstandard.ZstdError as error:
            raise BadEncoding(str(error)) from None
        return b"".join(out)

    def ended(self) -> bool:
        return self._done or not self._began
