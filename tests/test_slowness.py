"""Which tests the quick suite leaves out."""

from __future__ import annotations

import re

from tests.slowness import CASE, FUNCTION, listed, measured, slow
from tests.sources import ROOT


def test_every_test_in_the_list_exists() -> None:
    """The case in brackets apart: a function that is renamed is measured anew."""
    for test in listed():
        file, *_, function = test.partition("[")[0].split("::")
        assert re.search(rf"^ *def {function}\(", (ROOT / file).read_text(), re.MULTILINE), test


def test_every_function_keeps_its_quickest_case() -> None:
    log = f"""\
{CASE + 1:.2f}s call     tests/a.py::test_cases[1]
{CASE + 0.1:.2f}s call     tests/a.py::test_cases[two words]
{CASE - 0.1:.2f}s call     tests/a.py::test_cases[3]
{FUNCTION:.2f}s call     tests/a.py::test_long
{FUNCTION - 0.5:.2f}s call     tests/a.py::test_with_a_fixture
0.75s setup    tests/a.py::test_with_a_fixture
{FUNCTION + 9:.2f}s call     tests/b.py::test_longer
{FUNCTION + 5:.2f}s call     tests/b.py::test_alone
99.00s call     tests/docs/test_documents.py::test_every_block_does_what_it_shows[README.md]
"""
    assert slow(measured(log)) == [
        "tests/a.py::test_cases[1]",
        "tests/a.py::test_cases[two words]",
        "tests/a.py::test_long",
        "tests/a.py::test_with_a_fixture",
        "tests/b.py::test_longer",
    ]
