"""What an operation of a device takes and loses, by its calibration.

Errors here are process infidelities: an average infidelity e of a gate on d dimensions, as devices
report it, is (d + 1)/d e of these (Nielsen, PLA 303, 249 (2002)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp

from qdsl.network.devices import Coupling, Device, DeviceQubit
from qdsl.network.network import Node
from qdsl.records import dataclass

VIRTUAL = frozenset({"Rz", "U1", "S", "Sdg"})  # changes of the frame: no pulse, no time, no error


@dataclass(frozen=True, slots=True)
class Calibration:
    """A device with its couplings by their qubits, in either order."""

    device: Device
    couplings: Mapping[tuple[int, int], Coupling]

    @staticmethod
    def of(device: Device) -> Calibration:
        found = device.figures()
        return Calibration(device, {(b, a): c for (a, b), c in found.items()} | found)

    def time_s(self, name: str, qubits: Sequence[int]) -> float:
        """How long an operation, by pytket's name, takes; 0 where that is not known."""
        if name in VIRTUAL:
            return 0.0
        first = self.device.qubits[qubits[0]]
        if name == "Measure":
            return first.readout_time_s or 0.0
        if name == "Reset":
            own = self.device.reset_time_s
            return (first.readout_time_s if own is None else own) or 0.0
        if len(qubits) > 1:
            return self.couplings[qubits[0], qubits[1]].time_s or 0.0
        return first.time_s or 0.0

    def error(self, name: str, qubits: Sequence[int]) -> float:
        """Process infidelity of a gate, or the probability of a wrong outcome; of a reset 0, as
        calibrations do not say it."""
        if name in VIRTUAL or name in ("Reset", "Pair"):
            return 0.0
        first = self.device.qubits[qubits[0]]
        if name == "Measure":
            return first.readout_error or 0.0
        if len(qubits) > 1:
            return min(1.25 * (self.couplings[qubits[0], qubits[1]].error or 0.0), 15 / 16)
        return min(1.5 * (first.error or 0.0), 3 / 4)

    def idle_error(self, qubit: int, seconds: float) -> float:
        """Process infidelity of waiting: (3 - exp(-t/T1) - 2 exp(-t/T2)) / 4."""
        known = self.device.qubits[qubit]
        stays, coheres = decay(known, seconds)
        return (3 - stays - 2 * coheres) / 4


def decay(qubit: DeviceQubit, seconds: float) -> tuple[float, float]:
    """exp(-t/T1) and exp(-t/T2); without a T2 it is twice T1."""
    one, two = qubit.t1_s, qubit.t2_s
    if two is None and one is not None:
        two = 2 * one
    return tuple(exp(-seconds / t) if t else 1.0 for t in (one, two))  # type: ignore[return-value]


def declared_device(node: Node) -> Device:
    """A node without a device, by its own figures: all of its qubits are joined, with CX and U."""
    made = node.physics
    t1, t2 = made.t1_ns, made.t2_ns
    comm = made.comm_t1_ns, made.comm_t2_ns

    def qubit(t1: int | None, t2: int | None) -> DeviceQubit:
        one, _, readout = (t * 1e-9 for t in node.gate_time_ns)
        times = (None if t is None else t * 1e-9 for t in (t1, t2))
        error = (1 - made.one_qubit_fidelity) / 1.5
        return DeviceQubit(error, one, 1 - made.readout_fidelity, readout, *times)

    qubits = (*[qubit(t1, t2)] * node.qubits, *[qubit(*comm)] * node.comm)
    n, error = len(qubits), (1 - node.gate_fidelity) / 1.25
    time = node.gate_time_ns[1] * 1e-9
    pairs = ((a, b) for a in range(n) for b in range(a + 1, n))
    couplings = tuple(Coupling(a, b, error, time) for a, b in pairs)
    reset = node.reset_time_ns * 1e-9
    return Device("as declared", qubits, couplings, "cx", ("u",), False, reset)
