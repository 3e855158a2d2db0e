"""The pages behind `qdsl explain`: the docstrings of the diagnostics."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from qdsl.diagnostics.diagnostic import Diagnostic, known_codes

OUTSIDE = ("qdsl.passes", "qdsl.backends", "qdsl.grammar", "qdsl.cli", "qdsl.editor",
           "qdsl.__main__")  # fmt: skip


def all_codes() -> dict[str, type[Diagnostic]]:
    """Every diagnostic there is; imports all modules but passes, backends, the editor's and
    the CLI."""
    import qdsl

    for module in pkgutil.walk_packages(qdsl.__path__, "qdsl."):
        if not module.name.startswith(OUTSIDE):
            importlib.import_module(module.name)
    return known_codes()


def explanation(code: str) -> str | None:
    """The page of one code, or None if there is none."""
    problem = all_codes().get(code)
    if problem is None:
        return None
    return f"{code}: {problem.title} ({problem.severity})\n\n{inspect.getdoc(problem)}\n"


def listing() -> str:
    """All codes with their titles, a line each."""
    return "\n".join(f"{code}  {problem.title}" for code, problem in all_codes().items())
