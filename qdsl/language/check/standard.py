"""The standard library: modules `std.NAME`, written in QDM."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from qdsl.diagnostics.source import Source
from qdsl.language import syntax

MODULES = ("encode", "ansatz", "algorithms")


@cache
def module(name: str) -> Mapping[str, syntax.CircuitDecl]:
    """The circuits of a module, by name, parsed once."""
    from qdsl.language.parser.parse import parse

    text = files("qdsl.grammar").joinpath("std", f"{name}.qdm").read_text(encoding="utf-8")
    file = parse(Source(f"std/{name}.qdm", text))
    circuits = [item for item in file.items if isinstance(item, syntax.CircuitDecl)]
    return MappingProxyType({circuit.name.id: circuit for circuit in circuits})


def module_with(circuit: str) -> str | None:
    """The module that has a circuit of that name: `std.ansatz`."""
    return next((f"std.{name}" for name in MODULES if circuit in module(name)), None)
