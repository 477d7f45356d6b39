"""How values travel between a worker and its bench: as JSON, so that what comes back can be nothing but data.

JSON knows neither bytes nor tuples nor dataclasses: such a value is an object with one key, which names its kind. Only
dataclasses and named tuples of our own packages, and of those that bring a stage, are put together again.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from importlib import import_module
from numbers import Integral, Real
from types import SimpleNamespace
from typing import Any, Final

OURS: Final = {"shared", "workers"}  # packages whose dataclasses may be built


class NotCarried(TypeError):
    """A value of a kind that does not travel."""


def pack(value: Any) -> bytes:
    """`value` as bytes. Raises NotCarried for anything but plain data, dataclasses and rows."""
    return json.dumps(_plain(value), separators=(",", ":")).encode()


def unpack(data: bytes) -> Any:
    """What `pack` was given; a row comes back as a namespace of its columns. Raises ValueError where it is none."""
    try:
        return json.loads(data, object_hook=_build)
    except (KeyError, TypeError, ImportError) as error:
        raise ValueError(f"not packed here: {error!r}") from None


def _plain(value: Any) -> Any:  # noqa: PLR0911  (a line per kind)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if hasattr(value, "_mapping") or isinstance(value, SimpleNamespace):  # a row, which is a tuple, or was one
        columns = getattr(value, "_mapping", None) or vars(value)
        return {"row": [[name, _plain(one)] for name, one in columns.items()]}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return _named(value, value._fields)
    if isinstance(value, tuple | set | frozenset):
        return {type(value).__name__: [_plain(one) for one in value]}
    if isinstance(value, Mapping):
        return {"dict": [[_plain(key), _plain(one)] for key, one in value.items()]}
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    if isinstance(value, Integral):  # of numpy
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if not is_dataclass(value) or isinstance(value, type):
        raise NotCarried(f"a {type(value).__name__} cannot leave the process that works on pages: use dataclasses")
    return _named(value, [field.name for field in fields(value)])


def _named(value: Any, names: Sequence[str]) -> Any:
    kind = f"{type(value).__module__}:{type(value).__qualname__}"
    return {"object": [kind, [_plain(getattr(value, name)) for name in names]]}


def _build(found: dict[str, Any]) -> Any:
    (kind,) = found
    return KINDS[kind](found[kind])


def _object(parts: list[Any]) -> Any:
    name, values = parts
    module, _, qualname = name.partition(":")
    kind: Any = import_module(module) if module.partition(".")[0] in OURS else None
    for part in qualname.split("."):
        kind = getattr(kind, part, None)
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_make"):
        return kind._make(values)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise ValueError(f"{name} is no dataclass of ours")
    built = object.__new__(kind)  # what was valid there is so here
    for field, value in zip(fields(kind), values, strict=True):
        object.__setattr__(built, field.name, value)
    return built


KINDS: Final[dict[str, Callable[[Any], Any]]] = {
    "bytes": base64.b64decode,
    "datetime": datetime.fromisoformat,
    "row": lambda pairs: SimpleNamespace(**dict(pairs)),
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
    "object": _object,
}
