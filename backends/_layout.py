"""Where the wires and bits of a program stand in the registers of an emitted circuit.

Every device has the dense registers `<node>_data`, `<node>_comm` and `<node>_bits`; a source
circuit keeps its own registers. A message is no operation of a circuit that stands on one
machine: the receiver's bit is another name for the sender's, so its *home* is looked up here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import field

import numpy as np

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit, DistributedCircuit, PlacedCircuit, ScheduledCircuit, Stage
from qdsl.ir.table import OpTable, Row
from qdsl.records import dataclass

Place = tuple[str, int]  # register, index


@dataclass(frozen=True, slots=True)
class LayoutStep:
    """One row to emit: qubits to reset first, its qubits, and the bits it reads and writes."""

    row: Row
    reset: tuple[Place, ...]
    qubits: tuple[Place, ...]
    condition: tuple[Place, int] | None
    writes: Place | None
    copies: Place | None = None  # for `send`: the bit that is copied


@dataclass(frozen=True, slots=True)
class RegisterLayout:
    """Registers (name, size), the steps in order, and where the source's qubits and bits end.

    `nodes` are the names that device registers begin with, by node; none for a source circuit.
    A source bit that nothing wrote or read has no place: None.
    """

    circuit: Circuit
    table: OpTable
    qubit_registers: tuple[tuple[str, int], ...]
    bit_registers: tuple[tuple[str, int], ...]
    steps: tuple[LayoutStep, ...]
    final_qubit: tuple[Place, ...]
    final_bit: tuple[Place | None, ...]
    nodes: tuple[str, ...] = ()


def lay_out(stage: Stage, copies: bool = False) -> RegisterLayout:
    """The layout of any stage; with `copies`, a sent bit is a bit of its own.

    `InternalError` if two wires would hold one physical qubit at once.
    """
    if isinstance(stage, PlacedCircuit):
        stage = stage.circuit
    if isinstance(stage, Circuit):
        return _lay_out_source(stage, copies)
    return _lay_out_devices(stage, copies)


def _lay_out_source(circuit: Circuit, copies: bool) -> RegisterLayout:
    registers = (*circuit.registers, *circuit.bit_registers)
    names = register_names(r.name for r in registers)
    places = [(n, i) for n, r in zip(names, registers, strict=True) for i in range(r.size)]
    qubits, bits = places[: circuit.n_qubits], places[circuit.n_qubits :]
    homes = _Bits(tuple(bits), fixed=True, copies=copies)
    steps = tuple(_steps(circuit.table, range(len(circuit.table)), qubits, homes))
    return RegisterLayout(
        circuit, circuit.table, _sizes(qubits), _sizes(bits), steps, tuple(qubits),
        tuple(homes.now(b) for b in range(len(bits))),
    )  # fmt: skip


def _lay_out_devices(stage: DistributedCircuit | ScheduledCircuit, copies: bool) -> RegisterLayout:
    program = stage.distributed if isinstance(stage, ScheduledCircuit) else stage
    nodes = register_names(node.name for node in program.network.nodes)
    qubits = _device_qubits(stage, nodes)
    names = [f"{node}_bits" for node in nodes]
    homes = _Bits(tuple((names[n], -1) for n in program.bit_node.tolist()), False, copies)
    steps = tuple(_steps(program.table, _order(stage), qubits, homes))
    final = tuple(qubits[w] for w in program.final_wire.tolist())
    return RegisterLayout(
        program.placed.circuit, program.table, _sizes(qubits), homes.registers(names), steps,
        final, tuple(homes.now(b) for b in program.source_bit.tolist()), tuple(nodes),
    )  # fmt: skip


def _order(stage: DistributedCircuit | ScheduledCircuit) -> Iterable[int]:
    """Rows by start time; rows that start together keep their order."""
    if isinstance(stage, DistributedCircuit):
        return range(len(stage.table))
    order: list[int] = np.argsort(stage.start_ns, kind="stable").tolist()
    return order


def _device_qubits(
    stage: DistributedCircuit | ScheduledCircuit, nodes: Sequence[str]
) -> list[Place]:
    """The place of every wire; before scheduling every wire has a qubit to itself."""
    program = stage.distributed if isinstance(stage, ScheduledCircuit) else stage
    sorts = zip(program.wire_node.tolist(), program.wire_is_comm.tolist(), strict=True)
    names = [f"{nodes[n]}_{'comm' if comm else 'data'}" for n, comm in sorts]
    if isinstance(stage, ScheduledCircuit):
        return list(zip(names, stage.slot.tolist(), strict=True))
    count: Counter[str] = Counter()
    places = []
    for name in names:
        places.append((name, count[name]))
        count[name] += 1
    return places


def _sizes(places: Iterable[Place]) -> tuple[tuple[str, int], ...]:
    """The registers that hold these places, in order of appearance."""
    sizes: dict[str, int] = {}
    for name, index in places:
        sizes[name] = max(sizes.get(name, 0), index + 1)
    return tuple(sizes.items())


def register_names(names: Iterable[str]) -> list[str]:
    """Names that pytket and OpenQASM accept, all different."""
    given: list[str] = []
    for name in names:
        safe = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
        safe = safe[:1].lower() + safe[1:]
        if not safe[:1].isalpha():
            safe = f"q{safe}"
        while safe in given:
            safe += "_"
        given.append(safe)
    return given


@dataclass(slots=True)
class _Bits:
    """Follows every bit of a program to the place that holds its value at the moment.

    `places` names each bit's own place, or with `fixed` off only its register.
    """

    places: tuple[Place, ...]
    fixed: bool
    copies: bool
    home: dict[int, Place] = field(default_factory=dict)
    names: Counter[Place] = field(default_factory=Counter)  # bits that a place is home to
    size: Counter[str] = field(default_factory=Counter)

    def now(self, bit: int) -> Place | None:
        return self.places[bit] if self.fixed else self.home.get(bit)

    def read(self, bit: int) -> Place:
        return self.now(bit) or self._fresh(bit)

    def write(self, bit: int, conditional: bool) -> Place:
        """The place a measurement writes to: a new one if the old value has another name."""
        place = self.now(bit)
        if place is None:
            return self._fresh(bit)
        if self.fixed or self.names[place] == 1:
            return place
        if conditional:
            raise InternalError("emit", "sent-bit-kept", f"bit {bit} is sent, then overwritten")
        return self._fresh(bit)

    def send(self, source: int, to: int, conditional: bool) -> tuple[Place | None, Place]:
        """The place to copy to (None: the receiver's bit is now a name for it) and from."""
        place = self.read(source)
        if self.copies or self.fixed:
            return self.write(to, conditional), place
        if conditional:
            raise InternalError("emit", "message-unconditional", f"bit {source} is sent on an if")
        self._settle(to, place)
        return None, place

    def _fresh(self, bit: int) -> Place:
        name = self.places[bit][0]
        self.size[name] += 1
        return self._settle(bit, (name, self.size[name] - 1))

    def _settle(self, bit: int, place: Place) -> Place:
        old = self.home.get(bit)
        if old is not None:
            self.names[old] -= 1
        self.home[bit] = place
        self.names[place] += 1
        return place

    def registers(self, names: Iterable[str]) -> tuple[tuple[str, int], ...]:
        return tuple((name, self.size[name]) for name in names if self.size[name])


def _steps(
    table: OpTable, order: Iterable[int], qubits: list[Place], bits: _Bits
) -> Iterable[LayoutStep]:
    tenants = _Tenants(table, qubits)
    for i in order:
        row = table.row(i)
        condition = row.condition
        read = None if condition is None else (bits.read(condition[0]), condition[1])
        if row.op.kind is Kind.SEND:
            to, source = bits.send(row.operands[0], row.attr, condition is not None)
            if to is not None:
                yield LayoutStep(row, (), (), read, to, source)
            continue
        reset = tenants.enter(row)
        writes = None
        if row.op.kind is Kind.MEASURE:
            writes = bits.write(row.attr, condition is not None)
        yield LayoutStep(row, reset, tuple(qubits[q] for q in row.operands), read, writes)


class _Tenants:
    """Which wire stands in each physical qubit; a later one finds the qubit reset."""

    def __init__(self, table: OpTable, qubits: list[Place]) -> None:
        self._qubits = qubits
        self._left = _uses(table, len(qubits))
        self._tenant: dict[Place, int] = {}

    def enter(self, row: Row) -> tuple[Place, ...]:
        if row.op.kind is Kind.BARRIER:
            return ()
        reset = []
        for wire in row.operands:
            place = self._qubits[wire]
            before = self._tenant.setdefault(place, wire)
            if before == wire:
                continue
            if self._left[before]:
                detail = f"wires {before} and {wire} meet in {place[0]}[{place[1]}]"
                raise InternalError("emit", "one-wire-a-qubit", detail)
            self._tenant[place] = wire
            reset.append(place)
        for wire in row.operands:
            self._left[wire] -= 1
        return tuple(reset)


def _uses(table: OpTable, wires: int) -> list[int]:
    """Operations on every wire, barriers and messages not counted."""
    counted = ~np.repeat(table.codes("send", "barrier"), table.arity)
    uses: list[int] = np.bincount(table.operands[counted], minlength=wires).tolist()
    return uses
