"""The pages, by subject. A route reads in one transaction, then renders."""

from scripts.dashboard.pages import (
    articles,
    entities,
    hosts,
    overview,
    quarantine,
    reading,
    sources,
    stories,
    submissions,
)

ROUTERS = (
    overview.router, articles.router, reading.router, stories.router, entities.router, sources.router, hosts.router,
    submissions.router, quarantine.router,
)  # fmt: skip
