"""What a text from outside must lose before a database takes it, and before a terminal shows it."""

import json
import re
from typing import Any, Final

# Controls but tab, line feed and return; lone surrogates. PostgreSQL refuses NUL and surrogates, and with them a whole
# batch; a terminal obeys the others; no text needs any.
UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]+")
# What turns the direction of all that stands behind it, and what writes over the line.
TURNS: Final = re.compile(r"[\r\u202a-\u202e\u2066-\u2069]+")


def storable(text: str) -> str:
    """`text` as every database takes it and no terminal obeys it."""
    # most need nothing, and are told without looking at each letter in turn: lines of printable ones
    return text if text.replace("\n", "").isprintable() else UNFIT.sub("", text)


def storable_json(value: Any) -> str:
    """`value` as JSON in which every text is storable."""
    dumped = json.dumps(value, ensure_ascii=False)
    # asked of the whole first: rows by the thousand travel as one value
    if "\\u00" in dumped or "\\b" in dumped or "\\f" in dumped or not (_is_plain(dumped) or dumped.isprintable()):
        dumped = json.dumps(_storable(value), ensure_ascii=False)
    return dumped


def _is_plain(text: str) -> bool:
    return text.isascii() and "\x7f" not in text


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list | tuple) else value


def shown(text: object) -> str:
    """`text` as a terminal may show it: nothing in it moves the cursor, sets a title, or reads backwards."""
    return TURNS.sub("", storable(str(text)))
