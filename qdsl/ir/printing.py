"""Any stage of a program as text, one operation a line, the same every time.

      12  cz          q[0], q[1]                        @bob  if c[0]==1  // two_party.qdm:7

A source circuit names its own qubits and bits; `@bob` is a pin, in a placed circuit the site,
and `q[0]@alice` an operand that lives elsewhere. A distributed program has wires,
`alice.data.4` and `bob.comm.5`, and bits, `alice.bit.0`, by number; a scheduled one the
physical qubits `alice.data[0]`, `bob.comm[1]`, with start and end in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

from qdsl.ir.encodings import Scale
from qdsl.ir.operations import Attr, Kind
from qdsl.ir.print_values import angle_text, number_text, reference_text, scaled_text
from qdsl.ir.stages import (
    ROLES,
    Circuit,
    DistributedCircuit,
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    PauliTerm,
    PlacedCircuit,
    Probability,
    Sample,
    ScheduledCircuit,
    Stage,
)
from qdsl.ir.table import OpTable, Row
from qdsl.ir.values import Values
from qdsl.records import dataclass


def print_ir(stage: Stage) -> str:
    """The whole stage as text, line break at the end."""
    return "".join(f"{line}\n" for line in lines(stage))


def lines(stage: Stage) -> Iterator[str]:
    """The lines of `print_ir`, made as they are asked for."""
    match stage:
        case Circuit():
            yield from _circuit_lines(stage)
        case PlacedCircuit():
            yield from _placed_lines(stage)
        case DistributedCircuit():
            yield from _distributed_lines(stage)
        case ScheduledCircuit():
            yield from _scheduled_lines(stage)


# ---- stages ----------------------------------------------------------------------------


def _circuit_lines(circuit: Circuit) -> Iterator[str]:
    page = _source_page(circuit)
    yield f"circuit {circuit.name}"
    yield from _declarations(circuit)
    disclosed = {d.before: d for d in circuit.disclosures}
    for row, pin in zip(circuit.table, circuit.pin.tolist(), strict=True):
        if row.index in disclosed:
            d = disclosed[row.index]
            owner, to = _node_name(circuit, d.owner), _node_name(circuit, d.to)
            yield f"      reveal {d.vector} of {owner} to {to}: {d.bits} bits"
        yield page.line(row, at=f"@{_node_name(circuit, pin)}" if pin >= 0 else "")
    yield from (f"return {_output(circuit, output)}" for output in circuit.outputs)


def _placed_lines(placed: PlacedCircuit) -> Iterator[str]:
    circuit, names = placed.circuit, [node.name for node in placed.network.nodes]
    page, start = _source_page(circuit), circuit.table.operand_start.tolist()
    yield f"placed {circuit.name} on {placed.network.name}"
    yield from _declarations(circuit)
    yield from (
        f"  home {circuit.qubit_name(q)} @{names[n]}" for q, n in enumerate(placed.home.tolist())
    )
    residence = placed.residence.tolist()
    for row, site in zip(circuit.table, placed.site.tolist(), strict=True):
        lives = residence[start[row.index] : start[row.index + 1]]
        suffixes = [f"@{names[n]}" if n != site and site >= 0 else "" for n in lives]
        yield page.line(row, at=f"@{names[site]}" if site >= 0 else "", suffixes=suffixes)
    yield from (f"return {_output(circuit, output)}" for output in circuit.outputs)


def _distributed_lines(program: DistributedCircuit) -> Iterator[str]:
    circuit = program.placed.circuit
    yield f"distributed {circuit.name} on {program.network.name}"
    names = _wire_names(program)
    page = _program_page(program, names)
    roles = zip(program.role.tolist(), program.group.tolist(), program.origin.tolist(), strict=True)
    for row, (role, group, origin) in zip(program.table, roles, strict=True):
        yield page.line(row, note=_role(role, group, origin))
    yield from _endings(program, names)


def _scheduled_lines(stage: ScheduledCircuit) -> Iterator[str]:
    program = stage.distributed
    yield f"scheduled {program.placed.circuit.name} on {program.network.name}"
    yield f"  makespan {stage.makespan_ns} ns"
    names = _wire_names(program, stage.slot.tolist())
    page = _program_page(program, names)
    times = zip(stage.start_ns.tolist(), stage.end_ns.tolist(), strict=True)
    roles = zip(program.role.tolist(), program.group.tolist(), program.origin.tolist(), strict=True)
    for row, (start, end), role in zip(program.table, times, roles, strict=True):
        yield page.line(row, time=f"{start:>8}..{end:<8}", note=_role(*role))
    yield from _endings(program, names)


def _wire_names(program: DistributedCircuit, slots: Sequence[int] | None = None) -> list[str]:
    nodes = program.network.nodes
    wires = zip(program.wire_node.tolist(), program.wire_is_comm.tolist(), strict=True)
    return [
        f"{nodes[n].name}.{'comm' if comm else 'data'}"
        + (f".{w}" if slots is None else f"[{slots[w]}]")
        for w, (n, comm) in enumerate(wires)
    ]


def _role(role: int, group: int, origin: int) -> str:
    use = "" if group < 0 else f"{ROLES[role]}#{group} "
    return f"{use}<- {origin}" if origin >= 0 else use.rstrip()


def _endings(program: DistributedCircuit, names: Sequence[str]) -> Iterator[str]:
    circuit = program.placed.circuit
    for q, wire in enumerate(program.final_wire.tolist()):
        yield f"  end {circuit.qubit_name(q)} in {names[wire]}"
    yield from (f"return {_output(circuit, output)}" for output in circuit.outputs)


# ---- rows ------------------------------------------------------------------------------


def row_texts(table: OpTable, values: Values) -> Callable[[Row], str]:
    """A row's operation with its angles, data and word, without operands: `ry(b[0, 0])`."""
    return _Page(table, values, str, str)._head


