"""A program under construction, which is the text of a `.qdm` file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from qdsl.interchange.building.blocks import CircuitBuilder, ModelBuilder
from qdsl.interchange.building.experiments import ExperimentBuilder
from qdsl.interchange.building.expressions import call, checked_name, properties, quoted
from qdsl.interchange.building.networks import NetworkBuilder

if TYPE_CHECKING:
    from qdsl.api import Compiled, Program


Kept = TypeVar("Kept", NetworkBuilder, CircuitBuilder, ModelBuilder, ExperimentBuilder)


class BuiltPart(Protocol):
    def text(self) -> str: ...


class BuiltLine:
    def __init__(self, line: str) -> None:
        self._line = line

    def text(self) -> str:
        return self._line


def build(name: str = "<built>") -> ProgramBuilder:
    """An empty program to build; `name` is what diagnostics call it."""
    return ProgramBuilder(name)


class ProgramBuilder:
    """Networks, circuits, models and experiments, in the order in which they are made.

    `str(...)` is the program as QDM, in the standard format; `program` checks it and `compile`
    compiles it, with the diagnostics of any program, at the lines of that text.
    """

    def __init__(self, name: str = "<built>") -> None:
        self._name = name
        self._parts: list[BuiltPart] = []

    def use(self, module: str) -> None:
        """`use std.ansatz`."""
        self._parts.append(BuiltLine(f"use {'.'.join(map(checked_name, module.split('.')))}"))

    def use_file(self, path: str) -> None:
        """`use "ions.qdm"`."""
        self._parts.append(BuiltLine(f"use {quoted(path)}"))

    def network(self, name: str) -> NetworkBuilder:
        """A network, node by node."""
        return self._kept(NetworkBuilder(name))

    def shaped_network(self, name: str, shape: str, *sizes: Any, **figures: Any) -> str:
        """`network name = shape(sizes) { ... }`, such as `shaped_network("ring4", "ring", 4,
        qubits=8)`. Its name."""
        made = call(shape, *sizes).text
        self._parts.append(BuiltLine(f"network {checked_name(name)} = {made}{properties(figures)}"))
        return name

    def network_file(self, name: str, path: str) -> str:
        """`network name = from "file"`. Its name."""
        self._parts.append(BuiltLine(f"network {checked_name(name)} = from {quoted(path)}"))
        return name

    def circuit(self, name: str) -> CircuitBuilder:
        return self._kept(CircuitBuilder(name))

    def circuit_file(self, name: str, path: str) -> None:
        """`circuit name from "file.qasm"`."""
        self._parts.append(BuiltLine(f"circuit {checked_name(name)} from {quoted(path)}"))

    def model(self, name: str, on: NetworkBuilder | str | None = None) -> ModelBuilder:
        """A model, on a network or its name."""
        return self._kept(ModelBuilder(name, on.name if isinstance(on, NetworkBuilder) else on))

    def experiment(self, name: str, of: ModelBuilder | str) -> ExperimentBuilder:
        model = of.model if isinstance(of, ModelBuilder) else of
        return self._kept(ExperimentBuilder(name, model))

    def _kept(self, part: Kept) -> Kept:
        self._parts.append(part)
        return part

    def __str__(self) -> str:
        """The program as QDM. InvalidProgram if what was given does not parse."""
        from qdsl.diagnostics.source import Source
        from qdsl.language.formatting.format import format_source

        text = "\n\n".join(part.text() for part in self._parts) + "\n"
        return format_source(Source(self._name, text))

    def program(self, folders: Sequence[Path] = ()) -> Program:
        """The checked program; InvalidProgram if it has errors. It may read files in `folders`."""
        from qdsl.api import loads

        return loads(str(self), self._name, folders)

    def compile(self, model: str | None = None, **options: Any) -> Compiled:
        """As `Program.compile`; `folders` are those of `program`."""
        folders = options.pop("folders", ())
        return self.program(folders).compile(model, **options)
