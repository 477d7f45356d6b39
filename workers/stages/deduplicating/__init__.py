"""Deduplicate: find articles that are copies of one text.

The order of calls, and what the database does between them:
1. `fingerprint(text)` when a text is cleaned; its keys and a cluster of its own are stored and **committed**.
2. In a later transaction the keys bring up candidates. Both of two articles that are processed at once have committed
   their keys before either looks, so whoever looks second sees the other.
3. `prepare` the texts, `decide` with no lock held.
4. Lock the clusters that the decision names, in ascending order. If one is no root any more, or one of the decision's
   witnesses is not what it was (in another cluster, a round-up), go back to 2; else store.
An article whose text changes, or that goes, leaves its cluster: its keys and links are deleted and `regroup` says what
becomes of the others. See docs/duplicates.md.
"""

from typing import Final

from workers.stages.deduplicating.canonical import Member, choose_canonical
from workers.stages.deduplicating.clustering import Candidate, Cluster, Decision, Link, decide, regroup
from workers.stages.deduplicating.comparing import Comparison, Relation, compare
from workers.stages.deduplicating.documents import Document, prepare
from workers.stages.deduplicating.fingerprints import SCHEME, Fingerprint, fingerprint
from workers.stages.deduplicating.stories import Arrangement, Report, arrange
from workers.stages.deduplicating.terms import (
    STORY_SCHEME,
    Frequencies,
    Terms,
    count_terms,
    story_keys,
    story_terms,
    unpack_terms,
)

VERSION: Final = 1  # of the rules: raise it when an article may join another cluster than before

__all__ = [
    "SCHEME",
    "STORY_SCHEME",
    "VERSION",
    "Arrangement",
    "Candidate",
    "Cluster",
    "Comparison",
    "Decision",
    "Document",
    "Fingerprint",
    "Frequencies",
    "Link",
    "Member",
    "Relation",
    "Report",
    "Terms",
    "arrange",
    "choose_canonical",
    "compare",
    "count_terms",
    "decide",
    "fingerprint",
    "prepare",
    "regroup",
    "story_keys",
    "story_terms",
    "unpack_terms",
]
