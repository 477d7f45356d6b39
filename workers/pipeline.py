"""The stages, declared in one table, in order.

A stage is three steps. `load` reads what it needs (in a transaction), `work` turns the value of one article into a
result or a Failed (in no transaction, no database), `store` writes what does not belong in the article's own row and
returns the columns that do. `lifecycle` does everything else, for every stage alike.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from shared import articles, duplicates, entities, pages, revisions, searching, sites, stories, urls
from shared.errors import BadRow, UsageError
from shared.models import StageName, Status
from shared.reasons import Failed
from shared.searching import Entry
from shared.settings import settings

MOST_KEPT: Final = 20_000  # characters of a text that is prepared once for several comparisons
Load = Callable[[Connection, Sequence[int]], Mapping[int, Any]]
Work = Callable[[Any], Any]
Store = Callable[[Connection, Mapping[int, Any]], Mapping[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step in the life of an article.

    `load` gives inputs by article id; an id that it leaves out is a bad row. `lock` takes, in one fixed order, the
    locks on other rows that `store` will need, before any article is locked. `abandon` undoes what articles that end
    here without a result have left elsewhere.
    """

    name: StageName
    reaches: Status
    next: StageName | None
    module: str  # declares VERSION; imported when first used, since some bring heavy libraries
    load: Load
    work: Work
    store: Store
    lock: Callable[[Connection, Mapping[int, Any]], None] = lambda _connection, _results: None
    abandon: Callable[[Connection, Sequence[int]], None] = lambda _connection, _article_ids: None

    @property
    def version(self) -> int:
        """The version of the stage's code: results of an earlier one may differ."""
        return int(importlib.import_module(self.module).VERSION)


# ---- clean: the stored page -> text, metadata, fingerprint


def load_pages(connection: Connection, article_ids: Sequence[int]) -> Mapping[int, Any]:
    """Each article's page, and what is known of its site."""
    host_ids = sites.of_articles(connection, article_ids)
    known = sites.known(connection, host_ids.values())
    stored = pages.load(connection, article_ids)
    return {article_id: (page, known.get(host_ids.get(article_id, 0))) for article_id, page in stored.items()}


def clean(material: Any) -> Any:
    from workers.stages import cleaning, deduplicating

    page, known = material
    if not isinstance(page.given or {}, Mapping):
        return Failed("bad_row", "what was given with the page is no object")
    memory = cleaning.SiteMemory(known.boilerplate, known.forbidden, known.kept) if known else None

    try:
        body = pages.body_of(page)
    except BadRow as error:
        return Failed("bad_page", str(error))
    if len(body) > settings().page_max_bytes:
        return Failed("too_big", f"a page of {len(body):,} bytes")
    cleaned = (
        cleaning.clean_lines(body.decode("utf-8", "replace"), memory=memory)
        if page.content_type == "text/plain"
        else cleaning.clean(body, page.url, content_type=page.content_type, memory=memory)
    )
    if cleaned.verdict:
        return Failed(cleaned.verdict)
    if len(cleaned.text) > settings().text_max_chars:
        return Failed("too_big", f"a text of {len(cleaned.text):,} characters")
    return cleaned, deduplicating.fingerprint(cleaned.text), page.given or {}


def lock_old_clusters(connection: Connection, results: Mapping[int, Any]) -> None:
    duplicates.lock(connection, list(duplicates.clusters_of(connection, list(results)).values()))


def store_cleaned(connection: Connection, results: Mapping[int, Any]) -> Mapping[int, Mapping[str, Any]]:
    from workers.stages.cleaning import pack

    same = _unchanged(connection, results)
    changed = {article_id: prints for article_id, (_, prints, _) in results.items() if article_id not in same}
    for article_id in duplicates.clusters_of(connection, list(changed)):  # cleaned before, to another text
        _withdraw(connection, article_id)
    earlier = revisions.keep(connection, {article_id: prints.exact for article_id, (_, prints, _) in results.items()})
    duplicates.store_keys(connection, changed)
    columns = {one: article_columns(cleaned, given) for one, (cleaned, _, given) in results.items()}
    searching.store(
        connection, {one: Entry(new["title"], new["text"], new["published_at"]) for one, new in columns.items()}
    )
    sites.store_blocks(
        connection, {article_id: pack(cleaned.blocks) for article_id, (cleaned, _, _) in results.items()}
    )
    return {
        article_id: columns[article_id]
        | same.get(article_id, {"exact_key": prints.exact, "cluster_id": article_id})
        | earlier.get(article_id, {})
        for article_id, (_, prints, _) in results.items()
    }


