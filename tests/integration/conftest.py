"""What the integration tests work with: the real services, and the line in one process."""

from tests.support.line import line
from tests.support.services import (
    broker_url,
    configure,
    database,
    database_url,
    empty_database_url,
    engine_name,
    migrated_sqlite,
    postgres,
    redis_socket,
    service_dir,
)
from tests.support.site import site

__all__ = [
    "broker_url", "configure", "database", "database_url", "empty_database_url", "engine_name", "line",
    "migrated_sqlite", "postgres", "redis_socket", "service_dir", "site",
]  # fmt: skip
