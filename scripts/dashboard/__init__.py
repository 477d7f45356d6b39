"""The dashboard: pages for a person, an HTTP API for programs, metrics for Prometheus; all read from the database."""
