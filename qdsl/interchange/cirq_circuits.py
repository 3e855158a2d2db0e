"""Circuits of Cirq as OpenQASM: 2, and 3 what that has no form for; symbols are inputs of 3.

Cirq writes no gate with a symbol. Such gates are decomposed by Cirq down to turns about one axis,
and controlled phases, which are put in their places as gates that write themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qdsl.interchange.errors import NotWritable

INCLUDE = 'include "stdgates.inc";\n'
LIBRARY = f"{INCLUDE}gate sxdg a {{ inv @ sx a; }}\n"  # of the gates that Cirq writes, 3 lacks one


def written(circuit: Any) -> str:
    """OpenQASM 2, and 3 where a condition is on several measurements, say, or an angle has symbols:
    these are inputs by their names. `NotWritable` names a gate or a symbol that cannot be said."""
    import cirq

    _require_last_records(circuit)
    if cirq.is_parameterized(circuit):
        return _with_inputs(circuit)
    try:
        return str(circuit.to_qasm())
    except Exception:
        return str(circuit.to_qasm(version="3.0")).replace(INCLUDE, LIBRARY, 1)


def _require_last_records(circuit: Any) -> None:
    """NotWritable for a condition on a record of a key other than the last, which Cirq would write
    as if it were the last."""
    for op in circuit.all_operations():
        for condition in op.classical_controls if hasattr(op, "classical_controls") else ():
            for asked in getattr(condition, "conditions", (condition,)):
                if getattr(asked, "index", -1) != -1:
                    raise NotWritable(
                        f"`{op}` asks for record {asked.index} of the key '{asked.key}', and a key "
                        "stands for its last one: give every measurement a key of its own"
                    )


def _with_inputs(circuit: Any) -> str:
    import cirq

    names = sorted(cirq.parameter_names(circuit))
    for name in names:
        if not (name.isidentifier() and name.isascii()) or name == "q" or name.startswith("m_"):
            raise NotWritable(
                f"the symbol '{name}' is no name of OpenQASM, or one of Cirq's registers: rename "
                "it, or give it a value by `cirq.resolve_parameters`"
            )
    moments = [cirq.Moment(part) for moment in circuit for part in _layers(moment)]
    inputs = "".join(f"input float {name};\n" for name in names)
    qubits = sorted(circuit.all_qubits())
    text = cirq.Circuit(moments).to_qasm(version="3.0", qubit_order=qubits)
    return str(text).replace(INCLUDE, LIBRARY + inputs, 1)


def _layers(moment: Any) -> Iterator[list[Any]]:
    """The moment, then what stands for its operations with symbols, one after the other."""
    import cirq

    plain = [op for op in moment if not cirq.is_parameterized(op)]
    if plain:
        yield plain
    for op in moment:
        if cirq.is_parameterized(op):
            yield from ([part] for part in _parts(op))


def _parts(op: Any) -> Iterator[Any]:
    import cirq

    def is_done(part: Any) -> bool:
        bare = part.without_classical_controls()
        return not cirq.is_parameterized(part) or _turn(bare) is not None

    for part in cirq.decompose(op, keep=is_done, on_stuck_raise=None):
        if not cirq.is_parameterized(part):
            yield part
            continue
        bare = part.without_classical_controls()
        found = _turn(bare)
        if found is None:
            symbols = ", ".join(sorted(cirq.parameter_names(part)))
            raise NotWritable(
                f"`{part}` depends on {symbols}, and is no turn about one axis: give it a value by "
                "`cirq.resolve_parameters`"
            )
        name, angle = found
        if name:
            made = _symbolic_gate(name, angle, len(bare.qubits)).on(*bare.qubits)
            yield made.with_classical_controls(*part.classical_controls)


def _turn(op: Any) -> tuple[str, Any] | None:
    """The gate of OpenQASM, and its angle in half turns, up to a phase of the whole; no name for a
    phase of the whole itself. None for what is no such gate."""
    import cirq

    gate = op.gate
    for kind, name in (
        (cirq.CZPowGate, "cp"),
        (cirq.XPowGate, "rx"),
        (cirq.YPowGate, "ry"),
        (cirq.ZPowGate, "rz"),
    ):
        if isinstance(gate, kind):
            return name, gate.exponent
    if isinstance(gate, cirq.GlobalPhaseGate):
        return "", 0
    if _controls(gate) == ((1,),) and isinstance(gate.sub_gate, cirq.GlobalPhaseGate):
        phase = gate.sub_gate.coefficient
        if getattr(phase, "is_Pow", False) and complex(phase.base) == 1j:
            return "p", phase.exp / 2
    return None


def _controls(gate: Any) -> Any:
    """The values of a gate's controls at which it acts; None without controls."""
    import cirq

    if not isinstance(gate, cirq.ControlledGate):
        return None
    return tuple(getattr(gate.control_values, "vals", ((1,),) * gate.num_controls()))


def _symbolic_gate(name: str, turns: Any, n_qubits: int) -> Any:
    """A gate that Cirq writes as `name`."""
    import cirq

    angle = f"({turns.evalf(17) if hasattr(turns, 'evalf') else float(turns)})*pi"

    class SymbolicGate(cirq.Gate):  # type: ignore[misc, unused-ignore]
        def _num_qubits_(self) -> int:
            return n_qubits

        def _qasm_(self, args: Any, qubits: tuple[Any, ...]) -> str:
            places = ", ".join(args.format("{0}", q) for q in qubits)
            return f"{name}({angle}) {places};\n"

    return SymbolicGate()
