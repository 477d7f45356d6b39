"""What commands import: it decides how quickly they answer, and is alike on every machine."""

import subprocess
import sys

import pytest

LOADED = """
import sys
sys.argv = ["copydesk", {words}]
from scripts.main import main
try:
    main()
except SystemExit:
    pass
print("LOADED", *sorted(name for name in sys.modules if "." not in name))
"""
HEAVY = {"celery", "kombu", "redis", "sqlmodel", "sqlalchemy", "pydantic", "trafilatura", "lxml", "numpy", "aiohttp",
         "rich", "structlog", "onnxruntime", "feedparser"}  # fmt: skip
MODELS = {"trafilatura", "onnxruntime", "htmldate", "justext"}


def loaded(*words):
    """The packages that a command has imported by its end."""
    code = LOADED.format(words=", ".join(map(repr, words)))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("LOADED")]
    return set(line.split()[1:])


@pytest.mark.parametrize("words", [("--help",), ("--version",), ()])
def test_help_imports_nothing_heavy(words):
    assert loaded(*words) & HEAVY == set()


def test_submit_loads_no_cleaner_and_no_model(tmp_path):
    data = ("--data", str(tmp_path))
    loaded("migrate", *data)
    (tmp_path / "page.html").write_text("<html><body><p>Text</p></body></html>")
    found = loaded("submit", str(tmp_path / "page.html"), "https://paper.example/feed.xml", "--dry-run", *data)
    assert found & MODELS == set()


def test_every_command_says_what_it_is_for():
    done = subprocess.run(
        [sys.executable, "-m", "scripts.main", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    for command in ("run", "demo", "submit", "monitor", "show", "export", "migrate"):
        assert f"\n  {command} " in done.stdout
