"""Points in time as pages write them.

A zone that was given is kept: it says which day it was where the news was made.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Final

ISO: Final = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T\s]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
EPOCH: Final = re.compile(r"\d{10}(?:\d{3})?$")
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)


def moment(value: object) -> datetime | None:
    """Read a time; one without zone counts as UTC, one without hour as midnight. None where it is no time."""
    text = str(value or "").strip()[:80]
    try:
        found = _iso(text) or _epoch(text) or _mail(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return found if found and EARLIEST <= found < datetime(2100, 1, 1, tzinfo=UTC) else None


def has_clock(value: object) -> bool:
    """Whether a time of day was given."""
    return bool(re.search(r"\d{1,2}:\d{2}|T\d{4}|^\d{10}", str(value or "")))


def _iso(text: str) -> datetime | None:
    match = ISO.match(text)
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    found = datetime(int(year), int(month), int(day), int(hour or 0) % 24, int(minute or 0), int(second or 0))
    return found.replace(tzinfo=_zone(zone))


def _zone(zone: str | None) -> timezone:
    if not zone or zone[0] not in "+-":
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[0] == "-" else offset)


def _epoch(text: str) -> datetime | None:
    if not EPOCH.match(text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _mail(text: str) -> datetime | None:
    if "," not in text[:12]:
        return None
    found = parsedate_to_datetime(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
