"""`copydesk demo`: the sample newsroom, served on loopback and ingested over HTTP like any other."""

import os

import click

from scripts.options import json_option, store_options
from scripts.progress import watcher

DELAY_S = "0.2"  # between two requests to one of the sample sites: they are ours


@click.command("demo")
@store_options
@json_option
def command(as_json: bool) -> int:
    """Serve the sample newsroom on loopback addresses and ingest it, with real workers, to see what comes out.

    Where workers of --broker live, they do it: they must be allowed to fetch from these addresses, as the compose file
    allows it.
    """
    from scripts.newsroom.gold import gold
    from scripts.newsroom.server import serving
    from scripts.run import ingest

    with serving() as newsroom:
        os.environ.setdefault("COPYDESK_FETCH_DELAY_S", DELAY_S)
        os.environ["COPYDESK_FETCH_ALLOW_NETWORKS"] = ",".join(newsroom.networks)  # loopback, these addresses alone
        from scripts.cluster import works  # reads the settings, and so not before

        if not as_json:
            pages, sites = len(gold(newsroom.edition)), len(newsroom.origins)
            print(f"The sample newsroom: {sites} sites, {pages} pages, served on loopback while this runs.")
        return ingest(newsroom.sources(), "demo", watcher(as_json), as_json, by_cluster=works())
