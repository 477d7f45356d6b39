"""Which member of a cluster is shown for all: a matter of display, apart from matching."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """What counts for being shown.

    is_source     it is the agency's own page, or another member names it with rel=canonical
    published_at  with time zone; None where unknown
    """

    article_id: int
    words: int
    published_at: datetime | None = None
    is_source: bool = False


def choose_canonical(members: Iterable[Member]) -> int:
    """Give the article to show: the source first, then the earliest, then the longest, then the smallest id."""
    return min(members, key=_rank).article_id


def _rank(member: Member) -> tuple[bool, datetime, int, int]:
    return not member.is_source, member.published_at or _NEVER, -member.words, member.article_id
