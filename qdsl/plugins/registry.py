"""Finds, loads and checks plug-ins. What a kind of plug-in has to have is checked where it is used.

Entry points are read from the metadata of installed packages: a list of names, for which no package
is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from qdsl.diagnostics.diagnostic import Diagnostic, InternalError, InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.plugins.errors import (
    PluginDoesNotFit,
    PluginDoesNotLoad,
    PluginFailed,
    PluginNamedTwice,
    PluginNameTaken,
    PluginOfOtherVersion,
)
from qdsl.records import dataclass

API_VERSION: Final = 1
# kinds, as they are called, and the groups of their entry points
GROUPS: Final = {
    "pass": "qdsl.passes",
    "backend": "qdsl.backends",
    "preset": "qdsl.presets",
    "partitioner": "qdsl.partitioners",
    "instances": "qdsl.instances",
}


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point: `package` and `version` are those of the distribution, `value` is where the
    object is, as `module:object`."""

    kind: str
    name: str
    package: str
    version: str
    value: str

    @property
    def told(self) -> str:
        """Kind, name and package, as messages have them."""
        return f"the {self.kind} '{self.name}' of {self.package} {self.version}"


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """A plug-in that had a part in a compilation, for its report."""

    kind: str
    name: str
    package: str
    version: str


def plugins(kind: str) -> tuple[Plugin, ...]:
    """All plug-ins of a kind that are installed, by name; none is loaded."""
    return _listed(GROUPS[kind], kind, tuple(sys.path))


@cache
def _listed(group: str, kind: str, path: tuple[str, ...]) -> tuple[Plugin, ...]:
    """`path`: where packages are looked for, so that another one is another list."""
    from importlib.metadata import entry_points

    found = {
        Plugin(kind, e.name, e.dist.name if e.dist else "?", e.dist.version if e.dist else "?",
               e.value)
        for e in entry_points(group=group)
    }  # fmt: skip
    return tuple(sorted(found, key=lambda p: (p.name, p.package, p.version)))


def plugin_names(kind: str) -> tuple[str, ...]:
    """The names of the plug-ins of a kind, each once."""
    return tuple(dict.fromkeys(p.name for p in plugins(kind)))


def plugin(kind: str, name: str) -> Plugin | None:
    """The plug-in of that name; None if there is none. InvalidProgram (QDM793) for several."""
    found = [p for p in plugins(kind) if p.name == name]
    if len(found) > 1:
        packages = tuple(f"{p.package} {p.version}" for p in found)
        raise InvalidProgram((PluginNamedTwice(kind, name, packages),))
    return found[0] if found else None


def loaded(found: Plugin) -> Any:
    """What the entry point of a plug-in leads to. InvalidProgram where importing it fails
    (QDM791), or where it is of another version (QDM790)."""
    from importlib.metadata import EntryPoint

    try:
        made = EntryPoint(found.name, found.value, GROUPS[found.kind]).load()
    except (Exception, SystemExit) as error:
        problem = f"{type(error).__name__}: {error}"
        raise InvalidProgram((PluginDoesNotLoad(found.told, found.value, problem),)) from error
    version = (
        made.get("api_version") if isinstance(made, dict) else getattr(made, "api_version", None)
    )
    if type(version) is not int or version != API_VERSION:
        said = "no version" if version is None else f"version {version}"
        raise InvalidProgram((PluginOfOtherVersion(found.told, said, API_VERSION),))
    return made


def misfit(found: Plugin, problem: str) -> InvalidProgram:
    """The refusal of a plug-in that lacks something (QDM794)."""
    return InvalidProgram((PluginDoesNotFit(found.told, problem),))


def failed(found: Plugin, problem: str) -> InvalidProgram:
    """The refusal of what a plug-in made (QDM795)."""
    return InvalidProgram((PluginFailed(found.told, problem),))


@contextmanager
def guarded(found: Plugin | None) -> Iterator[None]:
    """While a plug-in runs: an exception that is no message to the user is the plug-in's failure
    (QDM795). None: nothing of the kind runs."""
    try:
        yield
    except (InvalidProgram, Refused, MemoryError):
        raise
    except InternalError as error:
        if found is None:
            raise
        problem = f"its result breaks the rule '{error.rule}': {error.detail}"
        raise failed(found, problem) from error
    except Exception as error:
        if found is None:
            raise
        raise failed(found, f"{type(error).__name__}: {error}") from error


def used(named: Iterable[tuple[str, str]]) -> tuple[PluginFacts, ...]:
    """Of these kinds and names, in their order, what the plug-ins among them are."""
    found = (plugin(kind, name) for kind, name in dict.fromkeys(named))
    return tuple(PluginFacts(p.kind, p.name, p.package, p.version) for p in found if p is not None)


def examined(kind: str, built_in: Iterable[str]) -> Iterator[tuple[Plugin, Diagnostic | None]]:
    """All plug-ins of a kind, loaded, with what is wrong with each. `built_in`: the names that come
    with qdsl."""
    taken = frozenset(built_in)
    for found in plugins(kind):
        yield found, _problem(found, taken)


def _problem(found: Plugin, taken: frozenset[str]) -> Diagnostic | None:
    if found.name in taken:
        return PluginNameTaken(found.told, found.name, found.kind)
    try:
        plugin(found.kind, found.name)
        loaded(found)
    except InvalidProgram as error:
        return error.diagnostics[0]
    return None
