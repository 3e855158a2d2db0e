"""Options that all tests share."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import settings

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
