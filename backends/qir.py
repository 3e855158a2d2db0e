"""Programs as QIR, LLVM's text of the adaptive profile, built and verified by pyqir.

Qubits are numbered through the registers; every measurement has a result of its own. A bit that
something depends on is the value read from its result, and a condition a branch. The results of
the outputs' qubits, if any output reads qubits in the Z basis, are recorded as one array, by
increasing source qubit. (pytket-qir computes with whole registers of at most 63 bits, which the
bits of a node can exceed.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

from qdsl.backends._angles import Given
from qdsl.backends._gates import GateProgram, GateStep, gate_program
from qdsl.backends._layout import Place
from qdsl.backends.qasm3 import one_line
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.diagnostics.extras import library
from qdsl.driver.targets import Target
from qdsl.ir.stages import Stage

TARGET = Target("qir", "QIR of the adaptive profile, as LLVM text", ".ll")

_GATES: Final[Mapping[str, str]] = MappingProxyType({
    "X": "x", "Y": "y", "Z": "z", "H": "h", "S": "s", "Sdg": "s_adj", "T": "t", "Tdg": "t_adj",
    "Rx": "rx", "Ry": "ry", "Rz": "rz", "CX": "cx", "CZ": "cz", "SWAP": "swap", "CCX": "ccx",
})  # fmt: skip


def emit(stage: Stage, values: Given | None = None) -> Any:
    """The `pyqir.Module`, verified."""
    pyqir = library("pyqir")
    writer = _QirWriter(pyqir, gate_program(stage, values, _GATES))
    for (condition, is_measured), steps in groupby(writer.program.steps, _together):
        if is_measured:
            for step in steps:
                writer.measure(step)
        else:
            writer.when(condition, [*steps])
    writer.record()
    problem = writer.module.verify()
    if problem is not None:
        raise InternalError("emit", "qir-verified", str(problem))
    return writer.module


def emit_text(stage: Stage, values: Given | None = None) -> str:
    return str(emit(stage, values))


def _together(step: GateStep) -> tuple[tuple[Place, int] | None, bool]:
    return step.condition, step.writes is not None


class _QirWriter:
    def __init__(self, pyqir: Any, program: GateProgram) -> None:
        self.program = program
        self._pyqir, self._context = pyqir, pyqir.Context()
        name = one_line(program.layout.circuit.name)
        self.module = pyqir.qir_module(
            self._context, name, qir_major_version=2, qir_minor_version=0
        )
        self._numbers = program.qubits()
        measured = sum(s.writes is not None for s in program.steps)
        self._function = pyqir.entry_point(
            self.module, "main", len(self._numbers), measured, "adaptive_profile", "labeled"
        )
        self._builder = pyqir.Builder(self._context)
        self._enter("entry")
        self._read = program.read_bits()
        self._values: dict[Place, Any] = {}  # of bits, as i1
        self._results: dict[Place, int] = {}  # of the outputs
        self._measured = 0
        self._declared: dict[str, Any] = {}
        nothing = pyqir.Constant.null(pyqir.qubit(self._context, 0).type)
        self._call("__quantum__rt__initialize", nothing)

    def when(self, condition: tuple[Place, int] | None, steps: list[GateStep]) -> None:
        def act() -> None:
            for step in steps:
                self._gate(step)

        self._branch(condition, act)

    def measure(self, step: GateStep) -> None:
        assert step.writes is not None
        number, self._measured = self._measured, self._measured + 1
        result = self._pyqir.result(self._context, number)
        if step.writes[0] == self.program.outcome:
            self._results[step.writes] = number
        before, old = self._block, self._values.get(step.writes, self._bit(0))
        found: list[Any] = []

        def act() -> None:
            self._pyqir.qis.mz(self._builder, self._qubit(step.qubits[0]), result)
            if step.writes in self._read:
                found.append(self._call("__quantum__rt__read_result", result, gives=self._bit_type))

        inner = self._branch(step.condition, act)
        if not found:
            return
        if inner is not None:
            value = self._builder.phi(self._bit_type)
            value.add_incoming(found[0], inner)
            value.add_incoming(old, before)
            found = [value]
        self._values[step.writes] = found[0]

    def record(self) -> None:
        """The outputs' results, and the end."""
        pyqir, outcome = self._pyqir, self.program.outcome
        if outcome is not None:
            count = pyqir.const(pyqir.IntType(self._context, 64), len(self._results))
            self._call("__quantum__rt__array_record_output", count, self._label(outcome))
        for (name, index), number in sorted(self._results.items()):
            result = pyqir.result(self._context, number)
            label = self._label(f"{name}[{index}]")
            self._call("__quantum__rt__result_record_output", result, label)
        self._builder.ret(None)

    def _branch(self, condition: tuple[Place, int] | None, act: Callable[[], None]) -> Any:
        """What happens if a bit has a value; the block in which it does, None if it always does."""
        if condition is None:
            act()
            return None
        place, value = condition
        bit = self._values.get(place, self._bit(0))
        then, end = (self._new(name) for name in ("then", "end"))
        self._builder.condbr(bit, *((then, end) if value else (end, then)))
        self._go_on(then)
        act()
        self._builder.br(end)
        self._go_on(end)
        return then

    def _gate(self, step: GateStep) -> None:
        qubits = [self._qubit(place) for place in step.qubits]
        if step.name == "Reset":
            self._pyqir.qis.reset(self._builder, *qubits)
        elif step.name != "Barrier":
            gate = getattr(self._pyqir.qis, _GATES[step.name])
            gate(self._builder, *(float(a) for a in step.angles), *qubits)

    def _call(self, name: str, *arguments: Any, gives: Any = None) -> Any:
        pyqir = self._pyqir
        if name not in self._declared:
            result = gives if gives is not None else pyqir.Type.void(self._context)
            kind = pyqir.FunctionType(result, [a.type for a in arguments])
            external = pyqir.Linkage.EXTERNAL
            self._declared[name] = pyqir.Function(kind, external, name, self.module)
        return self._builder.call(self._declared[name], list(arguments))

    def _label(self, text: str) -> Any:
        return self._pyqir.global_byte_string(self.module, text.encode())

    @property
    def _bit_type(self) -> Any:
        return self._pyqir.IntType(self._context, 1)

    def _bit(self, value: int) -> Any:
        return self._pyqir.const(self._bit_type, bool(value))

    def _qubit(self, place: Place) -> Any:
        return self._pyqir.qubit(self._context, self._numbers[place])

    def _new(self, name: str) -> Any:
        return self._pyqir.BasicBlock(self._context, name, self._function)

    def _enter(self, name: str) -> None:
        self._go_on(self._new(name))

    def _go_on(self, block: Any) -> None:
        self._block = block
        self._builder.insert_at_end(block)
