"""200 random programs, distributed and run by every backend that executes them.

JAX on the source gives the distribution, which JAX on the distributed program gives to 1e-6. Aer
(through pytket, and through OpenQASM 2 and 3 that Qiskit reads), a machine for the QIR text and one
for CUNQA's circuits draw samples. Every outcome's count is tested by the exact binomial test,
corrected for their number, so that the false-alarm rate holds whatever the probabilities: a sample
less likely than `ALARM` fails, which happens by chance once in 1e4 runs of all 200 programs by 5
samplers. What a form cannot say (QDM758) is refused, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest

from qdsl.backends import qasm2, qasm3, qir
from qdsl.backends._readout import Outcomes
from qdsl.backends.cunqa import cunqa
from qdsl.backends.jax.jax import compile_function
from qdsl.backends.qiskit import count, run_shots
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, Sample, ScheduledCircuit, Stage
from qdsl.ir.values import Floats, ValueVector
from tests import build
from tests.backends.cunqa import machine as cunqa_machine
from tests.backends.qir_machine import QirMachine

PROGRAMS, PARTS = 200, 20
ALARM = 1e-7
SHOTS, FEW = 1000, 200
READ = (0, 1, 2)
NAMES = ("h", "t", "cx", "cp", "rzz", "swap", "ccx", "crz", "ry", "measure", "reset", "cswap")
Values = dict[str, Floats]
Tally = Mapping[str, int]


def random_source(seed: int) -> tuple[Circuit, Values]:
    """15 operations on three qubits and three bits, some under a condition, on one of three
    networks."""
    random = np.random.default_rng(seed)
    vectors = [ValueVector("w", "param", "angle", (4,), None, 0)]
    lines: list[build.Line] = [("ry", (q,), (0.0, ((1.0, q),))) for q in READ]
    conditions: dict[int, tuple[int, int]] = {}
    written: list[int] = []
    for name in random.choice(NAMES, 12).tolist():
        op = BY_NAME[name]
        qubits = tuple(random.permutation(3)[: op.arity].tolist())
        angles = [(0.4, ((1.0, int(random.integers(4))),)) for _ in range(op.angles)]
        bit = len(written)
        if name == "measure" and bit == 3:
            continue
        if name != "measure" and written and random.integers(2):
            conditions[len(lines)] = (int(random.choice(written)), int(random.integers(2)))
        lines.append((name, qubits, *([bit] if name == "measure" else angles)))
        written += [bit] * (name == "measure")
    kind, sizes = (("line", [1, 1, 3, 1]), ("complete", [1, 1, 3]), ("line", [3, 1]))[seed % 3]
    where = build.network(kind, len(sizes), sizes, 2)
    source = build.circuit(
        3, lines, network=where, conditions=conditions, n_bits=3, vectors=vectors
    )
    return replace(source, outputs=(Sample(READ),)), {"w": random.uniform(-3, 3, 4)}


def distributed(source: Circuit) -> ScheduledCircuit:
    stage, _ = run_passes(source, [configured(name, {}) for name in DEFAULT_PASSES])
    assert isinstance(stage, ScheduledCircuit)
    return stage


def exact(stage: Stage, values: Values) -> Floats:
    return np.asarray(compile_function(stage)(values)[0], np.float64)


# ---- samples ---------------------------------------------------------------------------


def by_pytket_and_aer(program: ScheduledCircuit, values: Values, seed: int) -> Tally:
    (found,) = run_shots(program, values, shots=SHOTS, seed=seed)
    assert isinstance(found, Outcomes)
    return found.counts


def by_qasm2(program: ScheduledCircuit, values: Values, seed: int) -> Tally:
    from qiskit.qasm2 import loads

    read = count(loads(qasm2.emit(program, values)), READ, SHOTS, seed)
    return {"".join(map(str, bits)): n for bits, n in read.tally.items()}


def by_qasm3(program: ScheduledCircuit, values: Values, seed: int) -> Tally:
    from qiskit.qasm3 import loads

    read = count(loads(qasm3.emit(program, values)), READ, SHOTS, seed)
    return {"".join(map(str, bits)): n for bits, n in read.tally.items()}


def by_qir(program: ScheduledCircuit, values: Values, seed: int) -> Tally:
    pytest.importorskip("pyqir", reason="the extra `qir` is not installed")
    random, machine = np.random.default_rng(seed), QirMachine(qir.emit_text(program, values))
    return tally([machine.run(random) for _ in range(FEW)])


def by_cunqa(program: ScheduledCircuit, values: Values, seed: int) -> Tally:
    return tally(cunqa_machine.drawn(cunqa.emit(program, values), FEW, seed))


def tally(shots: list[list[int]] | list[list[bool]]) -> Tally:
    return Counter("".join(str(int(b)) for b in bits) for bits in shots)


def p_value(found: Tally, expected: Floats) -> float:
    """How likely it is by chance that some outcome's count is as far off as the farthest; at
    least, by Bonferroni's inequality."""
    from scipy.stats import binomtest

    shots, width = sum(found.values()), len(READ)
    counts = [found.get(format(k, f"0{width}b"), 0) for k in range(2**width)]
    likely = np.clip(np.where(expected < 1e-9, 0, expected), 0, 1)
    found_by = [binomtest(n, shots, p).pvalue for n, p in zip(counts, likely, strict=True)]
    return min(1.0, len(found_by) * float(min(found_by)))


SAMPLERS: tuple[Callable[[ScheduledCircuit, Values, int], Tally], ...] = (
    by_pytket_and_aer, by_qasm2, by_qasm3, by_qir, by_cunqa,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_backend_agrees(part: int) -> None:
    refused: Counter[str] = Counter()
    seeds = range(part, PROGRAMS, PARTS)
    for seed in seeds:
        refused.update(disagreeing(seed))
    assert all(times < len(seeds) / 2 for times in refused.values()), refused


def disagreeing(seed: int) -> Iterator[str]:
    """The samplers whose form cannot say this program."""
    source, values = random_source(seed)
    program = distributed(source)
    expected = exact(source, values)
    np.testing.assert_allclose(exact(program, values), expected, atol=1e-6)
    for sample in SAMPLERS:
        try:
            found = sample(program, values, seed)
        except InvalidProgram as problem:
            assert "QDM758" in str(problem), f"{sample.__name__}, seed {seed}: {problem}"
            yield sample.__name__
            continue
        assert p_value(found, expected) > ALARM, f"{sample.__name__}, seed {seed}"


def test_the_test_sees_a_wrong_angle() -> None:
    """With these numbers of shots it finds a program whose angles are 0.3 off."""
    source, values = random_source(0)
    program = distributed(source)
    wrong = {"w": values["w"] + 0.3}
    assert p_value(by_pytket_and_aer(program, wrong, 0), exact(source, values)) < ALARM
