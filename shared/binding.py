"""Where a server of ours may listen: on loopback at will, anywhere else only behind a secret."""

import socket
from ipaddress import IPv6Address, ip_address

from shared.errors import UsageError

LOOPBACK = "127.0.0.1"


def check_binding(address: str, secret: str | None, server: str, remedy: str) -> None:
    """Raise UsageError where `server` would listen on `address` for everybody, with no `secret` to keep them out.

    `remedy` says how a secret is given: "set COPYDESK_...".
    """
    if secret or is_loopback(address):
        return
    raise UsageError(
        f"{server} would answer everybody at {address or 'every address of this machine'}: "
        f"{remedy}, or let it listen on {LOOPBACK}"
    )


def is_loopback(address: str) -> bool:
    """Whether who listens on `address`, a name or a number, can be reached from this machine only."""
    try:
        found = {row[4][0] for row in socket.getaddrinfo(address or None, None, flags=socket.AI_PASSIVE)}
    except (OSError, UnicodeError):
        return False  # whoever binds to it will say what is wrong
    return all(_stays_here(str(one)) for one in found)


def _stays_here(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback
