"""Packages with plug-ins, as an installer would leave them, and what is wrong with some."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.pass_manager import DEFAULT_PASSES
from qdsl.plugins.registry import GROUPS
from qdsl.studies.doctor import examine

BRIEF = "model m() { qubits q[2]; h q; cx q[0], q[1]; return sample(q) }"
PASS = """
from dataclasses import dataclass, replace
from typing import ClassVar
from qdsl.ir.stages import Circuit
@dataclass(frozen=True)
class made:
    api_version: ClassVar[int] = 1
    name: ClassVar[str] = "mine"
    def run(self, ir: Circuit) -> Circuit:
        {body}
"""


def installed(
    folder: Path,
    name: str,
    version: str,
    groups: Mapping[str, Mapping[str, str]],
    text: str | None,
) -> None:
    """The metadata of a package, and its module if it has a text."""
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{k} = {v}" for k, v in entries.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    if text is not None:
        (folder / f"{name.replace('-', '_')}.py").write_text(text)


def one_plugin(folder: Path, kind: str, name: str, text: str, package: str) -> None:
    """A package of one module, whose object `made` is a plug-in."""
    module = package.replace("-", "_")
    installed(folder, package, "0.3", {GROUPS[kind]: {name: f"{module}:made"}}, text)


def with_passes(*texts: str, name: str = "mine") -> Callable[[Path], object]:
    """Compiles with the pass of packages that are there meanwhile."""

    def act(folder: Path) -> object:
        place = folder / "packages"
        packages = ["other-things", "more-things"][: len(texts)]
        for package, text in zip(packages, texts, strict=True):
            one_plugin(place, "pass", name, text, package)
        sys.path.insert(0, str(place))
        try:
            if name == "mine":
                return qdsl.loads(BRIEF).compile(passes=(name, *DEFAULT_PASSES))
            problems = [p.problem for p in examine().plugins if p.problem is not None]
            raise InvalidProgram(tuple(problems))
        finally:
            sys.path.remove(str(place))
            for package in packages:
                sys.modules.pop(package.replace("-", "_"), None)

    return act


FINE = PASS.format(body="return ir")
PLUGIN_CASES: dict[str, Callable[[Path], object]] = {
    "QDM790": with_passes(FINE.replace("= 1", "= 2")),
    "QDM791": with_passes("import not_a_module"),
    "QDM792": with_passes(FINE, name="schedule"),
    "QDM793": with_passes(FINE, FINE),
    "QDM794": with_passes(FINE.replace("-> Circuit", "-> int")),
    "QDM795": with_passes(PASS.format(body="return replace(ir, pin=ir.pin[:1])")),
}
