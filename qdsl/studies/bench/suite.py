"""The cases of the suite, and one compile of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.network.network import Network
from qdsl.plugins.registry import Plugin, guarded, loaded, misfit, plugin, plugin_names
from qdsl.records import dataclass
from qdsl.studies.bench.circuits import FAMILIES, frozen
from qdsl.studies.bench.compiling import compiled
from qdsl.studies.bench.gates import GateList, from_qasm
from qdsl.studies.bench.networks import bench_network
from qdsl.studies.bench.peers import PeerResult, best_peer, stored

AMPLE = 1000  # communication qubits: as many as wanted
MOST_PROVED = 30_000  # operations that are compared with their source
SIZES = (8, 16, 32)
SPARSE = ("czf50", "qaoa3", "qft")  # families that also run on the networks below
SPARSE_NETWORKS = ("hom2", "hom3", "hom8", "line4", "ring6", "star5", "het5")


class NoCircuits(Refused):
    """A folder without OpenQASM files that can be read."""


@dataclass(frozen=True, slots=True)
class BenchCase:
    gates: GateList
    network: Network

    @property
    def name(self) -> str:
        return f"{self.gates.name} on {self.network.name}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One case. `ebits`: with as many communication qubits as wanted, as pytket-dqc and DISQCO
    assume; `limited`, `rounds`: with those that the network has. `seconds`: wall time of the
    first compile. `proved` None: too large for that here."""

    case: BenchCase
    ebits: int
    limited: int
    rounds: int
    proved: bool | None
    seconds: float
    peer: PeerResult | None

    @property
    def ratio(self) -> float | None:
        """Our ebits over those of the best valid peer; an ebit less than one counts as a half."""
        return None if self.peer is None else max(self.ebits, 0.5) / max(self.peer.ebits, 0.5)


def cases(
    families: tuple[str, ...] = (), most_gates: int | None = None, quick: bool = False
) -> list[BenchCase]:
    """The built-in cases, and those of plug-ins that are named. Refused for a family that is not
    there."""
    found = []
    for family in sorted(set(families) - set(FAMILIES)):
        found += _of_plugin(family)
    for family in FAMILIES:
        if families and family not in families:
            continue
        for n in (8,) if quick else SIZES:
            gates = frozen(family, n)
            names = ["hom4" if n >= 32 else "hom2"]
            if n >= 32 and family in SPARSE:
                names += SPARSE_NETWORKS
            found += [BenchCase(gates, bench_network(f"{name}_n{n}")) for name in names]
    return _small_enough(found, most_gates)


def _of_plugin(family: str) -> list[BenchCase]:
    """The circuits of a plug-in, each on four nodes."""
    found, made = find_instances(family)
    with guarded(found):
        texts = dict(made.circuits())
        gates = [from_qasm(str(text), str(name)) for name, text in sorted(texts.items())]
    return [BenchCase(g, bench_network(f"hom4_n{g.n_qubits}")) for g in gates if g.n_qubits > 1]


def find_instances(family: str) -> tuple[Plugin, Any]:
    """A plug-in and its object. Refused if there is none of that name."""
    found = plugin("instances", family)
    if found is None:
        there = ", ".join((*FAMILIES, *plugin_names("instances")))
        raise NoCircuits(f"no family '{family}'; there are {there}")
    made = loaded(found)
    if not callable(getattr(made, "circuits", None)):
        raise misfit(found, "it has no function `circuits`")
    return found, made


class SkippedFile(NamedTuple):
    """A file of a folder that is not compiled, and the reason."""

    file: str
    why: str


def cases_of_folder(
    folder: Path, most_gates: int | None = None
) -> tuple[list[BenchCase], list[SkippedFile]]:
    """OpenQASM files of a folder: on the networks of the stored results for these gates, else on
    four nodes. Files that cannot be read, or that use measured bits, are left out."""
    found: list[BenchCase] = []
    left_out: list[SkippedFile] = []
    for path in sorted(folder.glob("*.qasm")):
        try:
            gates = from_qasm(path.read_text(encoding="utf-8"), path.stem)
        except InvalidProgram as invalid:
            left_out.append(SkippedFile(path.name, invalid.diagnostics[0].message))
            continue
        except (ValueError, OSError) as error:
            left_out.append(SkippedFile(path.name, str(error)))
            continue
        if gates.n_qubits < 2:
            left_out.append(SkippedFile(path.name, "it has one qubit"))
            continue
        known = {r.network for r in stored() if gates.sha256.startswith(r.gates)}
        names = sorted(known) or [f"hom4_n{gates.n_qubits}"]
        found += [BenchCase(gates, bench_network(name)) for name in names]
    if not found:
        reasons = "".join(f"\n  {file}: {why}" for file, why in left_out)
        raise NoCircuits(f"{folder} has no OpenQASM files that can be read{reasons}")
    return _small_enough(found, most_gates), left_out


def _small_enough(found: list[BenchCase], most_gates: int | None) -> list[BenchCase]:
    return [c for c in found if most_gates is None or c.gates.two_qubit_gates <= most_gates]


def measured(case: BenchCase, effort: int) -> Measured:
    """One case, compiled."""
    from qdsl.analysis.cost import cost
    from qdsl.verify.methods import compare

    wide = tuple(replace(node, comm=AMPLE) for node in case.network.nodes)
    start = perf_counter()
    free = compiled(case.gates, replace(case.network, nodes=wide), effort)
    seconds = perf_counter() - start
    limited = compiled(case.gates, case.network, effort)
    source = case.gates.circuit(case.network)
    small = len(source.table) <= MOST_PROVED
    proved = compare(source, limited).verified if small else None
    found = cost(limited)
    return Measured(case, cost(free).ebits, found.ebits, found.rounds, proved, seconds,
                    best_peer(case.gates.sha256, case.network.name))  # fmt: skip
