"""Presets: figures of known hardware, one TOML file each, with source, DOI and date.

`[link]` and `[node]` hold properties in base units (Hz, seconds), under the names that they have
in the language; what the source does not state is left out. `[uncertain]` says of a figure why it
is not to be relied upon. A projected figure has not been demonstrated. A name that is not there may
be that of a plug-in (`qdsl.plugins`), a mapping with the same keys.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from math import isfinite
from types import MappingProxyType
from typing import Any

from qdsl.language.networks.network_properties import LINK, NODE, Sort
from qdsl.plugins.registry import Plugin, loaded, misfit, plugin, plugin_names
from qdsl.records import dataclass

KINDS = ("demonstrated", "projected", "ideal")


@dataclass(frozen=True, slots=True)
class Preset:
    """`kind`: "demonstrated", "projected" or "ideal"."""

    name: str
    kind: str
    source: str
    date: str
    doi: tuple[str, ...]
    link: Mapping[str, float]
    node: Mapping[str, float]
    uncertain: Mapping[str, str]

    @property
    def origin(self) -> str:
        """Kind, source, DOI, date, and which figures are uncertain."""
        return self.origin_of({**self.link, **self.node})

    def origin_of(self, kept: Collection[str]) -> str:
        """Kind, source, DOI, date, which of the figures in `kept` are uncertain, and which figures
        of the preset are not kept, as a program replaces them."""
        dois = "".join(f", doi:{doi}" for doi in self.doi)
        doubts = [f"{n} uncertain: {why}" for n, why in self.uncertain.items() if n in kept]
        replaced = sorted({*self.link, *self.node} - set(kept))
        own = [f"not from the preset here: {', '.join(replaced)}"] if replaced else []
        return "; ".join([f"{self.kind}: {self.source} ({self.date}){dois}", *doubts, *own])


@cache
def presets() -> Mapping[str, Preset]:
    """All presets of qdsl by name, in alphabetical order."""
    from importlib import resources  # no program without presets waits for it

    files = (f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml"))
    found = (_read(f.name.removesuffix(".toml"), f.read_text("utf-8")) for f in files)
    return MappingProxyType({p.name: p for p in sorted(found, key=lambda p: p.name)})


def link_presets() -> tuple[str, ...]:
    return tuple(p.name for p in presets().values() if p.link)


def node_presets() -> tuple[str, ...]:
    return tuple(p.name for p in presets().values() if p.node)


def _read(name: str, text: str) -> Preset:
    import tomllib  # no program without presets waits for it

    return _preset(name, tomllib.loads(text))


def _preset(name: str, d: Mapping[str, Any]) -> Preset:
    figures = (MappingProxyType(d.get(part, {})) for part in ("link", "node", "uncertain"))
    return Preset(name, d["kind"], d["source"], d["date"], tuple(d["doi"]), *figures)


def find_preset(name: str) -> Preset | None:
    """The preset of that name, a plug-in if qdsl has none; None if there is none. InvalidProgram
    for a plug-in that cannot be used."""
    if name in presets():
        return presets()[name]
    found = plugin("preset", name)
    return None if found is None else _of_plugin(found)


def preset_names() -> tuple[str, ...]:
    """The names of all presets, those of plug-ins behind those of qdsl."""
    return (*presets(), *(n for n in plugin_names("preset") if n not in presets()))


def _of_plugin(found: Plugin) -> Preset:
    given = loaded(found)
    if not isinstance(given, dict):
        raise misfit(found, "a preset is a dict")
    for key in ("kind", "source", "date"):
        if not isinstance(given.get(key), str):
            raise misfit(found, f"it has no text '{key}'")
    if given["kind"] not in KINDS:
        raise misfit(found, f"its kind is none of {', '.join(KINDS)}")
    _require_figures(found, given.get("link", {}), LINK, "link")
    _require_figures(found, given.get("node", {}), NODE, "node")
    if not (given.get("link") or given.get("node")):
        raise misfit(found, "it has figures neither of links nor of nodes")
    if not isinstance(given.get("uncertain", {}), dict):
        raise misfit(found, "`uncertain` is a dict of reasons")
    return _preset(found.name, {"doi": (), **given})


def _require_figures(found: Plugin, figures: Any, known: Mapping[str, Sort], part: str) -> None:
    if not isinstance(figures, dict):
        raise misfit(found, f"`{part}` is a dict of figures")
    for name, value in figures.items():
        if name not in known or known[name].dimension in ("name", "state"):
            raise misfit(found, f"a {part} has no figure '{name}'")
        sort = known[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise misfit(found, f"`{part}.{name}` is no finite number")
        above = value > 0 or sort.dimension not in ("fidelity", "limit", "some")
        if value < 0 or not above or (sort.dimension == "fidelity" and value > 1):
            raise misfit(found, f"`{part}.{name}` is {value:g}: give {sort.wanted}")
