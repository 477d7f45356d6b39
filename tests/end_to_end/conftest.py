"""What the end-to-end tests work with: the real command, a real web site, the real services."""

from tests.support.browser import browser, dashboard, newsroom
from tests.support.commands import desk
from tests.support.services import (
    broker_url,
    configure,
    database,
    database_url,
    engine_name,
    migrated_sqlite,
    postgres,
    redis_socket,
    service_dir,
)
from tests.support.site import site

__all__ = [
    "broker_url", "browser", "configure", "dashboard", "database", "database_url", "desk", "engine_name",
    "migrated_sqlite", "newsroom", "postgres", "redis_socket", "service_dir", "site",
]  # fmt: skip
