"""The targets a program can be emitted for. The file name is the registry: see `backends/`.

A backend is one module `backends/NAME.py`, or `backends/NAME/NAME.py` where it has more files,
with a constant `TARGET = Target("NAME", doc, suffix)` and the functions of `Backend`. A name that
is not there may be that of a plug-in (`qdsl.plugins`).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.errors import UnknownTarget
from qdsl.plugins.registry import Plugin, guarded, loaded, misfit, plugin, plugin_names
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
        """What `qdsl compile --emit` writes to a file."""


def targets() -> tuple[Target, ...]:
    """All targets of qdsl by name. Reads the backends' files and loads none of them."""
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
    """The backend called `name`, a plug-in if qdsl has none; `InvalidProgram` (QDM755) if there is
    none."""
    known = tuple(t.name for t in targets())
    if name not in known:
        found = plugin("backend", name)
        if found is None:
            raise InvalidProgram((UnknownTarget(name, (*known, *plugin_names("backend"))),))
        return _of_plugin(found)
    module = import_module(f"qdsl.backends.{name}")
    if hasattr(module, "__path__"):
        module = import_module(f"qdsl.backends.{name}.{name}")
    return cast(Backend, module)


def _of_plugin(found: Plugin) -> Backend:
    made = loaded(found)
    target = getattr(made, "TARGET", None)
    if not isinstance(target, Target) or target.name != found.name:
        raise misfit(found, f"its `TARGET` is no `Target` of the name '{found.name}'")
    for name in ("emit", "emit_text"):
        if not callable(getattr(made, name, None)):
            raise misfit(found, f"it has no function `{name}`")
    several = hasattr(made, "emit_files")
    return (_SeveralFiles if several else _PluginBackend)(found, made, target)


class _PluginBackend:
    """The backend of a plug-in, whose exceptions are the plug-in's failures."""

    def __init__(self, found: Plugin, made: Any, target: Target) -> None:
        self.TARGET = target
        self._found, self._made = found, made

    def emit(self, stage: Stage, values: Given | None = None) -> Any:
        with guarded(self._found):
            return self._made.emit(stage, values)

    def emit_text(self, stage: Stage, values: Given | None = None) -> str:
        with guarded(self._found):
            text = self._made.emit_text(stage, values)
        if not isinstance(text, str):
            raise misfit(self._found, f"`emit_text` gives {type(text).__name__}, and no text")
        return text


class _SeveralFiles(_PluginBackend):
    """The backend of a plug-in that makes several files."""

    def emit_files(self, stage: Stage, values: Given | None = None) -> dict[str, str]:
        with guarded(self._found):
            return dict(self._made.emit_files(stage, values))
