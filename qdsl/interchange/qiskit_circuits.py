"""Circuits of Qiskit, with what its OpenQASM 3 exporter cannot write, or writes wrongly, replaced.

A gate that is no standard one becomes a gate with the same definition whose parameters are those
that occur in it; what has no definition is synthesised by Qiskit; an instruction that measures or
resets inside is put in its place. Qubits are never taken to be in |0>. Phases of the whole, which
show nowhere, are left out by the exporter.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any

from qdsl.interchange.errors import NotWritable
from qdsl.records import dataclass

MAX_DEPTH = 100  # of definitions within definitions
MAX_UNROLLED = 500_000  # operations of one loop
MOST_OF_A_GATE = 5_000  # operations of a gate that is written as one, unfolded


def writable(circuit: Any) -> Any:
    """A circuit that says the same and that Qiskit can write as OpenQASM 3. `NotWritable` names an
    operation that cannot be said."""
    try:
        return _Rewriting().circuit(circuit)
    except RecursionError:
        raise NotWritable("an instruction is defined by itself, or nested too deeply") from None


@dataclass(slots=True)
class _Rewriting:
    """`known`: gates, what they were replaced by, and the number of its operations, by id."""

    known: dict[int, tuple[Any, Any, int]] = field(default_factory=dict)
    depth: int = 0

    def circuit(self, circuit: Any) -> Any:
        found = circuit.copy_empty_like()
        for item in circuit.data:
            self._add(found, item)
        return found

    def _add(self, circuit: Any, item: Any) -> None:
        from qiskit.circuit import ControlFlowOp, ForLoopOp, Gate

        operation = item.operation
        if isinstance(operation, ForLoopOp):
            self._loop(circuit, item)
        elif isinstance(operation, ControlFlowOp):
            changed = operation.replace_blocks([self.circuit(b) for b in operation.blocks])
            circuit.append(changed, item.qubits, item.clbits, copy=False)
        elif _is_builtin(operation):
            circuit.append(operation, item.qubits, item.clbits, copy=False)
        elif isinstance(operation, Gate) and (self.depth or self._is_small(operation)):
            circuit.append(self._gate(operation)[1], item.qubits, (), copy=False)
        else:
            inner = self.circuit(_definition(operation))
            circuit.compose(inner, item.qubits, item.clbits, inplace=True, copy=False)

    def _loop(self, circuit: Any, item: Any) -> None:
        """Unrolled if its number is in angles, as `k/2` is an integer in OpenQASM."""
        from qiskit.circuit import ForLoopOp

        numbers, parameter, body = item.operation.params
        if not isinstance(numbers, range):
            numbers = tuple(numbers)
        if not numbers:  # OpenQASM has no empty sets
            return
        if not _is_unrolled(parameter, body):
            if isinstance(numbers, range) and numbers.step < 0:  # written with another end
                numbers = tuple(numbers)
            changed = ForLoopOp(numbers, parameter, self.circuit(body), item.operation.label)
            circuit.append(changed, item.qubits, item.clbits, copy=False)
            return
        if len(numbers) * body.size() > MAX_UNROLLED:
            raise NotWritable(f"a loop of more than {MAX_UNROLLED:,} operations, unrolled")
        for number in numbers:
            turn = self.circuit(body.assign_parameters({parameter: number}))
            circuit.compose(
                turn, item.qubits, item.clbits, inplace=True, copy=False, inline_captures=True
            )

    def _is_small(self, gate: Any) -> bool:
        return self._gate(gate)[2] <= MOST_OF_A_GATE

    def _gate(self, gate: Any) -> tuple[Any, Any, int]:
        from qiskit.circuit import Gate

        if id(gate) not in self.known:
            inner = self._inside(gate)
            # Qiskit takes some names for gates with attributes of their own
            found = Gate(f"{gate.name}_", gate.num_qubits, list(inner.parameters))
            found.definition = inner
            sizes = {id(new): size for _, new, size in self.known.values()}
            size = sum(sizes.get(id(item.operation), 1) for item in inner.data)
            self.known[id(gate)] = gate, found, size
        return self.known[id(gate)]

    def _inside(self, gate: Any) -> Any:
        """The definition of a gate, of gates that can be written."""
        if self.depth > MAX_DEPTH:
            raise NotWritable(f"'{_name(gate)}' is defined by too many gates within gates")
        self.depth += 1
        try:
            return self.circuit(_definition(gate))
        finally:
            self.depth -= 1


def _definition(operation: Any) -> Any:
    """What an operation does, as a circuit."""
    try:
        found = getattr(operation, "definition", None)
    except Exception as problem:  # whatever a class of the library may raise
        raise NotWritable(f"Qiskit cannot define '{_name(operation)}': {problem}") from problem
    return _synthesised(operation) if found is None else found


def _is_unrolled(parameter: Any, body: Any) -> bool:
    """Whether angles depend on the number of the turn, and every turn is carried out."""
    from qiskit.circuit import Parameter

    if not isinstance(parameter, Parameter) or parameter not in body.parameters:
        return False
    if body.num_declared_vars:
        raise NotWritable("a loop whose number is in angles and that declares variables")
    if _is_left(body):
        raise NotWritable("a loop whose number is in angles and that is left by `break`")
    return True


def _is_left(body: Any) -> bool:
    """Whether there is a `break` or `continue` of this loop."""
    from qiskit.circuit import BreakLoopOp, ContinueLoopOp, ControlFlowOp, ForLoopOp, WhileLoopOp

    for item in body.data:
        operation = item.operation
        if isinstance(operation, BreakLoopOp | ContinueLoopOp):
            return True
        is_block = isinstance(operation, ControlFlowOp)
        is_loop = isinstance(operation, ForLoopOp | WhileLoopOp)
        if is_block and not is_loop and any(map(_is_left, operation.blocks)):
            return True
    return False


def _is_builtin(operation: Any) -> bool:
    """Whether the exporter knows it as it is."""
    from qiskit.circuit import Barrier, BreakLoopOp, ContinueLoopOp, Delay, Measure, Reset, Store

    kinds = (Barrier, BreakLoopOp, ContinueLoopOp, Delay, Measure, Reset, Store)
    return isinstance(operation, kinds) or getattr(operation, "_standard_gate", None) is not None


def _synthesised(operation: Any) -> Any:
    """By Qiskit's synthesis of what is given by its meaning: annotated gates, Cliffords, ..."""
    from qiskit import QuantumCircuit
    from qiskit.transpiler.passes import HighLevelSynthesis

    name = _name(operation)
    whole = QuantumCircuit(operation.num_qubits, operation.num_clbits)
    try:
        whole.append(operation, whole.qubits, whole.clbits)
        found = HighLevelSynthesis(qubits_initially_zero=False)(whole)
    except Exception as problem:  # whatever the synthesis of one library class may raise
        raise NotWritable(f"Qiskit cannot synthesise '{name}': {problem}") from problem
    if any(_name(item.operation) == name for item in found.data):
        raise NotWritable(
            f"'{name}' has no definition on its own qubits: give it one, or transpile the circuit"
        )
    return found


def _name(operation: Any) -> str:
    """The name of an operation; of an annotated one, that of the operation inside."""
    base = getattr(operation, "base_op", None)
    return str(operation.name) if base is None else f"annotated {_name(base)}"
