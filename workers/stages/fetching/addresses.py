"""Which addresses may be connected to: public ones, and those that a person allowed by network.

The standard library's `is_global` calls multicast, NAT64 and 6to4 of loopback public, and its answers change from
version to version: the networks are listed here instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(word) for word in text.split())


# Never, whatever is allowed: cloud metadata, this host, multicast, broadcast.
DENIED: Final = _networks(
    "169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.0/24 168.63.129.16 fd00:ec2::254"
    " 0.0.0.0/8 ::/128 224.0.0.0/4 ff00::/8 255.255.255.255"
)
# IANA's special-purpose registry: private, loopback, link-local, carrier NAT, relays, documentation, benchmarks.
NOT_PUBLIC_V4: Final = _networks(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24"
    " 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24"
    " 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
)
PUBLIC_V6: Final = IPv6Network("2000::/3")  # the only global unicast there is
NOT_PUBLIC_V6: Final = _networks("2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20")  # Teredo, 6to4 ...


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Says of an address, after resolution and at connect, whether a request may go there."""

    allow_networks: tuple[Network, ...] = ()

    def allows(self, address: str) -> bool:
        """True if `address` (text, perhaps with a zone) is public or in an allowed network, and not denied."""
        try:
            parsed = _unwrapped(ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        if _within(parsed, DENIED):
            return False
        return _within(parsed, self.allow_networks) or _is_public(parsed)


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks from comma-separated CIDRs; ValueError names the one that is none."""
    return tuple(_parse_network(word) for word in map(str.strip, text.split(",")) if word)


def _parse_network(word: str) -> Network:
    if "/" not in word:
        raise ValueError(f"{word!r} is not a network: the length of its prefix is missing, such as /32")
    try:
        return ip_network(word, strict=True)
    except ValueError as error:
        raise ValueError(f"{word!r} is not a network: {error}") from None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped one. No other embedding: those are not public at all."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not _within(address, NOT_PUBLIC_V4)
    return address in PUBLIC_V6 and not _within(address, NOT_PUBLIC_V6)
