"""Fetching: one request in, one outcome out, whatever the server is.

`Fetcher` makes the requests, `AddressPolicy` says where they may go, `Robots` and `rules_for` what a site allows,
`stop_following` when redirects go too far. Delays, retries and storage are not decided here.
"""

from workers.stages.fetching.addresses import AddressPolicy, parse_networks
from workers.stages.fetching.fetcher import Fetcher, Outcome
from workers.stages.fetching.outcomes import FetchLimits, NotModified, Redirected, Request, Response
from workers.stages.fetching.redirects import MAX_HOPS, stop_following
from workers.stages.fetching.robots import Robots, rules_for

VERSION = 1

__all__ = [
    "MAX_HOPS",
    "VERSION",
    "AddressPolicy",
    "FetchLimits",
    "Fetcher",
    "NotModified",
    "Outcome",
    "Redirected",
    "Request",
    "Response",
    "Robots",
    "parse_networks",
    "rules_for",
    "stop_following",
]
