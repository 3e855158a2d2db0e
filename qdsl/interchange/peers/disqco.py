"""Circuits that DISQCO extracts: one Qiskit circuit of all QPUs, as OpenQASM 3.

QPU k has registers `Q<k>_q` of data qubits and `C<k>_0` of communication qubits. A pair is the
gate `EPR`; what DISQCO names as instructions (`FanOut...`, `FanIn...`, `LocalTransfer...`) is
written out (`written_out`). Bits of `cl` are those of communication, of which a QPU that needs one
is told; `result` has the outcome of every qubit of the source, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from qdsl.diagnostics.source import Source
from qdsl.interchange.peers.assembly import Assembly, Bit, Condition, Slot
from qdsl.interchange.peers.program import NotDistributed, PeerProgram
from qdsl.language.qasm.qasm_text import parse_3

FORM: Final = "circuit of DISQCO"
MAX_QUBITS: Final = 100_000
MOST_NESTED: Final = 8  # instructions in instructions
PAIR: Final = "EPR"
_PAIR_BODY: Final = re.compile(r"gate EPR(?:\(\))? (\w+), (\w+) \{\s*h \1;\s*cx \1, \2;\s*\}\s*")
_REGISTER: Final = re.compile(r"(?:Q([0-9]{1,4})_q|C([0-9]{1,4})_[0-9]+)")
_COMMUNICATION: Final = "cl"


def is_disqco(text: str) -> bool:
    """Does it look like an extracted circuit?"""
    return re.search(r"^\s*qubit\[[0-9]+\] Q[0-9]+_q;", text, re.MULTILINE) is not None


def written_out(circuit: Any) -> str:
    """OpenQASM 3 of DISQCO's Qiskit circuit, its instructions written out. `NotDistributed` where
    Qiskit cannot."""
    from qiskit import qasm3
    from qiskit.circuit import ControlFlowOp, Gate

    for _ in range(MOST_NESTED):
        made = {
            found.operation.name for found in circuit.data
            if found.operation.definition is not None
            and not isinstance(found.operation, Gate | ControlFlowOp)
        }  # fmt: skip
        if not made:
            break
        circuit = circuit.decompose(gates_to_decompose=sorted(made))
    try:
        return str(qasm3.dumps(circuit))
    except Exception as problem:
        raise NotDistributed(f"Qiskit cannot write this circuit: {problem}") from problem


def read_disqco(text: str, called: str) -> PeerProgram:
    """`NotDistributed` with the line for what the form has not, `InvalidProgram` for what is no
    OpenQASM 3."""
    reader = _DisqcoReader()
    statements = parse_3(Source(called, text), text).statements
    for statement in statements:
        reader.declare(statement)
    reader.begin()
    for number, statement in enumerate(statements):
        reader.take(statement, statements[number + 1 : number + 3])
    return reader.assembly.program(reader.comm, by_qubit=True)


class _DisqcoReader:
    def __init__(self) -> None:
        self.line = 0
        self.slots: dict[tuple[str, int], Slot] = {}
        self.comm: dict[int, int] = {}
        self.sizes: dict[str, int] = {}  # of registers of bits
        self.assembly = Assembly(FORM, [])
        self._at: dict[tuple[str, int], Bit] = {}  # where a bit was measured
        self._told: set[tuple[Bit, int]] = set()  # and who knows it since

    # ---- declarations --------------------------------------------------------------------

    def declare(self, statement: Any) -> None:
        kind = self._at_line(statement)
        if kind == "QubitDeclaration":
            name, size = statement.qubit.name, self._size(statement.size)
            match = _REGISTER.fullmatch(name)
            if match is None:
                self._wrong(f"qubits are in registers `Q<qpu>_q` and `C<qpu>_0`, not `{name}`")
            node = int(match[1] or match[2])
            for k in range(size):
                self.slots[name, k] = Slot(node, f"{name}[{k}]", match[1] is None)
            if match[1] is None:
                self.comm[node] = self.comm.get(node, 0) + size
        elif kind == "ClassicalDeclaration" and type(statement.type).__name__ == "BitType":
            self.sizes[statement.identifier.name] = self._size(statement.type.size)

    def begin(self) -> None:
        if len(self.slots) > MAX_QUBITS:
            raise NotDistributed(f"more than {MAX_QUBITS:,} qubits")
        self.assembly = Assembly(FORM, [*self.slots.values()])

    def _at_line(self, statement: Any) -> str:
        self.line = statement.span.start_line if statement.span else self.line
        return type(statement).__name__

    def _wrong(self, problem: str) -> NoReturn:
        raise NotDistributed(f"line {self.line}: {problem}")

    def _size(self, size: Any) -> int:
        value = 1 if size is None else getattr(size, "value", None)
        if not isinstance(value, int) or not 0 < value <= MAX_QUBITS:
            self._wrong(f"a register has 1 to {MAX_QUBITS:,} qubits or bits")
        return value

    # ---- steps ---------------------------------------------------------------------------

    def take(self, statement: Any, following: list[Any]) -> None:
        kind = self._at_line(statement)
        match kind:
            case "Include" | "QubitDeclaration" | "ClassicalDeclaration" | "QuantumBarrier":
                pass
            case "QuantumGateDefinition":
                self._definition(statement)
            case "QuantumGate":
                self._gate(statement, following)
            case "QuantumMeasurementStatement":
                self._measure(statement)
            case "QuantumReset":
                self.assembly.reset(self.line, self._slot(statement.qubits))
            case "BranchingStatement":
                self._branch(statement)
            case _:
                self._wrong(f"{kind} is not part of this form")

    def _definition(self, statement: Any) -> None:
        from openqasm3 import dumps

        if _PAIR_BODY.fullmatch(dumps(statement)) is None:
            self._wrong(f"the only gate that is defined is {PAIR}, as `h` and `cx` on two qubits")

    def _gate(self, statement: Any, following: list[Any]) -> None:
        name, slots = statement.name.name, [self._slot(q) for q in statement.qubits]
        if statement.modifiers:
            self._wrong("modifiers are not part of this form")
        if name == PAIR:
            if len(slots) != 2 or not all(slot.is_comm for slot in slots):
                self._wrong("a pair is made on two communication qubits")
            self.assembly.pair(self.line, slots[0], slots[1])
        elif name == "cx" and self._moves(slots, following):
            self.assembly.local_copy(self.line, slots[0], slots[1])
        else:
            self.assembly.gate(self.line, name, _texts(statement), slots)

    def _moves(self, slots: list[Slot], following: list[Any]) -> bool:
        """Is it the first step of a transfer to a fresh qubit of the same QPU? Then its control is
        measured in the X basis next."""
        if len(following) < 2 or not self.assembly.is_fresh(slots[1]):
            return False
        turn, read = following
        return (
            type(turn).__name__ == "QuantumGate"
            and turn.name.name == "h"
            and type(read).__name__ == "QuantumMeasurementStatement"
            and self._slot(turn.qubits[0]) == self._slot(read.measure.qubit) == slots[0]
            and self._place(read.target)[0] == _COMMUNICATION
        )

    def _measure(self, statement: Any) -> None:
        if statement.target is None:
            self._wrong("an outcome is kept in no bit")
        slot, place = self._slot(statement.measure.qubit), self._place(statement.target)
        if not 0 <= place[1] < self.sizes.get(place[0], 0):
            self._wrong(f"there is no bit `{place[0]}[{place[1]}]`")
        bit: Bit = (slot.node, place)
        self._at[place] = bit
        self._told = {known for known in self._told if known[0][1] != place}
        is_outcome = place[0] != _COMMUNICATION
        self.assembly.measure(
            self.line, slot, bit, self._number(place) if is_outcome else None, not is_outcome
        )

    def _number(self, place: tuple[str, int]) -> int:
        """Registers one after the other."""
        before = 0
        for name, size in self.sizes.items():
            if name == place[0]:
                break
            before += size if name != _COMMUNICATION else 0
        return before + place[1]

    def _branch(self, statement: Any) -> None:
        if statement.else_block:
            self._wrong("`else` is not part of this form")
        places = [*self._bits(statement.condition)]
        for inner in statement.if_block:
            if self._at_line(inner) != "QuantumGate" or inner.modifiers:
                self._wrong("only gates depend on bits in this form")
            name, slots = inner.name.name, [self._slot(q) for q in inner.qubits]
            if len(places) > 1 and name not in ("x", "z"):
                self._wrong(f"`{name}` depends on several bits")
            for place in places:
                condition = self._known(place, slots[0].node)
                self.assembly.gate(self.line, name, _texts(inner), slots, condition)

    def _known(self, place: tuple[str, int], node: int) -> Condition:
        """The bit at that QPU, which is told it where it was not."""
        if place not in self._at:
            self._wrong(f"bit `{place[0]}[{place[1]}]` is used before it is written")
        bit = self._at[place]
        here: Bit = (node, place)
        if bit[0] != node and (bit, node) not in self._told:
            self.assembly.message(self.line, bit, here)
            self._told.add((bit, node))
        return here, 1

    def _bits(self, condition: Any) -> Iterator[tuple[str, int]]:
        """Of a bit, or an exclusive or of some; also compared with `true` or 1."""
        kind = type(condition).__name__
        if kind == "BinaryExpression" and condition.op.name == "^":
            yield from self._bits(condition.lhs)
            yield from self._bits(condition.rhs)
        elif kind == "BinaryExpression" and condition.op.name == "==":
            if getattr(condition.rhs, "value", None) not in (1, True):
                self._wrong("bits are compared with 1 only in this form")
            yield from self._bits(condition.lhs)
        elif kind == "IndexExpression":
            yield self._place(condition)
        else:
            self._wrong("a condition is a bit, or an exclusive or of bits, in this form")

    def _slot(self, operand: Any) -> Slot:
        found = self.slots.get(self._place(operand))
        if found is None:
            self._wrong("there is no such qubit")
        return found

    def _place(self, operand: Any) -> tuple[str, int]:
        if type(operand).__name__ == "IndexExpression":
            name, indices = getattr(operand.collection, "name", ""), [operand.index]
        else:
            name, indices = getattr(operand.name, "name", ""), getattr(operand, "indices", [])
        if len(indices) == 1 and isinstance(indices[0], list) and len(indices[0]) == 1:
            index = getattr(indices[0][0], "value", None)
            if isinstance(index, int):
                return name, index
        self._wrong("qubits and bits are named with their index, such as `Q0_q[1]`")


def _texts(statement: Any) -> tuple[str, ...]:
    from openqasm3 import dumps

    return tuple(dumps(argument) for argument in statement.arguments)
