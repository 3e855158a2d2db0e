"""Operations on qubits of a device in the gates that it has, in the directions that they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qdsl.backends.nodes.program import Pair
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.hardware.segments import PlainOp, add
from qdsl.network.devices import ONE_QUBIT, TWO_QUBIT, Device

if TYPE_CHECKING:
    from pytket.circuit import Circuit, Command


def native(
    device: Device, operations: Sequence[PlainOp], bits: int, pairs: Mapping[int, Pair],
    read: Sequence[int],
) -> Circuit:  # fmt: skip
    """The circuit in native gates on `q[0], ...`, with so many bits `c` and another one for each of
    the qubits `read` at the end, up to which the state is kept with its phases. Resets of what is
    still in |0> are left out. InternalError if a gate is not where the device has it."""
    from pytket.circuit import Circuit

    circuit = Circuit(len(device.qubits), bits + len(read))
    touched: set[int] = set()
    known = set(device.figures())
    for k, op in enumerate(operations):
        qubits = [circuit.qubits[p] for p in op.qubits]
        if op.name == "Pair":
            circuit.add_barrier(qubits, data=f"pair {pairs[k].peer} {pairs[k].number}")
        elif op.name != "Reset" or set(op.qubits) <= touched:
            for part in _directed(op, known, device.is_directed and device.gate != "cz"):
                places = [circuit.qubits[p] for p in part.qubits]
                add(circuit, part, places, circuit.bits)
        touched.update(op.qubits)
    _rebase(circuit, device)
    for k, p in enumerate(read):
        circuit.Measure(p, bits + k)
    _check(circuit, known, device)
    return circuit


def _directed(op: PlainOp, known: set[tuple[int, int]], is_directed: bool) -> Sequence[PlainOp]:
    """SWAPs as CX, and CX in the direction that is there."""
    if op.name == "SWAP":
        a, b = op.qubits
        if (a, b) not in known:
            a, b = b, a
        three = (PlainOp("CX", pair) for pair in ((a, b), (b, a), (a, b)))
        return [part for cx in three for part in _directed(cx, known, is_directed)]
    if op.name != "CX" or not is_directed or op.qubits in known:
        return [op]
    turns = [PlainOp("H", (q,), (), None, op.when) for q in op.qubits]
    return [*turns, PlainOp("CX", op.qubits[::-1], (), None, op.when), *turns]


def _rebase(circuit: Circuit, device: Device) -> None:
    from pytket.circuit import OpType
    from pytket.passes import AutoRebase, AutoSquash, RemoveRedundancies

    one = {getattr(OpType, ONE_QUBIT[name]) for name in device.one_qubit_gates}
    AutoRebase(one | {getattr(OpType, TWO_QUBIT[device.gate])}).apply(circuit)
    AutoSquash(one).apply(circuit)
    RemoveRedundancies().apply(circuit)


def commands(circuit: Circuit) -> list[Command]:
    """All but global phases, in order."""
    from pytket.circuit import Conditional, OpType

    found = []
    for command in circuit.get_commands():
        op = command.op.op if isinstance(command.op, Conditional) else command.op
        if op.type != OpType.Phase:
            found.append(command)
    return found


def _check(circuit: Circuit, known: set[tuple[int, int]], device: Device) -> None:
    either = known | {(b, a) for a, b in known} if device.gate == "cz" else known
    for command in circuit.get_commands():
        pair = tuple(q.index[0] for q in command.qubits)
        if len(pair) > 1 and pair not in either:
            raise InternalError("routing", "gates are on couplings", f"{command} on {device.name}")
