"""The HTTP API, by subject: the same queries as the commands and the pages."""

from scripts.dashboard.api import articles, changes, entities, health, metrics, replay, status, stories, submissions

ROUTERS = (
    status.router, submissions.router, articles.router, stories.router, entities.router, changes.router, replay.router,
    metrics.router, health.router,
)  # fmt: skip
