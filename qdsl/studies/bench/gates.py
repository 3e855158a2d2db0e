"""Gate lists: what the frozen circuits are made of, and the forms they are used in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, Register, Sample
from qdsl.ir.table import TableBuilder
from qdsl.ir.values import AngleBuilder
from qdsl.network.network import Network
from qdsl.records import dataclass

QASM_NAMES = {"cp": "cu1"}


class NamedGate(NamedTuple):
    """One operation of the table, by name."""

    name: str
    qubits: tuple[int, ...]
    angles: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class GateList:
    """A circuit without measurements on qubits 0 to n_qubits - 1."""

    name: str
    n_qubits: int
    gates: tuple[NamedGate, ...]

    @property
    def two_qubit_gates(self) -> int:
        return sum(len(g.qubits) > 1 for g in self.gates)

    def qasm2(self) -> str:
        """OpenQASM 2, one gate a line; its bytes are what is hashed."""
        head = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{self.n_qubits}];"]
        return "\n".join([*head, *map(_line, self.gates)]) + "\n"

    @property
    def sha256(self) -> str:
        """The hash of the gates, angles to 10 digits: equal on every machine."""
        digest = hashlib.sha256(f"{self.n_qubits}\n".encode())
        for g in self.gates:
            angles = ",".join(f"{a:.10g}" for a in g.angles)
            digest.update(f"{g.name}({angles}) {','.join(map(str, g.qubits))}\n".encode())
        return digest.hexdigest()

    def circuit(self, network: Network) -> Circuit:
        """The source circuit, of which all qubits are sampled."""
        angles, table = AngleBuilder(0), TableBuilder()
        for g in self.gates:
            given = [angles.add((a, ())) for a in g.angles]
            table.add(BY_NAME[g.name].code, g.qubits, given[0] if given else -1)
        pin = np.full(len(self.gates), -1, np.int16)
        pin.flags.writeable = False
        register = (Register("q", 0, self.n_qubits),)
        everything = (Sample(tuple(range(self.n_qubits))),)
        return Circuit(
            self.name, table.build(), angles.build((), ()), register, (), everything, network, pin
        )


def _line(g: NamedGate) -> str:
    angles = f"({','.join(map(repr, g.angles))})" if g.angles else ""
    return f"{QASM_NAMES.get(g.name, g.name)}{angles} {','.join(f'q[{q}]' for q in g.qubits)};"


def gate_list(name: str, n_qubits: int, gates: Iterable[NamedGate]) -> GateList:
    return GateList(name, n_qubits, tuple(gates))


def from_qasm(text: str, name: str) -> GateList:
    """The unitary part of an OpenQASM file: measurements, resets and barriers are left out.
    InvalidProgram if it cannot be read; ValueError if an operation depends on a measured bit."""
    from qdsl.language.qasm.files.import_qasm import read_qasm

    read = read_qasm(text, name)
    if read.inputs or read.has_scratch:
        raise ValueError("it has inputs, or an operation depends on measured bits")
    gates = []
    for row in read.rows:
        if row.condition is not None:
            raise ValueError("an operation depends on a measured bit")
        if BY_NAME[row.name].is_unitary:
            gates.append(NamedGate(row.name, row.qubits, tuple(map(_number, row.angles))))
    return gate_list(name, read.n_qubits, gates)


def _number(angle: object) -> float:
    assert isinstance(angle, float | int)
    return float(angle)
