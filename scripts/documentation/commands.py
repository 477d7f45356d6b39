"""Every command with its arguments and options, as click knows them."""

from collections.abc import Iterator

import click

from scripts.main import COMMANDS, cli

HEAD = """# Commands

What `copydesk COMMAND --help` says; this page is made from the same source (`make docs`).

Every command takes `--data DIR`, `--database URL` and `--broker URL` where it needs them; settings that have no option
are variables of the environment ([settings.md](settings.md)). A person gets colours and progress bars, a pipe gets
plain text, `--json` gets JSON. What goes wrong is one line on standard error.

"""


def commands() -> str:
    """The page."""
    context = click.Context(cli, info_name="copydesk")
    parts = [part for name in COMMANDS for part in _command(cli.get_command(context, name), name, context)]
    return HEAD + "\n".join(parts)


def _command(command: click.Command | None, name: str, parent: click.Context) -> Iterator[str]:
    if command is None:
        raise LookupError(f"no command {name}")
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{'#' * (1 + context.command_path.count(' '))} {context.command_path}\n"
    yield f"```\n{usage}\n```\n"
    yield _text(command.help or "") + "\n"
    options = [record for option in command.get_params(context) if (record := option.get_help_record(context))]
    rows = [f"| `{_cell(names)}` | {_cell(text)} |" for names, text in options if text and "--help" not in names]
    if rows:
        yield "| option | |\n|---|---|\n" + "\n".join(rows) + "\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _command(command.get_command(context, inner), inner, context)


def _text(help_: str) -> str:
    """A docstring: what begins with a command is one, and stands as such."""
    paragraphs = [" ".join(line.strip() for line in part.splitlines()) for part in help_.strip().split("\n\n")]
    return "\n\n".join(f"    {part}" if part.startswith("copydesk ") else _escaped(part) for part in paragraphs)


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
