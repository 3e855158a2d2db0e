"""A bill of materials (CycloneDX 1.6, JSON) of qdsl with all that is installed for it here.

    python -m tests.sbom > build/sbom.json
    python -m tests.sbom --extras circuits,train

Components are the installed distributions that qdsl and these extras (all, unless said) need,
directly or not, each with version, licence as its metadata say it, and package URL. Nothing of the
machine is in it, and no time, so that the same environment gives the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "qdsl-compiler"
NOT_USED = {"bench", "dev", "docs"}  # extras of developers
LONGEST = 80  # characters of a licence's name: some metadata have the whole text there


def extras_of(found: Distribution) -> list[str]:
    return sorted(set(found.metadata.get_all("Provides-Extra") or []) - NOT_USED)


def needed(found: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    """What a distribution asks for on this machine with these extras."""
    environments = [{"extra": extra} for extra in ("", *extras)]
    for text in found.requires or []:
        asked = Requirement(text)
        if asked.marker is None or any(asked.marker.evaluate(e) for e in environments):
            yield asked


class Materials:
    """The components by name, and on which others each depends."""

    def __init__(self, extras: Iterable[str] | None) -> None:
        root = distribution(NAME)
        self.root = _component(root, ComponentType.APPLICATION)
        self.components = {NAME: self.root}
        self.edges: dict[str, set[str]] = {}
        self._seen: set[tuple[str, tuple[str, ...]]] = set()
        self._add(root, tuple(extras_of(root) if extras is None else extras))

    def _add(self, found: Distribution, extras: tuple[str, ...]) -> None:
        name = canonicalize_name(found.name)
        if (name, extras) in self._seen:
            return
        self._seen.add((name, extras))
        edges = self.edges.setdefault(name, set())
        for asked in needed(found, extras):
            other = canonicalize_name(asked.name)
            try:
                known = distribution(other)
            except PackageNotFoundError:  # an extra that is not installed here
                continue
            if other not in self.components:
                self.components[other] = _component(known, ComponentType.LIBRARY)
            if other != name:
                edges.add(other)
            self._add(known, tuple(sorted(asked.extras)))

    def bom(self) -> Bom:
        found = Bom(components=[c for n, c in self.components.items() if n != NAME])
        found.metadata.component = self.root
        for name, component in self.components.items():
            others = sorted(self.edges.get(name, ()))
            found.register_dependency(component, [self.components[n] for n in others])
        return found


def _component(found: Distribution, kind: ComponentType) -> Component:
    name = canonicalize_name(found.name)
    url = PackageURL("pypi", None, name, found.version)
    known: Any = found.metadata  # its type knows no `get` before Python 3.12
    said = known.get("License-Expression") or known.get("License") or ""
    licence = [DisjunctiveLicense(name=said)] if said and len(said) <= LONGEST else []
    return Component(
        name=name, version=found.version, type=kind, purl=url, bom_ref=str(url), licenses=licence
    )


def text_of(extras: Iterable[str] | None = None) -> str:
    """The document; the order of everything in it is by name."""
    import json

    made = make_outputter(Materials(extras).bom(), OutputFormat.JSON, SchemaVersion.V1_6)
    document = json.loads(made.output_as_string())
    document.pop("serialNumber", None)  # drawn at random
    document["metadata"].pop("timestamp", None)
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extras", help="a list with commas; none: all but those of developers")
    asked = parser.parse_args()
    extras = None if asked.extras is None else tuple(filter(None, asked.extras.split(",")))
    print(text_of(extras), end="")


if __name__ == "__main__":
    main()
