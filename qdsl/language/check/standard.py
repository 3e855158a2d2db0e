"""The standard library: modules `std.NAME`, written in QDM."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pkgutil import get_data
from types import MappingProxyType

from qdsl.diagnostics.source import Source
from qdsl.language import syntax

MODULES = ("encode", "ansatz", "algorithms", "collectives")


@cache
def module(name: str) -> Mapping[str, syntax.CircuitDecl]:
    """The circuits of a module, by name, parsed once."""
    from qdsl.language.parser.parse import parse

    text = (get_data("qdsl.grammar", f"std/{name}.qdm") or b"").decode()
    file = parse(Source(f"std/{name}.qdm", text))
    circuits = [item for item in file.items if isinstance(item, syntax.CircuitDecl)]
    return MappingProxyType({circuit.name.id: circuit for circuit in circuits})


def module_with(circuit: str) -> str | None:
    """The module that has a circuit of that name: `std.ansatz`."""
    return next((f"std.{name}" for name in MODULES if circuit in module(name)), None)
