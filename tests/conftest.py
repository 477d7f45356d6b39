"""Rules for every test: in CI none is skipped; what a person must ask for, or install for, is left out and named."""

import os
import shutil
import signal
from collections.abc import Generator
from importlib.util import find_spec

import pytest
from hypothesis import settings

# No limit by the clock: on a machine that does other work it says nothing about the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

MARKERS = (
    "containers: builds the image and runs the compose file; needs a container engine, and minutes",
    "optional(module): needs a library that only an extra of the distribution brings",
    "needs(program): needs a program that no lock file brings; a machine may lack it, CI may not",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--containers", action="store_true", help="run the tests that need a container engine")


def pytest_configure(config: pytest.Config) -> None:
    # what is started in the background ignores Ctrl-C, and so would every command that a test starts and interrupts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the container tests, unless --containers asks for them, and those of extras that are not here."""
    wanted: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        (left_out if why_left_out(item, config.getoption("containers")) else wanted).append(item)
    if left_out:
        items[:] = wanted
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    deselected = terminalreporter.stats.get("deselected", [])
    reasons = [why_left_out(item, config.getoption("containers")) for item in deselected]
    for reason in sorted({reason for reason in reasons if reason}):
        terminalreporter.write_line(f"not run: {reasons.count(reason)} {reason}")


def why_left_out(item: pytest.Item, containers: bool) -> str | None:
    """Why this test does not belong to this run: what it is, and what it lacks."""
    if item.get_closest_marker("containers") and not containers:
        return "container tests (make test-containers)"
    optional = item.get_closest_marker("optional")
    if optional and not find_spec(optional.args[0]):
        return f"tests with {optional.args[0]}, which is not installed"
    needs = item.get_closest_marker("needs")
    if needs and not shutil.which(needs.args[0]) and not os.environ.get("CI"):
        return f"tests with {needs.args[0]}, which is not on this machine"
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_skipped(report)
    return report


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turns a skip into a failure where CI is set: what a person may lack, CI must have. An xfail stays one."""
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"CI runs every test, and this one says: {reason}"
