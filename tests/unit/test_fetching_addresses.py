"""Where requests may go."""

import pytest

from workers.stages.fetching import AddressPolicy, parse_networks

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"]
FORBIDDEN = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",  # noqa: S104
    "169.254.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16",
    "::", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::",
    "2001:0:7f00:1::", "2001:db8::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "3fff::1", "100::1", "5f00::1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address: str) -> None:
    assert AddressPolicy().allows(address)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_all_other_addresses_are_closed(address: str) -> None:
    assert not AddressPolicy().allows(address)


def test_an_allowed_network_opens_itself_and_nothing_else() -> None:
    policy = AddressPolicy(parse_networks("127.1.0.0/16, 10.0.0.0/24,fd12::/16"))
    assert all(map(policy.allows, ["127.1.0.1", "::ffff:127.1.2.3", "10.0.0.255", "fd12::1", "93.184.216.34"]))
    assert not any(map(policy.allows, ["127.0.0.1", "127.2.0.1", "10.0.1.0", "64:ff9b::7f01:1", "2002:7f01:1::"]))


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16",
     "0.0.0.0", "224.0.0.1", "255.255.255.255", "fd00:ec2::254", "::", "ff02::1"],  # noqa: S104
)  # fmt: skip
def test_metadata_and_multicast_stay_closed_whatever_is_allowed(address: str) -> None:
    assert not AddressPolicy(parse_networks("0.0.0.0/0,::/0")).allows(address)


def test_nothing_is_allowed_by_an_empty_setting() -> None:
    assert parse_networks("") == parse_networks(" , ") == ()


@pytest.mark.parametrize("word", ["10.0.0.1/8", "10.0.0.0/33", "localhost", "127.0.0.1", "10.0.0.0/8/8", "::1/129"])
def test_a_bad_network_is_named(word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_networks(f"127.1.0.0/16,{word}")
