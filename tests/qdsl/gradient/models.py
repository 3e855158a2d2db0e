"""Random models with parameters, and their gradients by automatic differentiation."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import Circuit, Expectation, PauliTerm
from qdsl.ir.values import DataReference, ValueVector
from tests.build import circuit, network

Floats = npt.NDArray[np.float64]
N_DATA, N_PARAMETERS = 4, 5
VECTORS = (
    ValueVector("x", "data", "real", (N_DATA,), None, 0),
    ValueVector("w", "param", "angle", (N_PARAMETERS,), None, N_DATA),
)
FIXED = tuple(op.name for op in OPERATIONS if op.is_unitary and not op.angles and op.arity)
TURNING = tuple(op.name for op in OPERATIONS if op.is_unitary and op.angles and op.arity)


def random_model(seed: int, n_qubits: int = 3, rows: int = 10, outputs: int = 1) -> Circuit:
    """Encodings, all operations of the table, shared parameters, constants and factors in the
    angles, layers of two nodes, and observables that are sums."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, n_qubits + 1))
    lines: list[Any] = [("amplitude", (0, 1), 0)] if rng.random() < 0.5 else [("h", (0,))]
    while len(lines) < rows:
        lines.append(_line(rng, n))
    pins, node = {}, 0
    for i in range(len(lines)):
        node = 1 - node if rng.random() < 0.3 else node
        pins[i] = node
    reference = DataReference("x", "real", 0, (4,))
    made = circuit(n, lines, network=network("line", 2, n + 1, 3), pins=pins, vectors=VECTORS,
                   references=(reference,))  # fmt: skip
    return replace(made, outputs=tuple(_observable(rng, n) for _ in range(outputs)))


def _line(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    if rng.random() < 0.3:
        names = [name for name in FIXED if _arity(name) <= n]
        name = str(rng.choice(names))
        return (name, _qubits(rng, n, _arity(name)))
    if rng.random() < 0.3:
        size = int(rng.integers(1, n + 1))
        word = "".join(rng.choice(list("IXYZ"), size))
        return ("rot", _qubits(rng, n, size), word, _angle(rng))
    name = str(rng.choice([name for name in TURNING if _arity(name) <= n]))
    op = next(op for op in OPERATIONS if op.name == name)
    return (name, _qubits(rng, n, _arity(name)), *(_angle(rng) for _ in range(op.angles)))


def _arity(name: str) -> int:
    return int(next(op.arity for op in OPERATIONS if op.name == name) or 0)


def _qubits(rng: np.random.Generator, n: int, size: int) -> tuple[int, ...]:
    return tuple(rng.permutation(n)[:size].tolist())


def _angle(rng: np.random.Generator) -> Any:
    constant = float(rng.choice([0.0, 0.3, np.pi / 2]))
    kind = rng.random()
    if kind < 0.2:
        return constant
    slot = N_DATA + int(rng.integers(0, N_PARAMETERS))
    if kind < 0.8:
        return (constant, ((float(rng.choice([1.0, -0.5, 2.0])), slot),))
    return (constant, ((1.0, slot), (0.5, int(rng.integers(0, N_DATA)))))


def _observable(rng: np.random.Generator, n: int) -> Expectation:
    terms = {}
    for _ in range(int(rng.integers(1, 4))):
        qubits = sorted(_qubits(rng, n, int(rng.integers(1, n + 1))))
        paulis = tuple((q, str(rng.choice(list("XYZ")))) for q in qubits)
        terms[paulis] = PauliTerm(float(rng.choice([1.0, -0.4, 0.7])), paulis)
    constant = (PauliTerm(0.25, ()),) if rng.random() < 0.3 else ()
    return Expectation((*terms.values(), *constant))


def random_values(seed: int) -> dict[str, Floats]:
    rng = np.random.default_rng([seed, 1])
    return {"x": rng.normal(size=N_DATA), "w": rng.uniform(-3, 3, N_PARAMETERS)}


# ---- automatic differentiation ------------------------------------------------------------
# One compiled function takes any of these models as numbers: rotations about words given as
# masks. It shares no code with the gradients that it is compared with.


@cache
def _autodiff(n: int, steps: int, terms: int) -> Any:
    import jax
    import jax.numpy as jnp

    index = np.arange(2**n)

    def word(state: Any, x: Any, z: Any, ys: Any) -> Any:
        source = index ^ x
        parity = jax.lax.population_count(source & z) & 1
        return (1j**ys) * (1 - 2 * parity) * state[source]

    def value(slots: Any, state: Any, program: Any, observable: Any) -> Any:
        def step(state: Any, row: Any) -> Any:
            x, z, ys, constant, matrix = row
            t = (constant + matrix @ slots) / 2
            return jnp.cos(t) * state - 1j * jnp.sin(t) * word(state, x, z, ys), None

        end, _ = jax.lax.scan(step, state, program)
        x, z, ys, coefficient = observable
        means = [jnp.vdot(end, word(end, x[k], z[k], ys[k])).real for k in range(terms)]
        return (coefficient * jnp.stack(means)).sum()

    return jax.jit(jax.grad(value))


def gradient_by_jax(model: Circuit, values: dict[str, Floats], output: int = 0) -> Floats:
    """d(output)/dw by JAX."""
    from qdsl.backends.jax.jax import precise

    n, steps, most = 3, 96, 4
    flat = np.concatenate([values["x"], values["w"]])
    state = np.zeros(8, np.complex128)
    state[0] = 1
    rows: list[tuple[int, int, int, float, Floats]] = []
    for row in model.table:
        if row.op.kind is Kind.ENCODE:
            assert row.index == 0 and row.operands == (0, 1)
            state[::2] = values["x"] / np.linalg.norm(values["x"])
            continue
        body = row.op.body if row.op.name != "rot" else None
        words = (
            [(model.table.words[row.attr], 0.0, (1.0,))]
            if body is None
            else [(r.word, r.angle.constant, r.angle.coefficients) for r in body]
        )
        for letters, constant, coefficients in words:
            rows.append(_masked(model, row, letters, constant, coefficients, n))
    while len(rows) < steps:
        rows.append((0, 0, 0, 0.0, np.zeros(len(flat))))
    program = tuple(np.array(column) for column in zip(*rows, strict=True))
    out = model.outputs[output]
    assert isinstance(out, Expectation)
    terms = [
        (*_masks("".join(p for _, p in t.paulis), [q for q, _ in t.paulis], n), t.coefficient)
        for t in out.terms
    ]
    terms += [(0, 0, 0, 0.0)] * (most - len(terms))
    with precise():
        observable = tuple(np.array(c) for c in zip(*terms, strict=True))
        found = _autodiff(n, steps, most)(flat, state, program, observable)
        return np.asarray(found, np.float64)[N_DATA:]


def _masks(letters: str, qubits: Any, n: int) -> tuple[int, int, int]:
    x = sum(1 << (n - 1 - q) for p, q in zip(letters, qubits, strict=True) if p in "XY")
    z = sum(1 << (n - 1 - q) for p, q in zip(letters, qubits, strict=True) if p in "YZ")
    return x, z, letters.count("Y")


def _masked(
    model: Circuit, row: Any, letters: str, constant: float, coefficients: Any, n: int
) -> tuple[int, int, int, float, Floats]:
    matrix = np.zeros(N_DATA + N_PARAMETERS)
    for factor, expression in zip(coefficients, row.angles, strict=False):
        constant += factor * model.values.angles.constant[expression]
        for coefficient, slot in model.values.angles.terms(expression):
            matrix[slot] += factor * coefficient
    return (*_masks(letters, row.operands, n), constant, matrix)
