"""When to stop following redirects: every hop is a request of its own, so the hops are counted by the caller."""

from collections.abc import Sequence
from typing import Final

from shared.reasons import Failed
from workers.stages.fetching.outcomes import Redirected

MAX_HOPS: Final = 5


def stop_following(hops: Sequence[str], redirected: Redirected) -> Failed | None:
    """A failure if the next hop leads in a circle or is one too many; None if it may be followed.

    `hops` are the addresses requested so far for this article, oldest first, including `redirected.url`.
    """
    if redirected.to in hops or redirected.to == redirected.url:
        return Failed("redirect_loop", f"{redirected.url} leads back to {redirected.to}"[:300])
    if len(hops) > MAX_HOPS:
        return Failed("too_many_redirects", f"more than {MAX_HOPS}, the last to {redirected.to}"[:300])
    return None
