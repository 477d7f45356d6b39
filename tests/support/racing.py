"""Letting several do the same at the same moment."""

import multiprocessing
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from typing import Any, TypeVar

from sqlalchemy import Connection, update

from shared import duplicates
from shared.database import transaction
from shared.logs import configure_logs
from shared.models import article
from workers import lifecycle
from workers.pipeline import STAGES
from workers.stages import deduplicating

PATIENCE_S = 100.0
Result = TypeVar("Result")


def at_once(number: int, act: Callable[[], Result]) -> list[Result]:
    """Let `number` threads do `act` at the same moment; returns what each of them got. An error of one is raised."""
    start, results, errors = threading.Barrier(number), list[Result](), list[Exception]()

    def run() -> None:
        start.wait()
        try:
            results.append(act())
        except Exception as error:  # noqa: BLE001  (raised again below, where the test sees it)
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error
    return results


def in_processes(jobs: Sequence[Sequence[object]], act: Callable[..., None], patience_s: float = PATIENCE_S) -> None:
    """Run `act(barrier, *job)` for each of `jobs` in a process of its own; all of them must end well."""
    context = multiprocessing.get_context("spawn")  # nothing is inherited but the environment, as from a supervisor
    barrier = context.Barrier(len(jobs))
    processes = [context.Process(target=act, args=(barrier, *job), daemon=True) for job in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join(patience_s)
    assert [process.exitcode for process in processes] == [0] * len(jobs)


def process_copies(barrier: Barrier, batches: Sequence[Sequence[int]], one_commit: bool) -> None:
    """Take each of `batches` from page to done, starting every stage at the same moment as the other processes."""
    configure_logs()
    if one_commit:
        store_keys_late(barrier)
    for ids in batches:
        barrier.wait(PATIENCE_S)
        lifecycle.process("clean", ids)
        with transaction() as connection:  # what extract would do
            connection.execute(
                update(article).where(article.c.id.in_(ids)).values(status="extracted", next_stage="deduplicate")
            )
        barrier.wait(PATIENCE_S)
        lifecycle.process("deduplicate", ids)


def store_keys_late(barrier: Barrier) -> None:
    """The obvious way, which is wrong: store the keys in the transaction that stores the decision.

    Both processes look before either stores, as will happen once among many articles.
    """
    clean, deduplicate = STAGES["clean"], STAGES["deduplicate"]
    prints: dict[int, Any] = {}

    def keep_keys(connection: Connection, results: Mapping[int, Any]) -> Any:
        prints.update({article_id: result[1] for article_id, result in results.items()})
        without = {
            article_id: (result[0], replace(result[1], keys=()), *result[2:]) for article_id, result in results.items()
        }
        return clean.store(connection, without)

    def store_keys(connection: Connection, results: Mapping[int, Any]) -> Any:
        duplicates.store_keys(connection, {article_id: prints[article_id] for article_id in results})
        return deduplicate.store(connection, results)

    def look(connection: Connection, article_ids: Sequence[int]) -> Any:
        with transaction() as own:
            duplicates.store_keys(own, {article_id: prints[article_id] for article_id in article_ids})
            found = duplicates.load(own, article_ids, deduplicating.fingerprint)
            own.rollback()
        barrier.wait(PATIENCE_S)
        return found

    STAGES["clean"] = replace(clean, store=keep_keys)
    STAGES["deduplicate"] = replace(deduplicate, load=look, store=store_keys)
