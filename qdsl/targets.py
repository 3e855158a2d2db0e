"""The targets a program can be emitted for. The file name is the registry: see `backends/`.

A backend is one module `backends/NAME.py` with a constant `TARGET` and the functions of
`Backend`. Modules whose name starts with an underscore serve several backends; modules
without `TARGET` run programs and emit none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from qdsl.diagnostics import Diagnostic, InvalidProgram, Label

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
    """What a backend's module holds. `values` are arrays by vector name."""

    TARGET: Target

    def emit(self, stage: Stage, values: Given | None = None) -> Any:
        """The program as an object of the target."""

    def emit_text(self, stage: Stage, values: Given | None = None) -> str:
        """What `qdsl emit` writes to a file."""


@dataclass(frozen=True, slots=True)
class UnknownTarget(Diagnostic):
    """No backend has the name given to `--emit`.

    Each backend is a file of `qdsl/backends`, and its name is the file's:

        qdsl emit model.qdm --emit qasm      // QDM755: there is 'qasm3', there is no 'qasm'
    """

    code: ClassVar[str] = "QDM755"
    title: ClassVar[str] = "no such target"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no target '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return ()

    def why(self) -> str:
        return "A program can be emitted for a target only if there is a backend for it."

    def help(self) -> str:
        return f"choose one of {', '.join(self.known)}"


def target_names() -> tuple[str, ...]:
    """The names of all modules that may be targets, sorted; loads nothing."""
    import qdsl.backends

    found = (module.name for module in iter_modules(qdsl.backends.__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def targets() -> tuple[Target, ...]:
    """All targets by name. Loads the backends but none of the libraries they emit for."""
    modules = (import_module(f"qdsl.backends.{name}") for name in target_names())
    return tuple(m.TARGET for m in modules if hasattr(m, "TARGET"))


def load_target(name: str) -> Backend:
    """The backend called `name`; `InvalidProgram` (QDM755) if there is none."""
    known = tuple(t.name for t in targets())
    if name not in known:
        raise InvalidProgram((UnknownTarget(name, known),))
    return cast(Backend, import_module(f"qdsl.backends.{name}"))
