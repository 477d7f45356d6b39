"""Leases are short, so that what a dead worker held comes back soon; a worker that lives renews its own in time."""

import time
from collections.abc import Callable

from sqlalchemy import Table

from shared import claims
from shared.claims import Claim
from shared.database import transaction
from shared.errors import DatabaseDown
from shared.settings import settings


def keeper(table: Table, claimed: Claim) -> Callable[[], None]:
    """A function to be called often while `claimed` is worked on: it renews the leases when a third of them is over."""
    renewed_at = time.monotonic()

    def keep() -> None:
        nonlocal renewed_at
        if time.monotonic() - renewed_at < settings().lease_s / 3:
            return
        renewed_at = time.monotonic()
        try:
            with transaction() as connection:
                claims.renew(connection, table, claimed, settings().lease_s)
        except DatabaseDown:
            return  # nor can anybody take them away now; storing will wait

    return keep
