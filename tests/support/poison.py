"""A stage from a package of the tests' own in which some articles are poison: each kills its process in its own way."""

from pathlib import Path

from tests.support import stories
from tests.support.packages import install

# what stands in a text, and the reason that it must end with
REASONS = {
    "poison-loop": "time_limit",  # a regular expression that never ends and never lets go of the interpreter
    "poison-sleep": "time_limit",
    "poison-memory": "memory_limit",
    "poison-segfault": "worker_lost",
    "poison-exit": "worker_lost",
    "poison-kill": "worker_lost",
}
STAGE = """
import ctypes, os, re, select, signal, time
from dataclasses import replace
from workers.pipeline import STAGES

VERSION = 1
ours = STAGES["extract"]


def eat():
    eaten = []
    while True:
        eaten.append(b"x" * 20_000_000)


DEATHS = {
    "poison-loop": lambda: re.match("(a+)+$", "a" * 60 + "b"),
    "poison-sleep": lambda: time.sleep(10_000),
    "poison-memory": eat,
    "poison-segfault": lambda: ctypes.string_at(0),
    "poison-exit": lambda: os._exit(3),
    "poison-kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
}


def extract(row):
    if os.environ.get("POISON_SLOW_S"):
        select.select([], [], [], float(os.environ["POISON_SLOW_S"]))  # sleep asks clocks, which a test may have bent
    for word, die in DEATHS.items():
        if word in row.text:
            die()
    return ours.work(row)


stage = replace(ours, work=extract, module=__name__)
"""


def install_stage(folder: Path) -> dict[str, str]:
    """Install the stage; returns the environment in which workers use it."""
    folder.mkdir(exist_ok=True)
    install(folder, "poison", {"poison": STAGE}, {"copydesk.stages": {"poison": "poison:stage"}})
    return {"PYTHONPATH": str(folder), "COPYDESK_STAGES": "extract=poison", "COPYDESK_ENTITY_MODEL": "rules"}


def page(number: int, word: str) -> str:
    """The page of an article that has this word in its text."""
    return stories.page(number).replace(" said in ", f" said {word} in ", 1)
