"""Stages that do nothing, to measure everything else: what `COPYDESK_STAGES` names in the package `idle`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, insert

from shared.models import cluster
from tests.support.packages import install
from workers.pipeline import STAGES

VERSION: Final = 1
SETTING: Final = ",".join(f"{name}=idle_{name}" for name in STAGES)


def load(_: Connection, article_ids: Sequence[int]) -> Mapping[int, Any]:
    return dict.fromkeys(article_ids)


def work(_: None) -> None:
    return None


def store(_: Connection, results: Mapping[int, None]) -> Mapping[int, Mapping[str, Any]]:
    return {article_id: {} for article_id in results}


def store_last(connection: Connection, results: Mapping[int, None]) -> Mapping[int, Mapping[str, Any]]:
    """The one thing that the tables ask of an article that is done: a cluster."""
    connection.execute(insert(cluster), [{"id": one, "canonical_id": one, "size": 1} for one in results])
    return {article_id: {"cluster_id": article_id} for article_id in results}


def idle(name: str, store_it: Any) -> Any:
    return replace(STAGES[name], module=__name__, load=load, work=work, store=store_it, lock=_lock, abandon=_abandon)


def _lock(_: Connection, __: Mapping[int, Any]) -> None:
    return None


def _abandon(_: Connection, __: Sequence[int]) -> None:
    return None


clean, extract, deduplicate = idle("clean", store), idle("extract", store), idle("deduplicate", store_last)


def put_into(folder: Path) -> None:
    """Install the entry points into `folder`, which is to be on PYTHONPATH."""
    install(folder, "idle", {}, {"copydesk.stages": {f"idle_{name}": f"{__name__}:{name}" for name in STAGES}})
