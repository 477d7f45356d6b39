"""Rules for every test: in CI none is skipped, and those of the container images run only when asked for."""

import os
from collections.abc import Generator

import pytest

CONTAINERS = "containers: builds the image and runs the compose file; needs a container engine, and minutes"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--containers", action="store_true", help="run the tests that need a container engine")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", CONTAINERS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the container tests out unless --containers asks for them."""
    if config.getoption("containers"):
        return
    left_out = [item for item in items if item.get_closest_marker("containers")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out = [item for item in terminalreporter.stats.get("deselected", []) if item.get_closest_marker("containers")]
    if left_out:
        terminalreporter.write_line(f"container tests not run: {len(left_out)} (`make test-containers` runs them)")


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
