"""Every setting with its default, and every field of a condition, as the code has them."""

from typing import Any

from shared.selecting import FIELDS
from shared.settings import Settings

HEAD = """# Settings

Every setting is a variable of the environment, read once when a process starts; a wrong one ends it with one line that
names the variable. This page is made from `shared/settings.py` (`make docs`). Times are in seconds unless the name says
otherwise.

| variable | default | |
|---|---|---|
"""
CONDITIONS = """# Conditions

`requeue`, `export`, `search` and the dashboard select articles by the same conditions. A condition is a field, an
operator and a value; all of them must hold:

    copydesk requeue status=quarantined reason=worker_lost host=example.org 'version.clean<7' since=2026-01-01

Values separated by commas are alternatives (`status=dropped,quarantined`); with `!=` none of them may hold. A value
with blanks or commas stands in quotes: `entity="Angela Merkel"`. In a search, `:` does for `=`: `host:example.org`.
Dates are UTC: `2026-11-25`, `2026-11-25T18:00`, or `36h`, `7d`, `2w` ago. This page is made from
`shared/selecting.py` (`make docs`).

| field | compared with | |
|---|---|---|
"""


def settings() -> str:
    """The page of settings."""
    rows = [
        f"| `COPYDESK_{name.upper()}` | {_default(field.default)} | {_cell(field.description or '')} |"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


def conditions() -> str:
    """The page of conditions."""
    rows = [
        f"| `{name}` | {' '.join(f'`{one}`' for one in field.operators)} | {_cell(field.meaning)} |"
        for name, field in FIELDS.items()
    ]
    return CONDITIONS + "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    return f"`{value}`" if str(value) else "empty"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
