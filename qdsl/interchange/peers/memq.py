"""Distributed OpenQASM 3 as memQ's compiler (memQ-DQC, now xDQC) writes it.

Node k has registers `q<k>` of data qubits and `c<k>` of communication qubits. What the remote gates
mean is said in `qdsl.backends.memq`; `rswap` exchanges two data qubits by two pairs. The compiler
counts communication qubits behind the data qubits of their node (`c2[4]` of `qubit[2] c2`), which
is taken as it is meant, and remarked upon.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from typing import Any, Final

from qdsl.diagnostics.source import Source
from qdsl.interchange.peers.program import (
    CatBegins,
    CatEnds,
    Exchange,
    Half,
    NotDistributed,
    PeerGate,
    PeerMeasure,
    PeerPair,
    PeerProgram,
    PeerStep,
)
from qdsl.language.qasm.qasm_text import parse_3
from qdsl.records import dataclass

FORM: Final = "OpenQASM 3 of memQ's compiler"
REMOTE: Final = {"rcx": "cx", "rcz": "cz", "rcp": "cp", "rcry": "cry"}
_SAID = re.compile(
    r"^\s*(?:catent|catdisent|rswap|rc(?:x|z|p|ry)\b)|distgates\.inc|^qubit\[[0-9]+\] c0;",
    re.MULTILINE,
)
_REGISTER = re.compile(r"([qc])([0-9]{1,4})")
MAX_QUBITS = 100_000


def is_memq(text: str) -> bool:
    return _SAID.search(text) is not None


def read_memq(text: str, called: str) -> PeerProgram:
    """`NotDistributed` with the line for what the form has not, `InvalidProgram` for what is no
    OpenQASM 3."""
    reading = _MemqReading()
    for statement in parse_3(Source(called, text), text).statements:
        reading.line = statement.span.start_line if statement.span else 0
        reading.take(statement)
    return reading.program()


@dataclass(slots=True)
class _MemqReading:
    line: int = 0
    data: dict[int, int] = field(default_factory=dict)  # sizes of `q<k>`
    comm: dict[int, int] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)
    calls: list[tuple[int, Any]] = field(default_factory=list)
    first: dict[int, int] = field(default_factory=dict)  # index of a node's first data qubit
    is_shifted: bool = False  # communication qubits are counted behind the data qubits
    is_plain: bool = False  # or from 0 on

    def take(self, statement: Any) -> None:
        kind = type(statement).__name__
        match kind:
            case "QubitDeclaration":
                self._declare(statement)
            case "ClassicalDeclaration" if type(statement.type).__name__ == "BitType":
                self.bits[statement.identifier.name] = self._size(statement.type.size)
            case "QuantumGate" | "QuantumMeasurementStatement":
                self.calls.append((self.line, statement))
            case "Include" | "QuantumBarrier":
                pass
            case _:
                raise self._wrong(f"{kind} is not part of this form")

    def _wrong(self, problem: str) -> NotDistributed:
        return NotDistributed(f"line {self.line}: {problem}")

    def _size(self, size: Any) -> int:
        value = 1 if size is None else getattr(size, "value", None)
        if not isinstance(value, int) or not 0 < value <= MAX_QUBITS:
            raise self._wrong(f"a register has 1 to {MAX_QUBITS:,} qubits or bits")
        return value

    def _declare(self, statement: Any) -> None:
        name = statement.qubit.name
        found = _REGISTER.fullmatch(name)
        if found is None:
            raise self._wrong(f"qubits are in registers `q<node>` and `c<node>`, not `{name}`")
        sizes = self.data if found[1] == "q" else self.comm
        sizes[int(found[2])] = self._size(statement.size)

    def program(self) -> PeerProgram:
        names: list[str] = []
        node_of: list[int] = []
        for node in sorted(self.data):
            self.first[node] = len(names)
            names += [f"q{node}[{i}]" for i in range(self.data[node])]
            node_of += [node] * self.data[node]
        if len(names) > MAX_QUBITS:
            raise NotDistributed(f"more than {MAX_QUBITS:,} qubits")
        steps = []
        for line, statement in self.calls:
            self.line = line
            steps.append(self._step(statement))
        remarks = ("communication qubits are counted behind the data qubits of their node, which "
                   "OpenQASM does not allow",) if self.is_shifted else ()  # fmt: skip
        return PeerProgram(
            FORM, tuple(node_of), tuple(names), self.comm, self.bits, tuple(steps), remarks
        )

    # ---- steps ---------------------------------------------------------------------------

    def _step(self, statement: Any) -> PeerStep:
        if type(statement).__name__ == "QuantumMeasurementStatement":
            return self._measure(statement)
        name = statement.name.name
        special = self._special(name)
        if special is not None:
            return special(statement)
        qubits = tuple(self._qubit(q) for q in statement.qubits)
        modifiers = "".join(f"{_modifier(m)} @ " for m in statement.modifiers)
        return PeerGate(self.line, modifiers + name, _angles(statement), qubits)

    def _special(self, name: str) -> Callable[[Any], PeerStep] | None:
        if name in REMOTE:
            return self._remote
        known = {"catent": self._cat, "catdisent": self._cat, "rswap": self._exchange}
        return known.get(name)

    def _operands(self, statement: Any, number: int) -> list[Any]:
        if len(statement.qubits) != number or statement.modifiers:
            raise self._wrong(f"`{statement.name.name}` has {number} qubits, and no modifier")
        return list(statement.qubits)

    def _remote(self, statement: Any) -> PeerGate:
        a, b, near, far = self._operands(statement, 4)
        qubits = self._qubit(a), self._qubit(b)
        name = REMOTE[statement.name.name]
        return PeerGate(self.line, name, _angles(statement), qubits, self._pair(near, far))

    def _cat(self, statement: Any) -> CatBegins | CatEnds:
        a, b, near, far = self._operands(statement, 4)
        self._qubit(b)
        kind = CatBegins if statement.name.name == "catent" else CatEnds
        return kind(self.line, self._qubit(a), self._pair(near, far))

    def _exchange(self, statement: Any) -> Exchange:
        a, b, *halves = self._operands(statement, 6)
        pairs = self._pair(*halves[:2]), self._pair(*halves[2:])
        return Exchange(self.line, (self._qubit(a), self._qubit(b)), pairs)

    def _measure(self, statement: Any) -> PeerMeasure:
        if statement.target is None:
            raise self._wrong("an outcome is kept in no bit")
        name, index = self._place(statement.target)
        if not 0 <= index < self.bits.get(name, 0):
            raise self._wrong(f"there is no bit `{name}[{index}]`")
        return PeerMeasure(self.line, self._qubit(statement.measure.qubit), (name, index))

    def _pair(self, near: Any, far: Any) -> PeerPair:
        return PeerPair(self._half(near), self._half(far))

    def _half(self, operand: Any) -> Half:
        name, index = self._place(operand)
        found = _REGISTER.fullmatch(name)
        if found is None or found[1] != "c" or int(found[2]) not in self.comm:
            raise self._wrong(f"`{name}` is no register of communication qubits")
        node = int(found[2])
        size, behind = self.comm[node], self.data.get(node, 0)
        if not 0 <= index < size + behind:
            raise self._wrong(f"there is no communication qubit `{name}[{index}]`")
        self.is_shifted |= index >= size
        self.is_plain |= index < behind
        if self.is_shifted and self.is_plain:
            raise self._wrong("communication qubits are counted from 0 here, and elsewhere behind "
                              "the data qubits")  # fmt: skip
        return Half(node, f"{name}[{index}]")

    def _qubit(self, operand: Any) -> int:
        name, index = self._place(operand)
        found = _REGISTER.fullmatch(name)
        if found is None or found[1] != "q" or int(found[2]) not in self.data:
            raise self._wrong(f"`{name}` is no register of data qubits")
        node = int(found[2])
        if not 0 <= index < self.data[node]:
            raise self._wrong(f"there is no data qubit `{name}[{index}]`")
        return self.first[node] + index

    def _place(self, operand: Any) -> tuple[str, int]:
        indices = getattr(operand, "indices", None)
        if indices and len(indices) == 1 and isinstance(indices[0], list) and len(indices[0]) == 1:
            index = getattr(indices[0][0], "value", None)
            if isinstance(index, int):
                return operand.name.name, index
        raise self._wrong("qubits and bits are named with their index, such as `q0[1]`")


def _angles(statement: Any) -> tuple[str, ...]:
    from openqasm3 import dumps

    return tuple(dumps(argument) for argument in statement.arguments)


def _modifier(modifier: Any) -> str:
    from openqasm3 import dumps

    name = modifier.modifier.name
    return name if modifier.argument is None else f"{name}({dumps(modifier.argument)})"
