"""`import qdsl` is quick, and brings no heavy library."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.sources import ROOT

TIMES = 7
BOUND_S = 0.1
HEAVY = ("click", "jax", "lark", "networkx", "numba", "numpy", "pytket", "qiskit", "scipy")
CODE = """
from time import perf_counter
start = perf_counter()
import {module}
print(perf_counter() - start)
"""


def seconds(module: str) -> float:
    """The shortest of some imports, each in a process of its own: the others waited for a core."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", CODE.format(module=module)]
    return min(
        float(subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout)
        for _ in range(TIMES)
    )


def test_it_takes_less_than_a_tenth_of_a_second() -> None:
    assert seconds("qdsl") < BOUND_S


def test_it_takes_less_than_importing_numpy() -> None:
    assert seconds("qdsl") < 0.5 * seconds("numpy")


def test_it_brings_no_heavy_library() -> None:
    code = f"import qdsl, sys; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert done.stdout.strip() == "[]"