def _unchanged(connection: Connection, results: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
    """Articles cleaned again to the very text they had: they go on from where they were, if that is still up to date.

    Gives the columns that say so.
    """
    later = {name: STAGES[name].version for name in ("extract", "deduplicate")}
    following = {stage.reaches: stage.next for stage in STAGES.values()}
    return {
        row.id: {"status": row.status, "next_stage": following[row.status]}
        for row in articles.with_text(connection, list(results), later)
        if (row.text, row.language) == (results[row.id][0].text, results[row.id][0].language)
    }


def leave_clusters(connection: Connection, article_ids: Sequence[int]) -> None:
    """An article that is cleaned again and turns out to be none must not stand for its copies any more, or be found."""
    if not article_ids:
        return
    searching.forget(connection, article_ids)
    clusters = duplicates.clusters_of(connection, article_ids)
    duplicates.lock(connection, list(clusters.values()))
    for article_id in clusters:
        _withdraw(connection, article_id)


def mark_reports(connection: Connection, article_ids: Sequence[int]) -> None:
    """An article that is given up tells no story any more."""
    stories.mark(connection, duplicates.clusters_of(connection, article_ids).values())


def article_columns(cleaned: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the page says; where a JSONL line or WARC record said more, that."""
    return {
        "title": given.get("title") or cleaned.title,
        "subtitle": cleaned.subtitle,
        "authors": cleaned.authors,
        "agency": cleaned.agency,
        "published_at": _moment(given.get("published")) or cleaned.published,
        "modified_at": cleaned.modified,
        "language": cleaned.language,
        "section": cleaned.section,
        "image_url": cleaned.image_url,
        "site_name": cleaned.site_name,
        "paywalled": cleaned.paywalled,
        "text": cleaned.text,
        "markdown": _marked(cleaned.text, cleaned.markdown),
        "word_count": cleaned.word_count,
        "removed": [{"text": one.text, "reason": one.reason} for one in cleaned.removed],
        "provenance": dict(cleaned.provenance),
        "published_as": _identity(cleaned.canonical_url),
    }


def _marked(text: str, markdown: str) -> str | None:
    """The Markdown of a text, null where it marks nothing: of most articles it would be the text once more."""
    return None if markdown == text.replace("\n", "\n\n") else markdown


def _identity(url: str | None) -> str | None:
    """The canonical URL that a page names as its own, as articles are identified by; null where it is none."""
    try:
        return urls.canonical_url(url) if url else None
    except urls.BadUrl:
        return None


def _moment(given: str | None) -> Any:
    from workers.stages.discovering import parse_iso

    return parse_iso(given)


# ---- extract: text -> mentions linked to entities


def load_texts(connection: Connection, article_ids: Sequence[int]) -> Mapping[int, Any]:
    return articles.texts(connection, article_ids)


def extract(row: Any) -> Any:
    from workers.stages import extracting

    model = settings().entity_model
    if not extracting.reads(row.language, model):
        return [], "language"  # no names rather than wrong ones
    return extracting.extract(row.text, row.language, model)[: settings().mentions_max], None


def store_mentions(connection: Connection, results: Mapping[int, Any]) -> Mapping[int, Mapping[str, Any]]:
    entities.store(connection, {article_id: mentions for article_id, (mentions, _) in results.items()})
    return {article_id: {"entities_skipped": skipped} for article_id, (_, skipped) in results.items()}


def check_entity_model() -> None:
    """Raise UsageError where COPYDESK_ENTITY_MODEL names none, or one that is not installed."""
    from workers.stages.extracting import backends

    try:
        backends.backend(settings().entity_model)
    except (backends.UnknownBackendError, backends.MissingModelError) as error:
        raise UsageError(f"COPYDESK_ENTITY_MODEL: {error}") from None


# ---- deduplicate: fingerprint and candidates -> cluster


def load_candidates(connection: Connection, article_ids: Sequence[int]) -> Mapping[int, Any]:
    from workers.stages import deduplicating

    return duplicates.load(connection, article_ids, deduplicating.fingerprint)


def decide(material: Any) -> Any:
    from workers.stages import deduplicating

    if not material.candidates:
        return material.roots, material.candidates, deduplicating.Decision((), (), ())
    everyone = {
        row.id: deduplicating.Candidate(
            row.id, material.roots[row.id], _prepared(row.text), row.host or "", row.published_at
        )
        for row in material.articles
    }

    clusters = {
        root: deduplicating.Cluster(root, tuple(everyone[member] for member in members), size)
        for root, members, size in material.clusters
    }
    decision = deduplicating.decide(
        everyone[material.article_id], [everyone[other] for other in material.candidates], clusters
    )
    return material.roots, material.candidates, decision


@lru_cache(maxsize=256)  # the next article of a batch has much the same candidates; a document takes some 50 KB
def _prepared_once(text: str) -> Any:
    from workers.stages import deduplicating

    return deduplicating.prepare(text)


def _prepared(text: str) -> Any:
    """A text ready for comparison; only those of usual length are kept."""
    return _prepared_once(text) if len(text) < MOST_KEPT else _prepared_once.__wrapped__(text)


def lock_clusters(connection: Connection, results: Mapping[int, Any]) -> None:
    decisions = list(results.values())
    roots = [root for _, _, decision in decisions for root in decision.roots]
    roundups = [known[one] for known, _, decision in decisions for one in decision.roundups]
    duplicates.lock(connection, roots + roundups)
    witnesses = [
        (one, known[one], found.get(one)) for known, found, decision in decisions for one in decision.witnesses
    ]
    duplicates.check_witnesses(
        connection,
        {one: root for one, root, _ in witnesses},
        [(key, one) for one, _, key in witnesses if key is not None],
    )


def store_decisions(connection: Connection, results: Mapping[int, Any]) -> Mapping[int, Mapping[str, Any]]:
    decisions = [decision for *_, decision in results.values()]
    roundups = {article_id for decision in decisions for article_id in decision.roundups}
    for article_id in sorted(roundups):
        _withdraw(connection, article_id)
    for decision in decisions:
        links = [link for link in decision.links if not {link.a, link.b} & roundups]
        duplicates.store_links(connection, [(link.a, link.b, link.comparison) for link in links])
        if decision.roots and not roundups.intersection(
            decision.witnesses
        ):  # nothing is joined on the word of a round-up
            duplicates.merge(connection, decision.roots, choose_canonical)
    stories.mark(connection, duplicates.clusters_of(connection, list(results)).values())
    return {article_id: {} for article_id in results}  # `merge` has pointed every member to the canonical one


def choose_canonical(members: Sequence[Any]) -> int:
    """The article that stands for a cluster: rows of its members go in, an id comes out.

    It is the one that another names with rel=canonical, or whose AMP, mobile or print version another seems to be by
    its address; that they are in one cluster, their texts have confirmed.
    """
    from workers.stages import deduplicating

    named = {row.published_as for row in members if row.published_as != row.canonical_url}
    named |= {urls.main_version(row.canonical_url) for row in members if not row.canonical_url.startswith("file:")}
    return deduplicating.choose_canonical(
        deduplicating.Member(
            row.id,
            row.word_count or 0,
            row.published_at,
            is_source=row.canonical_url in named or bool(row.agency and row.agency == row.site_name),
        )
        for row in members
    )


def _withdraw(connection: Connection, article_id: int) -> None:
    from workers.stages import deduplicating

    text = articles.texts(connection, [article_id])[article_id].text
    keys = deduplicating.fingerprint(text).keys if text else ()
    duplicates.withdraw(connection, article_id, keys, deduplicating.regroup, choose_canonical)


# ---- discover: the body of a source -> what it names (workers/discovery.py does the rest)


def read_source(material: Any) -> Any:
    """What a fetched source holds, read to its end."""
    from workers.stages import discovering, fetching

    body, url, content_type, robots = material
    found = discovering.discover(body, url, content_type, fetching.Robots(robots).sitemaps)
    found.items = list(found.items)
    return found


STAGES: Final[dict[str, Stage]] = {
    stage.name: stage
    for stage in (
        # fetch is not in this table: it pulls from the frontier (workers/frontier.py), one article per host
        Stage(
            "clean",
            "cleaned",
            "extract",
            "workers.stages.cleaning",
            load_pages,
            clean,
            store_cleaned,
            lock_old_clusters,
            leave_clusters,
        ),
        Stage(
            "extract",
            "extracted",
            "deduplicate",
            "workers.stages.extracting",
            load_texts,
            extract,
            store_mentions,
            abandon=mark_reports,
        ),
        # last, since the keys of both of two copies must be committed before either is compared
        Stage(
            "deduplicate",
            "done",
            None,
            "workers.stages.deduplicating",
            load_candidates,
            decide,
            store_decisions,
            lock_clusters,
            mark_reports,
        ),
    )
}


def job(name: str) -> Work:
    """The pure part of a stage, or of discover, by name."""
    return read_source if name == "discover" else STAGES[name].work


def load_stages() -> None:
    """Load what the stages need, before processes are forked: they share it. Raises UsageError for a wrong model."""
    if STAGES["extract"].module == "workers.stages.extracting":
        from workers.stages.extracting import backends

        check_entity_model()
        backends.prepare(settings().entity_model)
    for stage in STAGES.values():
        importlib.import_module(stage.module)
