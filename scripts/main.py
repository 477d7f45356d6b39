"""The command `copydesk`: finds the command's module when it is called, so that --help is quick."""

import importlib
import sys

import click

# name: (module, what `copydesk --help` says)
COMMANDS = {
    "run": ("scripts.run", "Ingest sources here and now; starts what is missing, ends with a summary."),
    "demo": ("scripts.demo", "Serve the sample newsroom on loopback and ingest it."),
    "submit": ("scripts.submit", "Hand sources to a running cluster."),
    "sources": ("scripts.sources", "Feeds, sitemaps and sites: list, pause, resume, remove."),
    "monitor": ("scripts.monitor", "Where the articles are, and whether the books balance."),
    "dashboard": ("scripts.dashboard.command", "The same and more in a browser, an HTTP API, and /metrics."),
    "show": ("scripts.show", "One article: its life, text, revisions, entities, copies, story."),
    "delete": ("scripts.delete", "Delete an article: what it said goes, its address stays known."),
    "sites": ("scripts.sites", "What a site puts into every article, and is removed."),
    "entities": ("scripts.entities", "People, organisations, places: top, show, merge, split."),
    "search": ("scripts.search", "Find articles by words and conditions."),
    "requeue": ("scripts.requeue", "Run articles again, by condition, from any stage."),
    "export": ("scripts.export", "Write articles as JSON lines."),
    "backup": ("scripts.backup", "Copy the embedded database while others work in it."),
    "migrate": ("scripts.migrate", "Bring a cluster's database schema up to date."),
}


class Commands(click.Group):
    """Imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="copydesk")
def cli() -> None:
    """Sources of news in, clean and de-duplicated articles with their people, organisations and places out.

    SOURCE is an article URL, a feed, a sitemap, a site, a saved page or a folder of them, JSON lines, a text file of
    URLs, or - for standard input.
    """


def main() -> None:
    """Run a command; what goes wrong for a person is one line, never a traceback."""
    from shared.errors import CopydeskError, UsageError
    from shared.texts import shown

    try:
        status = cli(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("copydesk: stopped; what was stored stays, running it again continues", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # `copydesk export | head`
        sys.stderr.close()
        sys.exit(0)
    except CopydeskError as error:
        print(f"copydesk: {shown(error)}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError) else 1)


if __name__ == "__main__":
    main()
