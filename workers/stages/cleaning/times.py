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
WRITTEN: Final = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\b(?:\D{1,12}(\d{1,2})[:.](\d{2})\b)?")
DAY, CLOCK, ZONE = 1, 2, 3
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


def precision(value: object) -> int:
    """DAY, CLOCK or ZONE: how much of a point in time `value` gives."""
    text = str(value or "")
    if re.search(r"\d{1,2}:\d{2}.*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$|^\d{10}", text.strip()[:80]):
        return ZONE
    return CLOCK if re.search(r"\d{1,2}:\d{2}|T\d{4}", text[:120]) else DAY


def written(text: str) -> datetime | None:
    """A date as Europeans write it, `25.04.24 | 14:07`, for elements that are called a date."""
    match = WRITTEN.search(text[:120])
    if not match:
        return None
    day, month, year, hour, minute = (int(part) if part else 0 for part in match.groups())
    try:
        return datetime(year + 2000 if year < 100 else year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None


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
