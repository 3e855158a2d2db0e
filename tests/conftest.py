"""Options that all tests share."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator

import pytest
from hypothesis import settings

from qdsl.diagnostics.extras import EXTRA_OF, is_installed
from qdsl.diagnostics.request_error import MissingExtra
from tests.slowness import listed

WITHOUT = "needs an extra:"  # how reasons of skipped tests begin
NEEDS = r"needs ([a-z_0-9]+), which is not installed"

# The tests start qdsl hundreds of times: it should not be compiled to bytecode every time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The same examples in every run: a change that breaks a test is the change that broke it.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write the expected outputs anew"
    )


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = listed()
    for item in items:
        if item.nodeid in slow:
            item.add_marker(pytest.mark.slow)


# ---- where an extra is not installed -----------------------------------------------------


def _missing_extra(error: BaseException | None) -> str | None:
    """The library of an extra that is not installed and for want of which a test ended."""
    while error is not None:
        said = re.search(NEEDS, str(error))
        name = error.name if isinstance(error, ImportError) else said and said[1]
        if isinstance(error, MissingExtra | ImportError) and name:
            root = name.partition(".")[0]
            if root in EXTRA_OF and not is_installed(root):
                return root
        error = error.__cause__ or error.__context__
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs("qiskit")`: for tests in which a command says what is missing."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if not is_installed(name):
                pytest.skip(f"{WITHOUT} {name}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.excinfo is not None and report.outcome == "failed":
        name = _missing_extra(call.excinfo.value)
        if name is not None:
            report.outcome = "skipped"
            path, line, _ = item.location
            report.longrepr = (path, line or 0, f"Skipped: {WITHOUT} {name}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    said = re.search(rf"No module named '([a-z_0-9]+)|{NEEDS}", str(report.longrepr))
    if report.outcome == "failed" and said is not None:
        name = said[1] or said[2]
        if name in EXTRA_OF and not is_installed(name):
            report.outcome = "skipped"
            report.longrepr = (str(collector.path), 0, f"Skipped: {WITHOUT} {name}")
    return report
