"""What the report says of the nodes' devices: numbers alone."""

from __future__ import annotations

from qdsl.records import dataclass

FORMULA = (
    "product over all operations of 1 - error: (d + 1)/d times the calibrated error of a gate on d "
    "dimensions, (3 - exp(-t/T1) - 2 exp(-t/T2))/4 of a qubit that waits, read-outs on the way, "
    "and the links' pairs"
)


@dataclass(frozen=True, slots=True)
class GateCount:
    """How many gates of one name, Qiskit's or pytket's, a node's circuit has."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class DevicePlace:
    """A qubit of a node, `data[0]` or `comm[1]`, on its device: where it begins and ends."""

    qubit: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A node's circuit in native gates. `depth` counts all operations, `two_qubit_depth` gates on
    two qubits alone; `fidelity`: that nothing goes wrong at this node (see `FORMULA`)."""

    node: str
    device: str
    qubits: int
    gates: tuple[GateCount, ...]
    two_qubit_gates: int
    depth: int
    two_qubit_depth: int
    swaps: int
    measurements: int
    resets: int
    fidelity: float
    places: tuple[DevicePlace, ...]


@dataclass(frozen=True, slots=True)
class CalibratedErrors:
    """1 minus the product over the operations of each cause; `final_readout` is not in the
    fidelity, which is that of the state before."""

    links: float
    memory: float
    one_qubit_gates: float
    two_qubit_gates: float
    readout: float
    final_readout: float


@dataclass(frozen=True, slots=True)
class HardwareFacts:
    """The program on the devices. `fidelity`: that nothing goes wrong, by `FORMULA`, which is a
    lower bound on the fidelity of the final state under Pauli noise; `fidelity_at_most`:
    (1 + q)/2, where q is the probability that no gate on two qubits depolarises its qubits.
    `makespan_ns`: with the devices' times and the links' mean rates."""

    nodes: tuple[DeviceFacts, ...]
    fidelity: float
    fidelity_at_most: float
    makespan_ns: int
    errors: CalibratedErrors
