"""Libraries that come with an extra of qdsl, and what is said where one is missing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final

from qdsl.diagnostics.request_error import MissingExtra

EXTRA_OF: Final[Mapping[str, str]] = MappingProxyType({
    "cirq": "cirq",
    "distributed": "cluster",
    "highspy": "exact",
    "jax": "simulate",
    "jaxlib": "simulate",
    "matplotlib": "pictures",
    "mtkahypar": "partition",
    "netqasm": "netqasm",
    "numba": "loops",
    "openqasm3": "circuits",
    "optax": "train",
    "pennylane": "pennylane",
    "pygls": "editor",
    "pyqir": "qir",
    "pytket": "circuits",
    "qiskit": "circuits",
    "qiskit_aer": "circuits",
    "qiskit_ibm_runtime": "circuits",
    "qiskit_qasm3_import": "circuits",
    "safetensors": "train",
    "stim": "clifford",
    "zmq": "nodes",
})  # fmt: skip


def is_installed(module: str) -> bool:
    """Can the library be imported? Imports nothing."""
    if module in sys.modules:
        return sys.modules[module] is not None
    return find_spec(module) is not None


def require(module: str, user: str) -> None:
    """`MissingExtra` if the library is not installed, which `user` ("the target") needs. Imports
    nothing."""
    if not is_installed(module):
        raise missing(module, user)


def library(module: str, user: str = "the target") -> Any:
    """The module; `MissingExtra` where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        raise missing(module, user) from None


def missing(module: str, user: str) -> MissingExtra:
    """The error that names the command which installs the library."""
    extra = EXTRA_OF[module]
    return MissingExtra(
        f"{user} needs {module}, which is not installed: pip install 'qdsl-compiler[{extra}]'"
    )


def of_import(error: ImportError) -> MissingExtra | None:
    """The same error for an import that failed; None if no extra of qdsl brings that module."""
    module = (error.name or "").partition(".")[0]
    return missing(module, "this") if module in EXTRA_OF and not is_installed(module) else None
