"""Flower as `celery -A workers.app flower` starts it: on loopback unless told otherwise, elsewhere with a password."""

import sys
from typing import Any

from shared.binding import LOOPBACK, check_binding
from shared.errors import UsageError

REMEDY = "set FLOWER_BASIC_AUTH=USER:PASSWORD"


def check_flower(**_: Any) -> None:
    """Ends a Flower that would let everybody in. Its options have been read when this is called, nothing is bound."""
    click = sys.modules.get("click")
    context = click.get_current_context(silent=True) if click else None
    if context is None or context.info_name != "flower":
        return
    from tornado.options import options

    try:
        protect(options)
    except UsageError as error:
        sys.exit(f"copydesk: {error}")


def protect(options: Any) -> None:
    """Let Flower listen on loopback where `options` name no address. Raises UsageError where a password is missing."""
    if options.unix_socket:
        return
    options.address = options.address or LOOPBACK
    users = options.basic_auth or []
    secured = bool(options.auth) or (bool(users) and all(user.partition(":")[2] for user in users))
    check_binding(options.address, "set" if secured else None, "Flower", REMEDY)
