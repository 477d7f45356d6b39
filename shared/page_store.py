"""Page bodies outside the database: any folder that fsspec can reach, so that PostgreSQL need not keep terabytes."""

import contextlib
from functools import lru_cache
from typing import Any

from shared.errors import BadRow, UsageError
from shared.settings import settings


@lru_cache(maxsize=4)
def _folder(url: str) -> tuple[Any, str]:
    """The file system of `url` and the path in it. Raises UsageError where the URL's kind is not installed."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise UsageError(
            f"COPYDESK_PAGES_URL {url}: {error} (file:///folder, or s3://bucket with the extra s3)"
        ) from None
    return system, path.rstrip("/")


def write(name: str, body: bytes) -> str:
    """Write a body; returns the name by which `read` finds it."""
    system, path = _folder(settings().pages_url)
    full = f"{path}/{name}"
    system.makedirs(full.rpartition("/")[0], exist_ok=True)
    system.pipe_file(full, body)
    return name


def remove(name: str) -> None:
    """Remove a body written before, if it is still there."""
    if settings().pages_url:
        system, path = _folder(settings().pages_url)
        with contextlib.suppress(FileNotFoundError):
            system.rm_file(f"{path}/{name}")


def read(name: str) -> bytes:
    """A body written before. Raises BadRow where it is gone."""
    if not settings().pages_url:
        raise BadRow(f"the page lies in a store, as {name}, but COPYDESK_PAGES_URL is not set")
    system, path = _folder(settings().pages_url)
    try:
        return bytes(system.cat_file(f"{path}/{name}"))
    except OSError as error:
        raise BadRow(f"the stored page {name} cannot be read: {error}") from None
