"""The QIR backend: what LLVM reads back, what machines draw, and the forms of conditions."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyqir", reason="the extra `qir` is not installed")

import pyqir

from qdsl.backends import qir as backend
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.operations import BY_NAME, Kind
from qdsl.ir.stages import Circuit, Sample
from tests.backends.matrices import circuit_matrix
from tests.backends.mid_circuit import ALARM, PROGRAMS, assert_same, compiled, p_values
from tests.backends.programs import (
    SOURCE_OPERATIONS,
    Rows,
    any_operation,
    circuit,
    random_circuit,
    vector,
)
from tests.backends.qir_machine import QirMachine

SHOTS = 250


def drawn(text: str) -> list[list[int]]:
    random, machine = np.random.default_rng(4), QirMachine(text)
    return [machine.run(random) for _ in range(SHOTS)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_samples_are_those_of_our_simulator(name: str) -> None:
    assert_same(name, drawn(compiled(name).emit_text("qir")))


def test_a_correction_that_is_left_out_is_seen() -> None:
    text = compiled("feed-forward").emit_text("qir")
    blocks = [b.partition("  br ") for b in text.split("\n\n")]
    without = [
        head[: head.index("\n") + 1] + br + end if head.startswith("then") else head + br + end
        for head, br, end in blocks
    ]
    assert min(p_values("feed-forward", drawn("\n\n".join(without)))) < ALARM


@pytest.mark.skipif(find_spec("qirrunner") is None, reason="qirrunner is not installed")
@pytest.mark.parametrize("name", PROGRAMS)
def test_samples_of_microsofts_runner(name: str, tmp_path: Path) -> None:
    import qirrunner

    file = tmp_path / "program.ll"
    file.write_text(compiled(name).emit_text("qir"))
    handler = qirrunner.OutputHandler()
    qirrunner.run(str(file), shots=SHOTS, rng_seed=3, output_fn=handler.handle)
    shots = handler.get_output().split("START")[1:]
    lines = [[line.split("\t") for line in shot.splitlines()] for shot in shots]
    assert_same(name, [[int(w[2]) for w in ws if w[:2] == ["OUTPUT", "RESULT"]] for ws in lines])


@pytest.mark.parametrize("name", SOURCE_OPERATIONS)
def test_every_operation_is_read_back(name: str) -> None:
    program, values = any_operation(name)
    text = backend.emit_text(program, values)
    module = pyqir.Module.from_ir(pyqir.Context(), text)
    assert module.verify() is None
    (main,) = filter(pyqir.is_entry_point, module.functions)
    assert pyqir.required_num_qubits(main) == program.n_qubits
    assert main.attributes.func["qir_profiles"].string_value == "adaptive_profile"
    if BY_NAME[name].kind is Kind.UNITARY:
        assert_prepares(program, text)


def assert_prepares(program: Circuit, text: str) -> None:
    machine = QirMachine(text)
    machine.run(np.random.default_rng(0))
    overlap = np.vdot(machine.state.reshape(-1), circuit_matrix(program)[:, 0])
    assert abs(overlap) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_random_circuits(seed: int) -> None:
    program = random_circuit(seed, 4, 20)
    assert_prepares(program, backend.emit_text(program))


def test_a_measurement_under_a_condition_keeps_the_bit_otherwise() -> None:
    rows = Rows().add("x", 0).add("measure", 0, to=0)  # bit 0 is 1
    rows.add("measure", 1, to=0, when=(0, 0)).add("x", 2, when=(0, 1))  # stays 1
    rows.add("measure", 1, to=0, when=(0, 1)).add("x", 3, when=(0, 0))  # becomes 0
    rows.add("reset", 0, when=(0, 0)).add("x", 1, when=(1, 1))  # nothing writes bit 1
    program = circuit(rows, 4, 2, [Sample((0, 1, 2, 3))])
    assert drawn(backend.emit_text(program))[0] == [0, 0, 1, 1]


def test_angles_without_values_are_refused() -> None:
    rows = Rows([vector("theta", 2)]).add("rz", 0, angles=[(0.0, [(1.0, 1)])])
    with pytest.raises(InvalidProgram, match="'theta' has no value"):
        backend.emit(circuit(rows, 1))
