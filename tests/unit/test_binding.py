"""Where servers of ours may listen."""

from types import SimpleNamespace

import pytest

from shared.binding import check_binding, is_loopback
from shared.errors import UsageError
from workers.flower import protect

EVERYWHERE = "0.0.0.0"  # noqa: S104  (nothing is bound)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1"])
def test_loopback_needs_no_secret(address):
    check_binding(address, None, "the dashboard", "set a token")


@pytest.mark.parametrize("address", [EVERYWHERE, "::", "", "10.0.0.7", "::ffff:10.0.0.7", "169.254.169.254", "no host"])
def test_every_other_address_needs_one(address):
    with pytest.raises(UsageError, match=r"the dashboard would answer everybody at .*: set a token, or"):
        check_binding(address, "", "the dashboard", "set a token")
    check_binding(address, "a secret", "the dashboard", "set a token")


def test_a_name_that_leads_nowhere_is_not_loopback():
    assert not is_loopback("there-is-no-such-host.invalid")


def flower(**given):
    return SimpleNamespace(**({"address": "", "unix_socket": "", "auth": "", "basic_auth": None} | given))


def test_flower_listens_on_loopback_unless_told_otherwise():
    options = flower()
    protect(options)
    assert options.address == "127.0.0.1"


@pytest.mark.parametrize("users", [None, [], [""], ["copydesk:"], ["copydesk"], ["a:b", "c:"]])
def test_flower_for_everybody_needs_a_password_for_every_user(users):
    with pytest.raises(UsageError, match="FLOWER_BASIC_AUTH"):
        protect(flower(address=EVERYWHERE, basic_auth=users))


def test_flower_behind_a_password_a_login_or_a_socket_file_may_listen_where_it_is_told():
    for given in ({"basic_auth": ["copydesk:secret"]}, {"auth": r".*@paper\.example"}, {"unix_socket": "/run/flower"}):
        protect(flower(address=EVERYWHERE, **given))
