"""`qdsl.verify_against`: is a compiled program equal to another program, or to a circuit?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qdsl.api import Compiled, Program, load
from qdsl.interchange.programs import program_of
from qdsl.ir.stages import Circuit
from qdsl.run.imported_files import read_twice
from qdsl.verify.result import Check, Verification

_AROUND_A_CIRCUIT = re.compile(r"<.*\.(qasm|stim|qpy)>", re.IGNORECASE | re.DOTALL)


def verify_against(
    compiled: Compiled,
    other: Any,
    *,
    model: str | None = None,
    settings: Mapping[str, int] | None = None,
    folders: Sequence[Path] = (),
) -> Verification:
    """Compare a compiled program with another program: with its source, and that with the other.

    `other`: a program or the path of a `.qdm` file, of which `model` is meant (else its only one)
    with these `settings`; or a circuit, as `qdsl.distribute` takes it. The order of qubits that
    begin in |0...0> does not matter; what is returned does. `verified` of the result: proved equal;
    `refuted`: found different; neither: no method found a proof or a difference.

    `UnknownCircuit` or InvalidProgram where the other is not understood.
    """
    found = compiled.verify()
    imports = [*found.imports]
    right, read = source_of(other, model, settings or {}, folders)
    imports += [check for check in read if check not in imports]
    is_circuit = _is_circuit(other)
    left = _left(compiled, is_circuit, right)
    if not found.verified:
        return replace(found, imports=tuple(imports))
    both = _both(found, _compared(compiled, left, right, is_circuit), compiled)
    return replace(both, imports=tuple(imports))


def source_of(
    other: Any, model: str | None, settings: Mapping[str, int], folders: Sequence[Path] = ()
) -> tuple[Circuit, tuple[Check, ...]]:
    """The other program, every returned bit on a qubit of its own, and what two readings of the
    files that it imports said. Of `settings` those count that its model has."""
    if _is_circuit(other):
        program = program_of(other)
        return program.lower(show="returned"), read_twice(program.checked)
    program = other if isinstance(other, Program) else load(other, folders)
    known = set(program.checked.models[program.model_of(model, None)].parameters)
    chosen = {k: v for k, v in settings.items() if k in known}
    return program.lower(model, settings=chosen, show="returned"), read_twice(program.checked)


def _is_circuit(other: Any) -> bool:
    """A circuit says nothing but its bits."""
    is_path = isinstance(other, Path) or (isinstance(other, str) and "\n" not in other)
    return not isinstance(other, Program) and not (is_path and str(other).lower().endswith(".qdm"))


def _left(compiled: Compiled, is_circuit: bool, right: Circuit) -> Circuit:
    """The program's source, every returned bit on a qubit of its own. Beside a circuit that has
    bits, a model that returns none shows all that it declares."""

    def lowered(show: str) -> Circuit:
        return compiled.program.lower(
            compiled.model, experiment=compiled.experiment, network=compiled.circuit.network,
            settings=dict(compiled.settings), show=show,
        )  # fmt: skip

    left = lowered("returned")
    if is_circuit and not _comes_from_a_circuit(compiled) and left.n_results != right.n_results:
        return lowered("declared")
    return left


def _comes_from_a_circuit(compiled: Compiled) -> bool:
    return bool(_AROUND_A_CIRCUIT.fullmatch(compiled.program.source.path))


def _compared(compiled: Compiled, left: Circuit, right: Circuit, is_circuit: bool) -> Verification:
    from qdsl.verify.methods import compare_returns, compare_sources

    found = compare_sources(left, right)
    if is_circuit == _comes_from_a_circuit(compiled):
        found = Verification((*found.checks, compare_returns(left, right)))
    return found


def _both(own: Verification, sources: Verification, compiled: Compiled) -> Verification:
    """The program equals its own source, and that the other one: or one of the two fails."""
    name = Path(compiled.program.source.path).name.strip("<>")
    first = replace(own.checks[0], method=f"{name}: compiled as its source says")
    return Verification((replace(first, equal=None, detail="proved"), *sources.checks))
