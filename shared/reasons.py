"""The closed vocabulary of why an article was dropped, quarantined or is tried again.

One word for one cause: the same in the database, in logs, in metrics and on every page. `PLANS` says for each
reason how often and when a stage tries again, and what becomes of the article when the attempts are used up.
"""

from dataclasses import dataclass
from typing import Final, Literal

SOON: Final = 1.0
MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens after a failure: wait `delays_s[n]` seconds after attempt n + 1, then give up as `final`."""

    meaning: str
    delays_s: tuple[float, ...] = ()
    final: Literal["dropped", "quarantined"] = "dropped"
    strikes_host: bool = False  # counts against the host: its pause grows


@dataclass(frozen=True, slots=True)
class Failed:
    """The outcome of a stage that did not succeed, as a value.

    `reason` is a key of PLANS; `detail` is for people (never parsed); `retry_after_s` is what a server asked for.
    """

    reason: str
    detail: str = ""
    retry_after_s: float | None = None

    def __post_init__(self) -> None:
        if self.reason not in PLANS:
            raise ValueError(f"{self.reason!r} is not a reason of shared.reasons.PLANS")


PLANS: Final[dict[str, Plan]] = {
    # the way to the host
    "dns": Plan("the host name does not resolve", (HOUR, 6 * HOUR, 17 * HOUR), strikes_host=True),
    "refused": Plan("the host refused the connection", (10 * MINUTE, HOUR, 6 * HOUR), strikes_host=True),
    "connect_timeout": Plan("the host did not accept in time", (10 * MINUTE, HOUR, 6 * HOUR), strikes_host=True),
    "disconnected": Plan("the host closed the connection early", (10 * MINUTE, HOUR, 6 * HOUR), strikes_host=True),
    "tls": Plan("the TLS handshake or certificate failed", (DAY,), strikes_host=True),
    # the response
    "read_timeout": Plan("the host stopped sending", (10 * MINUTE, HOUR), strikes_host=True),
    "deadline": Plan("the whole request took too long", (10 * MINUTE, HOUR), strikes_host=True),
    "too_big": Plan("larger than the size limit"),
    "truncated": Plan("the body ended early", (10 * MINUTE, HOUR)),
    "bad_encoding": Plan("the content encoding is broken", (HOUR,)),
    "bad_http": Plan("the response is not HTTP", (HOUR,)),
    "wrong_type": Plan("neither HTML nor a feed nor a sitemap"),
    "empty": Plan("the response has no body", (HOUR,)),
    # the address
    "bad_url": Plan("not an address that can be fetched"),
    "bad_redirect": Plan("redirects to an address that cannot be fetched"),
    "blocked_address": Plan("leads to an address that is not public"),
    "redirect_loop": Plan("redirects in a circle"),
    "too_many_redirects": Plan("redirects more than five times"),
    "robots_denied": Plan("robots.txt forbids it"),
    "robots_unreachable": Plan("robots.txt cannot be read", (HOUR, 6 * HOUR, DAY)),
    # what the server says
    "http_429": Plan("too many requests", (10 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY)),
    "http_503": Plan("service unavailable", (10 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY)),
    "http_5xx": Plan("the server failed", (10 * MINUTE, HOUR, 6 * HOUR)),
    "http_408": Plan("the server timed out", (10 * MINUTE, HOUR, 6 * HOUR)),
    "http_401": Plan("a login is needed", (DAY,)),
    "http_402": Plan("payment is needed", (DAY,)),
    "http_403": Plan("forbidden by the server", (DAY,), strikes_host=True),
    "http_451": Plan("unavailable for legal reasons", (DAY,)),
    "http_404": Plan("not found", (6 * HOUR,)),
    "http_410": Plan("gone"),
    "http_4xx": Plan("the server refused the request"),
    # judged after cleaning
    "no_text": Plan("no text was found on the page"),
    "not_article": Plan("a section, search or gallery page, not an article"),
    "soft_404": Plan("says 'not found' with status 200"),
    "wall": Plan("a login, cookie or pay wall instead of an article"),
    "js_only": Plan("an empty shell that only a script fills"),
    "is_source": Plan("a feed or sitemap: read as a source instead"),
    "no_source": Plan("a page on which no feed or sitemap was found"),
    # what a person has said
    "deleted": Plan("deleted by a person: only the address is left, so that it is not added again"),
    # our own trouble
    "worker_lost": Plan("the process that worked on it died, again and again", (SOON,), final="quarantined"),
    "time_limit": Plan("took longer than the time limit, twice", (SOON,), final="quarantined"),
    "memory_limit": Plan("needed more memory than the limit, twice", (SOON,), final="quarantined"),
    "stage_error": Plan("an unexpected error in a stage", (MINUTE, 10 * MINUTE), final="quarantined"),
    "bad_page": Plan("the stored page cannot be read", final="quarantined"),
    "bad_row": Plan("the stored row is not one that this version knows", final="quarantined"),
}


def retry_delay_s(failed: Failed, attempt: int) -> float | None:
    """Seconds to wait after attempt number `attempt` (from 1) ended so; None when the attempts are used up.

    A server's Retry-After can lengthen the delay, up to a day, never shorten it.
    """
    delays = PLANS[failed.reason].delays_s
    if attempt > len(delays):
        return None
    return max(delays[attempt - 1], min(failed.retry_after_s or 0.0, DAY))
