"""Distinct values of a column, and what a small program need not load for them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qdsl.ir.distinct import distinct
from tests.sources import ROOT


@given(st.lists(st.integers(-3, 3)))
def test_they_are_those_of_numpy(values: list[int]) -> None:
    column = np.array(values, np.int32)
    found = distinct(column)
    assert found.dtype == column.dtype
    assert found.tolist() == np.unique(column).tolist()


HEAVY = ("numpy.ma", "scipy", "numba", "jax", "networkx", "pytket", "qiskit", "importlib.resources")
PROGRAM = f"""
import sys
from qdsl.cli import main
sys.argv = ["qdsl", "compile", "-q", "examples/two_party.qdm"]
main()
print("loaded:", *[name for name in {HEAVY} if name in sys.modules])
"""


def test_a_small_program_loads_no_heavy_module() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded:"
