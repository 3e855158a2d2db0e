"""The statements of an OpenQASM text as events, for the second reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from qdsl.language.qasm.second_reading import Doubt, GateDefinitions, NotRead, ReadEvent, of_text
from qdsl.language.qasm.unbound import ALWAYS, NEVER, written
from qdsl.language.values.truth import TooManyBits, Truth, equals
from qdsl.records import dataclass


@dataclass(slots=True)
class EventReader:
    """Walks the text once. Bits that nothing has written are 0."""

    gates: GateDefinitions
    qubits: dict[str, list[int]] = field(default_factory=dict)
    bits: dict[str, list[int]] = field(default_factory=dict)
    cells: dict[int, Truth] = field(default_factory=dict)  # what bits hold that were written
    results: int = 0
    single: set[str] = field(default_factory=set)  # registers declared without a size

    @property
    def n_qubits(self) -> int:
        return sum(map(len, self.qubits.values()))

    def events(self, test: Truth = ALWAYS, once: bool = False) -> Iterator[ReadEvent]:
        """The events up to the end of the text or of the block; of one statement if `once`."""
        t = self.gates.tokens
        while t.next not in ("", "}"):
            start, word = t.at, t.take()
            match word:
                case "OPENQASM" | "include":
                    self._to_end()
                case "gate":
                    self.gates.define()
                case "opaque" | "end":
                    raise NotRead(f"`{word}`")
                case "qreg" | "qubit":
                    self._declare(self.qubits, word == "qubit")
                case "creg" | "bit":
                    self._declare(self.bits, word == "bit")
                case "if":
                    yield from self._if(test)
                case "measure" | "reset" | "barrier":
                    yield from self._simple(word, start, test)
                case _ if word in self.bits:
                    t.at = start
                    yield from self._assigned(start, test)
                case _:
                    t.at = start
                    yield from self._gate(start, test)
            if once:
                return

    def _to_end(self) -> None:
        while self.gates.tokens.take() not in (";", ""):
            pass

    def _declare(self, registers: dict[str, list[int]], is_new: bool) -> None:
        """`qreg q[2];` or `qubit[2] q;`"""
        t = self.gates.tokens
        name, size = "" if is_new else t.take(), 1
        if t.skip("["):
            size = int(self.gates.expressions.number({}))
            t.need("]")
        elif is_new:
            self.single.add(t.next)
        name = name or t.take()
        first = sum(map(len, registers.values()))
        registers[name] = list(range(first, first + size))
        if t.skip("="):
            raise NotRead("a declaration with a value")
        t.need(";")

    def _operand(self, registers: dict[str, list[int]]) -> list[int] | int:
        t = self.gates.tokens
        name = t.take()
        if name not in registers:
            raise NotRead(f"`{name}`")
        register = registers[name]
        if not t.skip("["):
            return register[0] if len(register) == 1 and name in self.single else register
        start = t.at
        parts = [self._index()]
        while t.skip(":"):
            parts.append(self._index())
        t.need("]")
        if len(parts) == 1:
            if parts[0] is None:
                raise NotRead("an index without a number")
            return register[parts[0]]
        return self._range(register, parts, start)

    def _index(self) -> int | None:
        if self.gates.tokens.next in (":", "]"):
            return None
        found = self.gates.expressions.number({})
        if not isinstance(found, int):
            raise NotRead("an index that is no integer")
        return found

    def _range(self, register: list[int], parts: list[int | None], start: int) -> list[int]:
        step = (parts[1] if len(parts) == 3 else None) or 1
        ends = (0, len(register) - 1)[:: 1 if step > 0 else -1]
        first = ends[0] if parts[0] is None else parts[0]
        last = ends[1] if parts[-1] is None else parts[-1]
        numbers = range(first, last + (1 if step > 0 else -1), step)
        if any(not -len(register) <= k < len(register) for k in (*numbers[:1], *numbers[-1:])):
            raise NotRead("an index out of range")
        if not numbers and register:
            t = self.gates.tokens
            what = f"{':'.join('' if p is None else str(p) for p in parts)} selects nothing"
            meant = f"{first % len(register)}:{last % len(register)}"
            doubt = Doubt(t.starts[start], t.ends[t.at - 2], what, meant)
            self.gates.doubts.setdefault(start, doubt)
        return [register[k] for k in numbers]

    def _operands(self, registers: dict[str, list[int]]) -> list[list[int] | int]:
        found = []
        while self.gates.tokens.next not in (";", "->", ""):
            found.append(self._operand(registers))
            self.gates.tokens.skip(",")
        return found

    def _simple(self, kind: str, start: int, test: Truth) -> Iterator[ReadEvent]:
        """`measure a -> b;`, `reset a;`, `barrier a, b;`"""
        t = self.gates.tokens
        operands = self._operands(self.qubits)
        flat = [q for o in operands for q in ([o] if isinstance(o, int) else o)]
        into: list[int] | None = None
        if t.skip("->"):
            bits = self._operand(self.bits)
            into = [bits] if isinstance(bits, int) else bits
        t.need(";")
        if kind == "barrier":
            yield ReadEvent(kind, tuple(flat or range(self.n_qubits)), t.span_from(start))
            return
        yield from self._each(kind, flat, into, start, test)

    def _assigned(self, start: int, test: Truth) -> Iterator[ReadEvent]:
        """`b = measure a;`"""
        t = self.gates.tokens
        bits = self._operand(self.bits)
        t.need("=")
        t.need("measure")
        qubits = self._operand(self.qubits)
        t.need(";")
        lists = [[o] if isinstance(o, int) else o for o in (qubits, bits)]
        yield from self._each("measure", lists[0], lists[1], start, test)

    def _each(
        self, kind: str, qubits: list[int], bits: list[int] | None, start: int, test: Truth
    ) -> Iterator[ReadEvent]:
        if kind == "measure" and (bits is None or len(bits) != len(qubits)):
            raise NotRead("a measurement without a bit for every qubit")
        if test.constant is False:
            return
        span = self.gates.tokens.span_from(start)
        for k, qubit in enumerate(qubits):
            if bits is None:
                yield ReadEvent(kind, (qubit,), span, test)
            else:
                yield ReadEvent(kind, (qubit,), span, test, self.results)
                before = self.cells.get(bits[k], NEVER)
                self.cells[bits[k]] = written(self.results, test, before)
                self.results += 1

    def _gate(self, start: int, test: Truth) -> Iterator[ReadEvent]:
        t = self.gates.tokens
        call = self.gates.call({})
        operands = self._operands(self.qubits)
        t.need(";")
        lengths = {len(o) for o in operands if not isinstance(o, int)}
        if len(lengths) > 1:
            raise NotRead("registers of different sizes")
        if test.constant is False:
            return
        for k in range(lengths.pop() if lengths else 1):
            on = tuple(o if isinstance(o, int) else o[k] for o in operands)
            yield ReadEvent("gate", on, t.span_from(start), test, call=call)

    def _if(self, outer: Truth) -> Iterator[ReadEvent]:
        t = self.gates.tokens
        t.need("(")
        tests = self._condition()
        t.need(")")
        yield from self._branch(_both(outer, tests))
        if t.skip("else"):
            yield from self._branch(_both(outer, ~tests))

    def _branch(self, test: Truth) -> Iterator[ReadEvent]:
        t = self.gates.tokens
        if t.skip("{"):
            yield from self.events(test)
            t.need("}")
        else:
            yield from self.events(test, once=True)

    def _condition(self) -> Truth:
        t = self.gates.tokens
        signs = []
        while t.next in ("!", "~"):
            signs.append(t.take())
        bits = self._operand(self.bits)
        lane = [bits] if isinstance(bits, int) else bits
        cells = tuple(self.cells.get(bit, NEVER) for bit in lane)
        try:
            for sign in reversed(signs):
                cells = tuple(~c for c in cells) if sign == "~" else (equals(cells, 0),)
            if t.next in ("==", "!="):
                is_negated = t.take() == "!="
                found = equals(cells, self._value())
                return ~found if is_negated else found
        except TooManyBits:
            raise NotRead("a condition on so many bits") from None
        if len(cells) > 1:
            raise NotRead("a register as a condition")
        return cells[0]

    def _value(self) -> int:
        word = self.gates.tokens.next
        if word in ("true", "false"):
            self.gates.tokens.take()
            return int(word == "true")
        if word.startswith('"'):
            self.gates.tokens.take()
            return int(word.strip('"').replace("_", ""), 2)
        found = self.gates.expressions.number({})
        if not isinstance(found, int):
            raise NotRead("a comparison with another number")
        return found


def _both(outer: Truth, inner: Truth) -> Truth:
    try:
        return outer & inner
    except TooManyBits:
        raise NotRead("a condition on so many bits") from None


def reader_of(text: str, version: int) -> EventReader:
    """A reader at the start of a text without comments."""
    return EventReader(of_text(text, version))
