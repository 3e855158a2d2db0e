"""Presets: figures of known hardware, one TOML file each, with source, DOI and date.

`[link]` and `[node]` hold properties in base units (Hz, seconds), under the names that they have
in the language; what the source does not state is left out. `[uncertain]` says of a figure why it
is not to be relied upon. A projected figure has not been demonstrated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from types import MappingProxyType

from qdsl.records import dataclass


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
    """All presets by name, in alphabetical order."""
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

    d = tomllib.loads(text)
    figures = (MappingProxyType(d.get(part, {})) for part in ("link", "node", "uncertain"))
    return Preset(name, d["kind"], d["source"], d["date"], tuple(d["doi"]), *figures)
