"""The whole program on Aer, every node with the noise of its device, every pair with its link's.

A gate is followed by depolarising noise of the calibrated error, whether its condition holds or
not; a qubit that waits relaxes with its T1 and T2; a wrong read-out is an X before it; a pair is
born in the state of its link. A fidelity is that of the state before the read-outs at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from math import pi, sqrt
from typing import Any

import numpy as np

from qdsl.backends._layout import lay_out
from qdsl.backends.tket import build
from qdsl.diagnostics.request_error import Refused
from qdsl.hardware.calibration import decay
from qdsl.hardware.merging import KnownBit, Place, TimedOperation
from qdsl.hardware.routed import RoutedProgram
from qdsl.ir.operations import Kind
from qdsl.records import dataclass

MOST_PLACES, MOST_FINAL = 20, 10
_QISKIT = {"Rz": "rz", "Rx": "rx", "Ry": "ry", "SX": "sx", "X": "x", "H": "h", "S": "s",
           "Sdg": "sdg", "U1": "p", "U3": "u", "PhasedX": "r", "CX": "cx", "CZ": "cz",
           "ECR": "ecr"}  # fmt: skip
GateNoise = Callable[[RoutedProgram, TimedOperation], Any]  # Aer's QuantumError, or None


@dataclass(frozen=True, slots=True)
class SimulatedFidelity:
    """The share of `shots` executions whose final state passes a test that the right one always
    passes and another one with the probability of its fidelity; with its standard error."""

    fidelity: float
    standard_error: float
    shots: int


def depolarising(program: RoutedProgram, op: TimedOperation) -> Any:
    """Noise of the calibrated error, the same for all Pauli errors; None where there is none."""
    from qiskit_aer.noise import depolarizing_error

    qubits = [p for _, p in op.places]
    error, d = program.calibration(op.places[0][0]).error(op.name, qubits), 4 ** len(qubits)
    return depolarizing_error(error * d / (d - 1), len(qubits)) if error else None


def simulated_fidelity(
    program: RoutedProgram, shots: int, seed: int = 0, noise: GateNoise | None = depolarising
) -> SimulatedFidelity:
    """The fidelity of the final state; `noise`: of gates, None: nothing goes wrong at all.
    Refused for programs that are too large, or whose final state depends on measured bits."""
    wanted, final = _right_state(program)
    writer = _AerWriter(program, final, noise)
    for op in program.operations:
        if not writer.is_final(op):
            writer.write(op)
    writer.test(wanted, final)
    counts = _counts(writer, shots, seed)
    share = sum(n for key, n in counts.items() if "1" not in key) / shots
    spread = sqrt(max(share * (1 - share), 1 / shots) / shots)
    return SimulatedFidelity(share, spread, shots)


def sampled_outcomes(
    program: RoutedProgram, shots: int, seed: int = 0, is_noisy: bool = True
) -> dict[str, int]:
    """How often each outcome of the first setting's read-outs was seen, the source's first qubit
    leftmost; without noise if that is asked for. Refused for programs that are too large."""
    read = sorted(r.source_qubit for n in program.nodes.values() for r in n.readouts)
    writer = _AerWriter(program, read, depolarising if is_noisy else None)
    for op in program.operations:
        writer.write(op)
    return _counts(writer, shots, seed)


def _counts(writer: _AerWriter, shots: int, seed: int) -> dict[str, int]:
    """Of the register that is read last, its first bit leftmost."""
    from qiskit_aer import AerSimulator

    simulator = AerSimulator(
        method="statevector",
        seed_simulator=seed,
        max_parallel_threads=1,
        enable_truncation=False,
    )
    found: dict[str, int] = {}
    for key, n in simulator.run(writer.circuit, shots=shots).result().get_counts().items():
        outcome = key.split(" ")[0][::-1]
        found[outcome] = found.get(outcome, 0) + n
    return dict(sorted(found.items()))


def _right_state(program: RoutedProgram) -> tuple[Any, list[Place]]:
    """What the source makes, complex[2**k] with the first qubit first, in the bases that are read;
    and where each qubit is at the end."""
    source = program.stage.distributed.placed.circuit
    if any(row.op.kind in (Kind.MEASURE, Kind.RESET) for row in source.table):
        raise Refused("the final state depends on measured bits: its fidelity is not simulated")
    if source.n_qubits > MOST_FINAL:
        raise Refused(f"fidelities of up to {MOST_FINAL} qubits are simulated")
    layout = lay_out(source)
    circuit = build(layout, dict(program.values), {})
    bases = {r.source_qubit: r.basis for n in program.nodes.values() for r in n.readouts}
    order = {q: circuit.qubits.index(_qubit(circuit, layout.final_qubit[q]))
             for q in range(source.n_qubits)}  # fmt: skip
    for q, basis in bases.items():
        if basis != "Z":
            getattr(circuit, "H" if basis == "X" else "SX")(order[q])
    state = circuit.get_statevector().reshape([2] * circuit.n_qubits)
    rest = [k for k in range(circuit.n_qubits) if k not in order.values()]
    state = np.transpose(state, [*order.values(), *rest]).reshape(1 << source.n_qubits, -1)[:, 0]
    return state, [_place(program, q) for q in range(source.n_qubits)]


def _qubit(circuit: Any, place: tuple[str, int]) -> Any:
    from pytket.circuit import Qubit

    return Qubit(*place)


def _place(program: RoutedProgram, q: int) -> Place:
    """(node, qubit of its device); (-1, q) for one that nothing has touched."""
    made = program.stage.distributed
    wire = int(made.final_wire[q])
    v = int(made.wire_node[wire])
    routed = program.nodes.get(program.network.nodes[v].name)
    at = None if routed is None else routed.last.get(int(program.stage.slot[wire]))
    return (-1, q) if at is None else (v, at)


class _AerWriter:
    """`read`: what the last register is for, a place or a source qubit a bit; `noise`: of gates,
    None: nothing goes wrong."""

    def __init__(
        self, program: RoutedProgram, read: Sequence[Any], noise: GateNoise | None
    ) -> None:
        from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

        places = (p for p in read if isinstance(p, tuple))
        used = {p: None for op in program.operations for p in op.places} | dict.fromkeys(places)
        if len(used) > MOST_PLACES:
            raise Refused(f"the devices use {len(used)} qubits, and {MOST_PLACES} are simulated")
        self._at = {place: k for k, place in enumerate(used)}
        index = program.network.index
        self._routed = {index[name]: r for name, r in program.nodes.items()}
        self._program, self._noise = program, noise
        bits = [op.writes for op in program.operations if op.writes and not self.is_final(op)]
        known = ClassicalRegister(max(len(bits), 1), "known")
        self._last = ClassicalRegister(len(read), "last")
        self._bits: dict[KnownBit, Any] = {b: known[k] for k, b in enumerate(bits)}
        for v, routed in self._routed.items():
            for k, readout in enumerate(routed.readouts):
                if readout.source_qubit in read:
                    place = read.index(readout.source_qubit)
                    self._bits[v, routed.program.bits + k] = self._last[place]
        self.circuit = QuantumCircuit(QuantumRegister(len(used), "q"), known, self._last)

    def is_final(self, op: TimedOperation) -> bool:
        """Whether it is a read-out at the end."""
        if op.writes is None:
            return False
        v, bit = op.writes
        return bit >= self._routed[v].program.bits

    def write(self, op: TimedOperation) -> None:
        at = [self._at[p] for p in op.places]
        if op.name == "Pair":
            self.circuit.reset(at)
            self.circuit.h(at[0])
            self.circuit.cx(at[0], at[1])
        if self._noise is not None:
            self._noise_before(op, at)
        with self._when(op):
            self._do(op, at)
        if self._noise is not None and op.name not in ("Measure", "Reset", "Pair"):
            self._add(self._noise(self._program, op), at)

    def _noise_before(self, op: TimedOperation, at: Sequence[int]) -> None:
        from qiskit_aer.noise import pauli_error

        (v, p), *others = op.places
        if op.name == "Pair":
            link = self._program.network.link_between[v, others[0][0]]
            shares = [(c, x) for c, x in zip("IXYZ", link.pair_state, strict=True) if x]
            self._add(pauli_error(shares), at[1:])
        for place, q, idle in zip(op.places, at, op.idle_s, strict=True):
            self._relax(place, q, idle)
        if op.name == "Measure":
            error = self._program.calibration(v).error(op.name, [p])
            self._add(pauli_error([("X", error), ("I", 1 - error)]) if error else None, at)

    def _when(self, op: TimedOperation) -> Any:
        if op.when is None:
            return nullcontext()
        return self.circuit.if_test((self._bits[op.when[0]], op.when[1]))

    def _do(self, op: TimedOperation, at: Sequence[int]) -> None:
        if op.name == "Measure":
            assert op.writes is not None
            self.circuit.measure(at[0], self._bits[op.writes])
        elif op.name == "Reset":
            self.circuit.reset(at[0])
        elif op.name != "Pair":
            angles = [x * pi for x in op.params]
            getattr(self.circuit, _QISKIT[op.name])(*angles, *at)

    def _add(self, error: Any, at: Sequence[int]) -> None:
        """As Kraus operators, because Aer loses some where it makes these of several errors."""
        from qiskit.quantum_info import Kraus

        if error is not None:
            self.circuit.append(Kraus(error.to_quantumchannel()).to_instruction(), list(at))

    def _relax(self, place: Place, q: int, seconds: float) -> None:
        from qiskit.quantum_info import Kraus

        stays, coheres = decay(self._program.calibration(place[0]).device.qubits[place[1]], seconds)
        if coheres < 1:
            lost = [[0, sqrt(1 - stays)], [0, 0]], [[0, 0], [0, sqrt(max(stays - coheres**2, 0))]]
            found = Kraus([np.array(k, complex) for k in ([[1, 0], [0, coheres]], *lost)])
            self.circuit.append(found.to_instruction(), [q])

    def test(self, wanted: Any, final: Sequence[Place]) -> None:
        """Turn the right state to |0...0>, and measure."""
        from qiskit.circuit.library import UnitaryGate

        n = len(wanted)
        basis, _ = np.linalg.qr(np.column_stack([wanted, np.eye(n)]))
        at = [self._at[p] for p in reversed(final)]  # Qiskit's first qubit is the last of an index
        self.circuit.append(UnitaryGate(basis.conj().T), at)
        self.circuit.measure(at, list(reversed(self._last)))
