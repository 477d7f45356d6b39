"""What a storm works with: both databases."""

from tests.support.services import (
    configure,
    database,
    database_url,
    engine_name,
    migrated_sqlite,
    postgres,
    service_dir,
)

__all__ = ["configure", "database", "database_url", "engine_name", "migrated_sqlite", "postgres", "service_dir"]
