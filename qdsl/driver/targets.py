"""The targets a program can be emitted for. The file name is the registry: see `backends/`.

A backend is one module `backends/NAME.py`, or `backends/NAME/NAME.py` where it has more files,
with a constant `TARGET = Target("NAME", doc, suffix)` and the functions of `Backend`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.errors import UnknownTarget
from qdsl.records import dataclass

if TYPE_CHECKING:
    import numpy.typing as npt

    from qdsl.ir.stages import Stage

    Given = Mapping[str, npt.ArrayLike]


@dataclass(frozen=True, slots=True)
class Target:
    """What a backend says of itself: `suffix` is the usual end of its files, dot included."""

    name: str
    doc: str
    suffix: str


class Backend(Protocol):
    """What a backend's module holds. `values` are arrays by vector name. One that makes several
    files also has `emit_files(stage, values)`, the texts by file name."""

    TARGET: Target

    def emit(self, stage: Stage, values: Given | None = None) -> Any:
        """The program as an object of the target."""

    def emit_text(self, stage: Stage, values: Given | None = None) -> str:
        """What `qdsl emit` writes to a file."""


def targets() -> tuple[Target, ...]:
    """All targets by name. Reads the backends' files and loads none of them."""
    from importlib.resources import files

    entries = [e for e in files("qdsl.backends").iterdir() if not e.name.startswith("_")]
    modules = [e.joinpath(f"{e.name}.py") if e.is_dir() else e for e in entries]
    texts = (m.read_text(encoding="utf-8") for m in modules if m.name.endswith(".py"))
    found = (_declared(text) for text in texts)
    return tuple(sorted((t for t in found if t is not None), key=lambda target: target.name))


def _declared(text: str) -> Target | None:
    """The `TARGET = Target(name, doc, suffix)` of a backend's text; None if it has none."""
    for statement in ast.parse(text).body:
        match statement:
            case ast.Assign([ast.Name("TARGET")], ast.Call(ast.Name("Target"), arguments)):
                return Target(*(ast.literal_eval(a) for a in arguments))
    return None


def load_target(name: str) -> Backend:
    """The backend called `name`; `InvalidProgram` (QDM755) if there is none."""
    known = tuple(t.name for t in targets())
    if name not in known:
        raise InvalidProgram((UnknownTarget(name, known),))
    module = import_module(f"qdsl.backends.{name}")
    if hasattr(module, "__path__"):
        module = import_module(f"qdsl.backends.{name}.{name}")
    return cast(Backend, module)
