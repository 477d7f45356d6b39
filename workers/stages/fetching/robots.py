"""robots.txt: what it allows, and what its absence means (RFC 9309)."""

import re
from collections.abc import Sequence
from typing import Final

from protego import Protego

from shared.charset import decode
from shared.reasons import Failed
from workers.stages.fetching.outcomes import NotModified, Response

MIN_DELAY_S: Final = 0.1
MAX_DELAY_S: Final = 30.0
MAX_CHARACTERS: Final = 512_000
MAX_LINE: Final = 16_663  # what Google keeps of one
MAX_SITEMAPS: Final = 500
AGENT: Final = re.compile(r"\s*user-?agent\s*:\s*([A-Za-z_-]+)[^A-Za-z_*#-].*", re.IGNORECASE)
UNKNOWN: Final = re.compile(r"(?!\s*(?:user|allow|d\w*all|site|crawl|request|visit))\s*[A-Za-z-]+\s*:", re.IGNORECASE)
# The host itself cannot be reached: the article gets this reason too, since its own request would end the same way.
HOST_UNREACHABLE: Final = frozenset({"dns", "refused", "connect_timeout", "tls", "blocked_address"})
# "Unavailable" in the RFC's terms: the server has no rules for us. 408 and 429 are no such answer.
NO_RULES: Final = frozenset(
    {"http_401", "http_402", "http_403", "http_404", "http_410", "http_451", "http_4xx",
     "redirect_loop", "too_many_redirects", "bad_redirect", "empty", "wrong_type"}
)  # fmt: skip


class Robots:
    """The rules of one host. The empty text allows everything."""

    def __init__(self, text: str) -> None:
        lines = text[:MAX_CHARACTERS].lstrip("\ufeff").splitlines()
        self._rules = Protego.parse("\n".join(_normal(line[:MAX_LINE]) for line in lines))

    def allows(self, url: str, agent: str) -> bool:
        """True if `agent`, a product token such as `copydesk`, may fetch `url`."""
        return bool(self._rules.can_fetch(url, agent))

    def crawl_delay_s(self, agent: str) -> float | None:
        """The published delay between two requests, from 0.1 to 30 seconds; None if none is published."""
        delay = self._rules.crawl_delay(agent)
        return None if delay is None else min(max(float(delay), MIN_DELAY_S), MAX_DELAY_S)

    @property
    def sitemaps(self) -> Sequence[str]:
        """The addresses after `Sitemap:`, each once, in order."""
        return list(dict.fromkeys(self._rules.sitemaps))[:MAX_SITEMAPS]


def _normal(line: str) -> str:
    """A line as protego takes it in the RFC's sense: an agent is one word, and unknown lines end no group."""
    if agent := AGENT.match(line):
        return f"User-agent: {agent[1]}"
    return "" if UNKNOWN.match(line) else line


def rules_for(outcome: Response | NotModified | Failed, *, hops: int = 0) -> str | Failed:
    """The text of the rules that follow from a fetch of robots.txt, or why there are none to follow yet.

    '' allows everything. `hops` counts the redirects before it: a host that cannot be reached after a redirect is not
    the article's own. NotModified raises: its text is the one already held.
    """
    match outcome:
        case Response():
            return decode(outcome.body, outcome.content_type)
        case Failed() if outcome.reason in NO_RULES:
            return ""
        case Failed() if outcome.reason in HOST_UNREACHABLE and not hops:
            return outcome
        case Failed():
            detail = f"robots.txt: {outcome.reason} {outcome.detail}".strip()
            return Failed("robots_unreachable", detail, outcome.retry_after_s)
    raise ValueError("a robots.txt that was not modified: use the text that is held")
