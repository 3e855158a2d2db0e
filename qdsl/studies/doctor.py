"""What is installed beside qdsl, and what is missing: `qdsl doctor`."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from qdsl import __version__
from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.plugins.registry import GROUPS, Plugin, examined
from qdsl.records import dataclass

SCHEMA: Final = "qdsl-doctor/1"
REQUIRED: Final = ("click", "lark", "networkx", "numpy", "scipy")


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of qdsl: its packages, and what it adds."""

    name: str
    packages: tuple[str, ...]
    adds: str

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"pip install 'qdsl-compiler[{self.name}]'"


EXTRAS: Final = (
    Extra(
        "circuits",
        ("pytket", "pytket-qiskit"),
        "reading and writing OpenQASM, `--emit tket` and `qiskit`, devices, shots by Aer",
    ),
    Extra("cirq", ("cirq-core",), "`--emit cirq`"),
    Extra("clifford", ("stim",), "`--emit stim`, noise of Clifford programs of any size"),
    Extra("cluster", ("distributed",), "`--cluster`, work on other machines"),
    Extra("editor", ("pygls",), "`qdsl lsp`, the language server"),
    Extra("exact", ("highspy",), "`--exact`, placements with provably fewest ebits"),
    Extra("loops", ("numba",), "machine code for large programs where there is no C compiler"),
    Extra("netqasm", ("netqasm",), "`--emit netqasm`"),
    Extra("nodes", ("pyzmq",), "`--nodes`, every node in a process of its own"),
    Extra("partition", ("mtkahypar",), "`--library-starts`, starts by Mt-KaHyPar"),
    Extra("pennylane", ("pennylane",), "`--emit pennylane`"),
    Extra("pictures", ("matplotlib",), "`qdsl draw -o x.png` and `.pdf`"),
    Extra("qir", ("pyqir",), "`--emit qir`"),
    Extra("simulate", ("jax",), "`qdsl run`, gradients and expressivity by simulation"),
    Extra("train", ("optax", "safetensors"), "training, parameters as safetensors"),
)


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plug-in, and what is wrong with it; None: it can be used."""

    plugin: Plugin
    problem: Diagnostic | None


@dataclass(frozen=True, slots=True)
class Doctor:
    """`packages`: installed versions by name, None for what is missing. `cache`: the folder for
    machine code, None: there is none that is ours alone, so that nothing is kept."""

    qdsl: str
    python: str
    packages: dict[str, str | None]
    plugins: tuple[FoundPlugin, ...]
    cache: str | None

    def missing(self) -> tuple[Extra, ...]:
        """The extras that are not wholly installed."""
        return tuple(x for x in EXTRAS if any(self.packages[p] is None for p in x.packages))

    def to_json(self) -> dict[str, Any]:
        missing = self.missing()
        return {
            "schema": SCHEMA,
            "qdsl": self.qdsl,
            "python": self.python,
            "packages": {name: self.packages[name] for name in REQUIRED},
            "extras": [
                {
                    "name": x.name,
                    "packages": {p: self.packages[p] for p in x.packages},
                    "adds": x.adds,
                    "install": x.install if x in missing else None,
                }
                for x in EXTRAS
            ],
            "plugins": [_plugin_json(p) for p in self.plugins],
            "cache": self.cache,
        }


def _plugin_json(found: FoundPlugin) -> dict[str, Any]:
    p, problem = found.plugin, found.problem
    said = (
        None
        if problem is None
        else {
            "code": problem.code,
            "message": problem.message,
            "why": problem.why,
            "help": problem.help,
        }
    )
    return {
        "kind": p.kind,
        "name": p.name,
        "package": p.package,
        "version": p.version,
        "problem": said,
    }


def examine() -> Doctor:
    """What is installed. Plug-ins are loaded, to see whether they can be used."""
    from qdsl.ir.native.folder import own_folder

    names = (*REQUIRED, *(p for x in EXTRAS for p in x.packages))
    folder = own_folder()
    return Doctor(
        __version__,
        platform.python_version(),
        {name: _version(name) for name in names},
        tuple(_plugins()),
        None if folder is None else str(folder),
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _plugins() -> list[FoundPlugin]:
    from qdsl.driver.pass_manager import find_pass, pass_names
    from qdsl.driver.targets import load_target, targets
    from qdsl.language.networks.presets import find_preset, presets
    from qdsl.passes.partition.plugin_starts import NONE, find_partitioner
    from qdsl.studies.bench.circuits import FAMILIES
    from qdsl.studies.bench.suite import find_instances

    ours: dict[str, tuple[str, ...]] = {
        "pass": pass_names(),
        "backend": tuple(t.name for t in targets()),
        "preset": tuple(presets()),
        "partitioner": (NONE,),
        "instances": tuple(FAMILIES),
    }
    finders = {
        "pass": find_pass,
        "backend": load_target,
        "preset": find_preset,
        "partitioner": find_partitioner,
        "instances": find_instances,
    }
    found = []
    for kind in GROUPS:
        for plugin, problem in examined(kind, ours[kind]):
            found.append(FoundPlugin(plugin, problem or _misfit(finders[kind], plugin.name)))
    return found


def _misfit(find: Any, name: str) -> Diagnostic | None:
    """What is wrong with a plug-in that loads."""
    try:
        find(name)
    except InvalidProgram as error:
        return error.diagnostics[0]
    return None
