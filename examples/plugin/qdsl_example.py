"""What the package adds to qdsl. Each object says for which version of the contract it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from qdsl.driver.targets import Target
from qdsl.ir.stages import Circuit, ScheduledCircuit, Stage
from qdsl.ir.table import TableBuilder
from qdsl.network.network import Network


@dataclass(frozen=True, slots=True)
class SkipIdentities:
    """Leave out every `id`. Pins, conditions and spans of the others are kept."""

    api_version: ClassVar[int] = 1
    name: ClassVar[str] = "skip-identities"

    keep: int = field(default=0, metadata={"help": "Keep this many of them, the first ones"})

    def run(self, ir: Circuit) -> Circuit:
        builder = TableBuilder(ir.table.words, ir.table.spans)
        is_identity = ir.table.codes("id")
        kept = np.flatnonzero(~is_identity | (np.cumsum(is_identity) <= self.keep))
        for row in kept.tolist():
            builder.copy(ir.table.row(row))
        disclosed = tuple(
            replace(d, before=int(np.searchsorted(kept, d.before))) for d in ir.disclosures
        )
        return replace(ir, table=builder.build(), pin=ir.pin[kept], disclosures=disclosed)


def _tally(stage: Stage, values: Mapping[str, Any] | None = None) -> dict[str, int]:
    """How often every operation is in the scheduled program."""
    assert isinstance(stage, ScheduledCircuit)
    names = [row.op.name for row in stage.distributed.table]
    return {name: names.count(name) for name in sorted(set(names))}


def _tally_text(stage: Stage, values: Mapping[str, Any] | None = None) -> str:
    return "".join(f"{name},{n}\n" for name, n in _tally(stage, values).items())


# A module of its own with these names would do as well.
tally = SimpleNamespace(
    api_version=1,
    TARGET=Target("tally", "how often every operation is used, as CSV", ".csv"),
    emit=_tally,
    emit_text=_tally_text,
)

# Figures in Hz and seconds, as in the files of qdsl/language/networks/presets.
EXAMPLE_LAB = {
    "api_version": 1,
    "kind": "projected",
    "source": "made up for this example",
    "date": "2026-01",
    "link": {"rate": 250.0, "fidelity": 0.95, "latency": 5e-6},
    "node": {"t1": 1.0, "gate_time": 1e-6},
    "uncertain": {"rate": "nobody has measured it"},
}


class Dealt:
    """Homes as cards are dealt: one qubit to each node in turn, to those that have room."""

    api_version: ClassVar[int] = 1

    @staticmethod
    def homes(circuit: Circuit, network: Network, seed: int) -> Iterator[list[int]]:
        """The node of every qubit; as many such lists as are worth a try."""
        room = [node.qubits for node in network.nodes]
        dealt: list[int] = []
        while len(dealt) < circuit.n_qubits:
            for node, free in enumerate(room):
                if free and len(dealt) < circuit.n_qubits:
                    room[node] -= 1
                    dealt.append(node)
        yield dealt


class Ladders:
    """Benchmark circuits, by name, as OpenQASM 2."""

    api_version: ClassVar[int] = 1

    @staticmethod
    def circuits() -> Iterator[tuple[str, str]]:
        for n in (4, 6):
            gates = "".join(f"cx q[{k}],q[{k + 1}];\n" for k in range(n - 1))
            yield f"ladder_n{n}", f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{n}];\n{gates}'
