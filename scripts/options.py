"""Options that several commands have."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--data, --database and --broker: given ones become this process's settings, and its children's."""

    @click.option("--data", metavar="DIR", help="Folder of the embedded database and broker. [./copydesk-data]")
    @click.option("--database", metavar="URL", help="SQLAlchemy URL. [SQLite in --data]")
    @click.option("--broker", metavar="URL", help="Redis URL. [a Redis that `run` starts]")
    @wraps(command)
    def with_options(data: str | None, database: str | None, broker: str | None, **options: Any) -> Any:
        given = {"DATA_DIR": data, "DATABASE_URL": database, "BROKER_URL": broker}
        os.environ |= {f"COPYDESK_{name}": value for name, value in given.items() if value}
        _hush()
        return command(**options)

    return with_options


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--json: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def _hush() -> None:
    """A command says what matters in its own words; log lines are for workers."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
