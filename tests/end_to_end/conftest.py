"""What the end-to-end tests work with: the real command, a real web site, the real services."""

from tests.support.browser import browser, dashboard, newsroom
from tests.support.commands import desk
from tests.support.services import broker_url, postgres, redis_socket, service_dir
from tests.support.site import site

__all__ = [
    "broker_url", "browser", "dashboard", "desk", "newsroom", "postgres", "redis_socket", "service_dir", "site",
]  # fmt: skip
