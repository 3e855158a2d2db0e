"""Circuits of stim as OpenQASM 3.

Every instruction is decomposed by stim itself into H, S, CX, measurements and resets; bit k is the
k-th record. stim's own exporter is not used: in version 1.16 it writes conditions on an array that
nothing declares, and leaves out that a measurement errs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from qdsl.diagnostics.numbers import integer
from qdsl.interchange.errors import NotWritable

if TYPE_CHECKING:
    import stim

MOST = 200_000  # targets of all instructions, with loops unrolled
ANNOTATIONS: Final = frozenset(
    {"DETECTOR", "OBSERVABLE_INCLUDE", "QUBIT_COORDS", "SHIFT_COORDS", "TICK"}
)
IDENTITIES: Final = frozenset({"I", "II", "I_ERROR", "II_ERROR"})
_WRITTEN: Final = {"H": "h", "S": "s", "CX": "cx"}
_FEEDBACK: Final = {  # gates that a record can control: the Pauli, and where that stands
    "CX": "x", "CY": "y", "CZ": "z", "XCZ": "x", "YCZ": "y",
}  # fmt: skip


def written(circuit: stim.Circuit) -> str:
    """OpenQASM of a circuit without noise. `NotWritable` names an instruction that cannot be said.

    Qubits without an operation are left out, and so are detectors, coordinates and ticks."""
    if _size(circuit) > MOST:
        raise NotWritable(f"its loops unroll to more than {integer(MOST)} targets of instructions")
    flat = circuit.flattened()
    used = sorted({t.value for one in _acting(flat) for t in one.targets_copy() if _is_qubit(t)})
    writer = _RecordWriter({qubit: f"q[{k}]" for k, qubit in enumerate(used)})
    body = [line for one in _acting(flat) for line in writer.instruction(one)]
    head = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    head += [f"qubit[{len(used)}] q;"] if used else []
    head += [f"bit[{writer.records}] rec;"] if writer.records else []
    return "\n".join([*head, *body, ""])


def _size(circuit: Any) -> int:
    """Targets of all instructions; loops may repeat 10**18 times."""
    total = 0
    for one in circuit:
        if one.name == "REPEAT":
            total += one.repeat_count * _size(one.body_copy())
        else:
            total += 1 + len(one.targets_copy())
    return total


def _acting(flat: stim.Circuit) -> Iterator[Any]:
    return (one for one in flat if one.name not in ANNOTATIONS)


def _is_qubit(target: stim.GateTarget) -> bool:
    return target.qubit_value is not None


class _RecordWriter:
    """Writes instructions in order and counts the records that they make."""

    def __init__(self, qubits: Mapping[int, str]) -> None:
        self._qubits = qubits
        self.records = 0

    def instruction(self, one: Any) -> Iterator[str]:
        import stim

        gate = stim.gate_data(one.name)
        if one.name in IDENTITIES:
            return
        acts = gate.is_unitary or gate.is_reset or gate.produces_measurements
        errs = any(one.gate_args_copy())
        if not errs and not acts:  # noise with probability 0
            return
        if errs or one.name.startswith("HERALDED"):
            raise NotWritable(
                f"`{one}` is noise: `stim.Circuit.without_noise` takes it out, and the fidelities "
                "of nodes and links bring it in"
            )
        for group in one.target_groups():
            if one.name == "MPAD":
                yield f"rec[{self.records}] = {group[0].value};"
                self.records += 1
            else:
                yield from self._group(one.name, gate, _factors(group))

    def _group(self, name: str, gate: Any, targets: list[stim.GateTarget]) -> Iterator[str]:
        import stim

        if any(t.is_sweep_bit_target for t in targets):
            raise NotWritable(f"`{name} {targets[0]}` depends on a sweep bit, which has no value")
        if any(t.is_measurement_record_target for t in targets):
            yield from self._feedback(name, targets)
            return
        flips = sum(t.is_inverted_result_target for t in targets) % 2
        if flips and not gate.produces_measurements:  # the inverse of `SPP`
            name, flips = gate.inverse.name, 0
        plain = stim.Circuit()
        plain.append(name, list(_joined(_upright(targets), gate)))
        for step in plain.decomposed():
            for part in step.target_groups():
                yield from self._step(step.name, [self._qubits[t.value] for t in part], flips)

    def _step(self, name: str, at: list[str], flips: int) -> Iterator[str]:
        if name == "M":
            turned = [f"x {at[0]};"] * flips
            yield from (*turned, f"rec[{self.records}] = measure {at[0]};", *turned)
            self.records += 1
        elif name == "R":
            yield f"reset {at[0]};"
        elif name != "TICK":
            yield f"{_WRITTEN[name]} {', '.join(at)};"

    def _feedback(self, name: str, targets: list[stim.GateTarget]) -> Iterator[str]:
        """A Pauli that a record decides on; of two records that control one another nothing."""
        if all(t.is_measurement_record_target for t in targets):
            return
        record, qubit = sorted(targets, key=lambda t: not t.is_measurement_record_target)
        bit, pauli = self.records + record.value, _FEEDBACK.get(name)
        if pauli is None or bit < 0:
            raise NotWritable(f"`{name} {targets[0]} {targets[1]}` has no record to depend on")
        if name == "CZ" or targets.index(record) == (0 if name.startswith("C") else 1):
            yield f"if (rec[{bit}]) {{ {pauli} {self._qubits[qubit.value]}; }}"
        else:
            raise NotWritable(f"`{name}` would turn a record")


def _factors(group: Iterable[stim.GateTarget]) -> list[stim.GateTarget]:
    return [t for t in group if not t.is_combiner]


def _upright(targets: Iterable[stim.GateTarget]) -> Iterator[stim.GateTarget]:
    """Without the signs that turn a result round."""
    import stim

    for t in targets:
        if t.pauli_type == "I":
            yield stim.GateTarget(t.value)
        else:
            yield stim.target_pauli(t.value, t.pauli_type)


def _joined(targets: Iterable[stim.GateTarget], gate: Any) -> Iterator[stim.GateTarget]:
    """With `*` between the factors of a Pauli product."""
    import stim

    for k, t in enumerate(targets):
        if k and gate.takes_pauli_targets:
            yield stim.target_combiner()
        yield t
