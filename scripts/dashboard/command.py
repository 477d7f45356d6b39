"""`copydesk dashboard`: the pages, the HTTP API and the metrics, served until Ctrl-C."""

import contextlib
import socket

import click

from scripts.options import store_options

PORT = 8642


@click.command("dashboard")
@click.option("--host", default="127.0.0.1", help="Address to listen on. [127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, help=f"0: any that is free. [{PORT}]")
@store_options
def command(host: str, port: int) -> int:
    """Show in a browser where the articles are, and what became of them; with an HTTP API and /metrics beside it.

    It listens on loopback. Elsewhere it needs COPYDESK_DASHBOARD_PASSWORD; programs that write need COPYDESK_API_TOKEN.
    """
    import uvicorn

    from scripts.dashboard.app import make_app
    from scripts.dashboard.guarding import Keys
    from shared.binding import check_binding
    from shared.settings import settings

    password = settings().dashboard_password
    check_binding(host, password, "the dashboard", "set COPYDESK_DASHBOARD_PASSWORD")
    _check_tables()
    with _listening(host, port) as listener:
        print(f"Copydesk's dashboard: {_address(host, listener.getsockname()[1])} (Ctrl-C ends it)", flush=True)
        config = uvicorn.Config(
            make_app(Keys(host, password, settings().api_token)),
            access_log=False, log_config=None, server_header=False, lifespan="off",
        )  # fmt: skip
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def _check_tables() -> None:
    """Raise where there is no database, or one of another version, before anybody loads a page."""
    from sqlalchemy import select

    from shared.database import reading
    from shared.errors import UsageError
    from shared.models import article
    from shared.schema import is_current

    with reading() as connection:
        connection.execute(select(article.c.id).limit(1))
    if not is_current():
        raise UsageError("the database's tables are those of another version: copydesk migrate brings them up to date")


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises UsageError in one line where it cannot."""
    from shared.errors import UsageError

    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except socket.gaierror:
        raise UsageError(f"--host {host}: no such address") from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot listen on {host} port {port}: {why} (--port 0 takes any that is free)") from None


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host or '127.0.0.1'}:{port}/"
