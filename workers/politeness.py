"""How long a host is left alone after a request. Pure: what is known of the host and the outcome go in, times come out.

The delay is counted from the end of a request. A published Crawl-delay replaces the setting; trouble may only
lengthen it: 429 and 503 double it, ten successes in a row bring it down by a tenth, and a host that cannot be reached
is left alone for longer each time.
"""

from dataclasses import dataclass
from typing import Any

from shared.reasons import DAY, PLANS, Failed

LONGEST_DELAY_S = 300.0
STRIKES_BEFORE_PAUSE = 3
FIRST_PAUSE_S = 600.0  # doubled by every further strike
LONGEST_PAUSE_S = 6 * 3600.0
SUCCESSES_BEFORE_FASTER = 10


@dataclass(frozen=True, slots=True)
class Pace:
    """The next request is allowed `wait_s` after the end of this one; the rest are columns of host."""

    wait_s: float
    delay_s: float | None  # null: the setting
    strikes: int
    successes: int
    reason: str | None

    @property
    def columns(self) -> dict[str, Any]:
        """What to store beside the clock."""
        return {
            "delay_s": self.delay_s,
            "strikes": self.strikes,
            "successes": self.successes,
            "reason": self.reason,
        }


def base_delay_s(host: Any, setting_s: float) -> float:
    """The delay that this host asks for, or else the setting."""
    return float(setting_s if host.crawl_delay_s is None else host.crawl_delay_s)


def pace_after(host: Any, failed: Failed | None, setting_s: float) -> Pace:
    """The pace after a request to `host` (a row of the host table) that ended with `failed`, or well (None)."""
    base_s = base_delay_s(host, setting_s)
    delay_s = max(base_s, host.delay_s or 0.0)
    if failed is None:
        return _after_success(host, base_s, delay_s)
    if failed.reason in ("http_429", "http_503"):
        delay_s = min(max(2 * delay_s, 1.0), LONGEST_DELAY_S)
    strikes = host.strikes + 1 if PLANS[failed.reason].strikes_host else host.strikes
    wait_s = max(delay_s, _pause_s(strikes, failed), min(failed.retry_after_s or 0.0, DAY))
    return Pace(wait_s, _or_setting(delay_s, base_s), strikes, 0, failed.reason)


def _after_success(host: Any, base_s: float, delay_s: float) -> Pace:
    successes = host.successes + 1
    if successes % SUCCESSES_BEFORE_FASTER == 0:
        delay_s = max(base_s, 0.9 * delay_s)
    return Pace(delay_s, _or_setting(delay_s, base_s), 0, successes, None)


def _pause_s(strikes: int, failed: Failed) -> float:
    if not PLANS[failed.reason].strikes_host or strikes < STRIKES_BEFORE_PAUSE:
        return 0.0
    doublings = min(strikes - STRIKES_BEFORE_PAUSE, 10)
    return float(min(FIRST_PAUSE_S * 2**doublings, LONGEST_PAUSE_S))


def _or_setting(delay_s: float, base_s: float) -> float | None:
    return delay_s if delay_s > base_s else None