@dataclass(frozen=True, slots=True)
class _Page:
    """How the rows of one table are written."""

    table: OpTable
    values: Values
    qubit: Callable[[int], str]
    bit: Callable[[int], str]

    def line(
        self, row: Row, at: str = "", time: str = "", suffixes: Sequence[str] = (), note: str = ""
    ) -> str:
        parts = [f"{time} {row.index:>6}".rjust(6), f"{self._head(row):<11}"]
        parts.append(f"{self._operands(row, suffixes):<32}")
        condition = row.condition
        if condition is not None:
            at = f"{at}  if {self.bit(condition[0])}=={condition[1]}".strip()
        parts += [text for text in (at, note) if text]
        if row.span >= 0:
            span = self.table.spans[row.span]
            parts.append(f"// {PurePath(span.source.path).name}:{span.line}")
        return "  ".join(parts).rstrip()

    def _head(self, row: Row) -> str:
        inside = [angle_text(self.values, e) for e in row.angles]
        if row.op.attr is Attr.DATA:
            inside.append(reference_text(self.values, self.values.references[row.attr]))
        text = f"{row.op.name}({', '.join(inside)})" if inside else row.op.name
        return f"{text} {self.table.words[row.attr]}" if row.op.attr is Attr.WORD else text

    def _operands(self, row: Row, suffixes: Sequence[str]) -> str:
        if row.op.kind is Kind.SEND:
            return f"{self.bit(row.operands[0])} -> {self.bit(row.attr)}"
        names = [self.qubit(q) for q in row.operands]
        if suffixes:
            names = [f"{n}{s}" for n, s in zip(names, suffixes, strict=True)]
        written = f" -> {self.bit(row.attr)}" if row.op.kind is Kind.MEASURE else ""
        return ", ".join(names) + written


def _source_page(circuit: Circuit) -> _Page:
    qubits = [f"{r.name}[{k}]" for r in circuit.registers for k in range(r.size)]
    bits = [f"{r.name}[{k}]" for r in circuit.bit_registers for k in range(r.size)]
    return _Page(circuit.table, circuit.values, qubits.__getitem__, bits.__getitem__)


def _program_page(program: DistributedCircuit, names: Sequence[str]) -> _Page:
    nodes = program.network.nodes
    bits = [f"{nodes[n].name}.bit.{b}" for b, n in enumerate(program.bit_node.tolist())]
    return _Page(program.table, program.values, names.__getitem__, bits.__getitem__)


# ---- declarations, outputs -----------------------------------------------------


def _declarations(circuit: Circuit) -> Iterator[str]:
    for v in circuit.values.vectors:
        shape = ", ".join(map(str, v.shape))
        yield f"  {v.role} {v.name}: {v.kind}[{shape}]" + (f" owner {v.owner}" if v.owner else "")
    for sort, registers in (("qubits", circuit.registers), ("bits", circuit.bit_registers)):
        yield from (f"  {sort} {r.name}[{r.size}]" for r in registers)


def _output(circuit: Circuit, output: Output) -> str:
    def names(qubits: Sequence[int]) -> str:
        return ", ".join(circuit.qubit_name(q) for q in qubits)

    def shown(qubits: Sequence[int], zeros: Sequence[int]) -> str:
        parts = [circuit.qubit_name(q) for q in qubits]
        for place in zeros:
            parts.insert(place, "0")
        return ", ".join(parts)

    match output:
        case Expectation(terms, _, scales):
            words = " + ".join(_term(circuit, term) for term in terms)
            return f"{_factors(scales)}expect({words})".replace("+ -", "- ")
        case Sample(qubits, to, _, zeros):
            return f"sample({shown(qubits, zeros)})" + (
                f" to {_node_name(circuit, to)}" if to is not None else ""
            )
        case Probability(qubits, _, zeros):
            return f"probability({shown(qubits, zeros)})"
        case Overlap(left, right):
            return f"overlap({names(left)}; {names(right)})"
        case Eigenvalue(qubits, matrix, flags, _, scales):
            failed = f"; 0 if {names(flags)}" if flags else ""
            return f"{_factors(scales)}expect({matrix.vector}, {names(qubits)}{failed})"


def _factors(scales: Sequence[Scale]) -> str:
    called = {"norm": "norm", "spectral": "norm2", "lcu": "alpha"}
    return "".join(f"{called[s.kind]}({s.reference.vector})**2 * " for s in scales)


def _term(circuit: Circuit, term: PauliTerm) -> str:
    word = "*".join(f"{letter} {circuit.qubit_name(q)}" for q, letter in term.paulis)
    return scaled_text(word, term.coefficient) if word else number_text(term.coefficient)


def _node_name(circuit: Circuit, node: int) -> str:
    return circuit.network.nodes[node].name if circuit.network else str(node)
