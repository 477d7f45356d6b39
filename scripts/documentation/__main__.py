"""Writes docs/commands.md, docs/settings.md and docs/conditions.md from the code; --check only says what is old."""

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.documentation.commands import commands
from scripts.documentation.settings import conditions, settings

DOCS = Path(__file__).parents[2] / "docs"
PAGES: dict[str, Callable[[], str]] = {"commands.md": commands, "settings.md": settings, "conditions.md": conditions}


def outdated() -> list[str]:
    """The pages that are not what the code says."""
    return [name for name, made in PAGES.items() if not _is_current(DOCS / name, made())]


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def main() -> int:
    """Write the pages that are outdated."""
    old = outdated()
    if "--check" in sys.argv:
        print("\n".join(f"docs/{name} is outdated: make docs" for name in old))
        return 1 if old else 0
    for name in old:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
