"""Stages of other packages, which the setting COPYDESK_STAGES names, in place of our own."""

from importlib.metadata import entry_points
from typing import Any, Final

from shared.errors import UsageError
from shared.settings import settings
from workers.pipeline import STAGES, Stage

GROUP: Final = "copydesk.stages"


def use_chosen_stages() -> None:
    """Put the stages that COPYDESK_STAGES names into the table. Raises UsageError where one is none."""
    for stage_name, name in settings().chosen_stages.items():
        STAGES[stage_name] = _load(stage_name, name)


def _load(stage_name: str, name: str) -> Stage:
    """The stage behind an entry point, if it can stand where ours stood."""
    if stage_name not in STAGES:
        raise UsageError(f"COPYDESK_STAGES: no stage {stage_name!r}; there are {', '.join(STAGES)}")
    for entry in entry_points(group=GROUP, name=name):
        return _checked(f"{stage_name}={name}", STAGES[stage_name], _object(entry))
    known = ", ".join(sorted(entry.name for entry in entry_points(group=GROUP))) or "none"
    raise UsageError(f"COPYDESK_STAGES: no entry point {name!r} in the group {GROUP}; installed: {known}")


def _object(entry: Any) -> Any:
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"COPYDESK_STAGES: {entry.name} ({entry.value}) cannot be loaded: {error}") from error


def _checked(wish: str, ours: Stage, theirs: Any) -> Stage:
    if not isinstance(theirs, Stage):
        raise UsageError(f"COPYDESK_STAGES: {wish} is a {type(theirs).__name__}, not a workers.pipeline.Stage")
    if (theirs.name, theirs.reaches, theirs.next) != (ours.name, ours.reaches, ours.next):
        raise UsageError(f"COPYDESK_STAGES: {wish} is not for this place: keep name, reaches and next of our stage")
    return theirs
