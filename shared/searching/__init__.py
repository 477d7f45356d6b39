"""Full-text search over the articles, the same on SQLite and PostgreSQL.

    parse -> for each class of hits, newest first: a query of the index -> articles with the words marked

Ranking is an order that both databases can give by their indexes alone, however many articles match: first articles
that have all words in the title, then those that are about them (title, or at least three times), then the
others; in each class the newest first. bm25 and ts_rank would have to read every match, and do not agree.
"""

from shared.searching.hits import Found, Hit, search
from shared.searching.index import Entry, forget, index_missing, store
from shared.searching.query import Query, parse

__all__ = ["Entry", "Found", "Hit", "Query", "forget", "index_missing", "parse", "search", "store"]
