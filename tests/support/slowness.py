"""A stage from a package of the tests' own that makes a worker slow at every kind of work, so that it can be frozen."""

from pathlib import Path

from tests.support.packages import install

STAGE = """
import os, time
from dataclasses import replace

from shared import sites
from workers import pipeline
from workers.pipeline import STAGES

VERSION = 1
SLOW_S = float(os.environ["SLOW_S"])
ours, read_source, newest_articles = STAGES["extract"], pipeline.read_source, sites.newest_articles


def slowly(act):
    def later(*arguments):
        time.sleep(SLOW_S)
        return act(*arguments)

    return later


pipeline.read_source = slowly(read_source)
sites.newest_articles = slowly(newest_articles)
stage = replace(ours, work=slowly(ours.work), module=__name__)

"""


def install_stage(folder: Path, seconds: float) -> dict[str, str]:
    """Install the stage; returns the environment in which workers use it."""
    folder.mkdir(exist_ok=True)
    install(folder, "slowness", {"slowness": STAGE}, {"copydesk.stages": {"slow": "slowness:stage"}})
    return {"PYTHONPATH": str(folder), "COPYDESK_STAGES": "extract=slow", "SLOW_S": str(seconds)}
