"""Options that several commands have."""

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from shared.selecting import Term


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


def where_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """[CONDITION]... and --where: which articles."""
    command = click.option(
        "--where", multiple=True, metavar="CONDITIONS", help='Conditions in one word: "status=done host=example.org".'
    )(command)
    return click.argument("conditions", nargs=-1, metavar="[CONDITION]...")(command)


def read_terms(conditions: Sequence[str], where: Sequence[str]) -> list["Term"]:
    """The conditions that were given, a word each or several in one. Raises UsageError for a wrong one."""
    from shared.selecting import parse, parse_term

    return [*(parse_term(word) for word in conditions), *(term for text in where for term in parse(text))]


def conditions_help() -> str:
    """What a command's help says about conditions; the names of all fields."""
    from shared.selecting import known_fields

    return (
        "A CONDITION is FIELD=VALUE, also with != < <= > >=; all must hold; a,b means a or b. "
        f"Fields: {known_fields()}. docs/conditions.md says what each means."
    )
