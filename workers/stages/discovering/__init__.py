"""Discovering: which articles a feed, sitemap, site or file names.

`discover` reads a body that was fetched; the readers of files take what a person gave and yield an `Entry` or a
`Problem` for each line, record or page, in constant memory.
"""

from workers.stages.discovering.archives import read_warc
from workers.stages.discovering.lists import read_jsonl, read_url_list
from workers.stages.discovering.outcomes import Discovered, Entry, Item, Problem, parse_iso
from workers.stages.discovering.saved import address_in, read_html_file, read_html_folder, read_html_zip
from workers.stages.discovering.sitemaps import MAX_DEPTH, same_site
from workers.stages.discovering.sources import discover, recognise

VERSION = 1

__all__ = [
    "MAX_DEPTH",
    "VERSION",
    "Discovered",
    "Entry",
    "Item",
    "Problem",
    "address_in",
    "discover",
    "parse_iso",
    "read_html_file",
    "read_html_folder",
    "read_html_zip",
    "read_jsonl",
    "read_url_list",
    "read_warc",
    "recognise",
    "same_site",
]
