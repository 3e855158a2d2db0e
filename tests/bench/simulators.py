"""Forward values, gradients and batches of three kinds of circuits, beside the libraries for CPUs.

    python tests/bench/simulators.py             a table in the terminal
    python tests/bench/simulators.py --write     the same into docs/results/simulators.md

The mean of the sum of Z over all qubits, exactly, at complex128; each library in a process of its
own on one core; CPU time of one call after one to warm up, the median of five. Gradients are by
the adjoint method or reverse mode, batches of 16 parameter sets. Libraries that are not installed
are left out, and so is what a library cannot do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from math import exp, log
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

FILE = Path(__file__).resolve().parents[2] / "docs" / "results" / "simulators.md"
TIMES, BATCH = 5, 16
TASKS = ("forward", "gradient", "batch")
Gate = tuple[str, tuple[int, ...], int]  # name, qubits, place of its angle; -1: none
Function = Callable[[], Any]

CASES = {  # kind, qubits, layers
    "hardware-efficient, 12": ("hea", 12, 20),
    "hardware-efficient, 16": ("hea", 16, 25),
    "hardware-efficient, 20": ("hea", 20, 10),
    "brickwork, 12": ("brick", 12, 20),
    "brickwork, 16": ("brick", 16, 25),
    "brickwork, 20": ("brick", 20, 10),
    "QAOA, 12": ("qaoa", 12, 10),
    "QAOA, 16": ("qaoa", 16, 10),
    "QAOA, 20": ("qaoa", 20, 5),
}


def gates(kind: str, n: int, layers: int) -> list[Gate]:
    found: list[Gate] = []
    number = iter(range(1 << 20))
    for layer in range(layers):
        if kind == "qaoa":  # on a ring with chords, an angle for every term
            edges = [(q, (q + 1) % n) for q in range(n)] + [(q, q + n // 2) for q in range(n // 2)]
            if layer == 0:
                found += [("ry", (q,), next(number)) for q in range(n)]
            found += [("rzz", edge, next(number)) for edge in edges]
            found += [("rx", (q,), next(number)) for q in range(n)]
            continue
        for name in ("ry", "rz"):
            found += [(name, (q,), next(number)) for q in range(n)]
        if kind == "hea":
            found += [("cx", pair, -1) for pair in pairwise(range(n))]
        else:
            found += [("cz", (q, q + 1), -1) for q in range(layer % 2, n - 1, 2)]
    return found


def angles(listed: list[Gate], sets: int = 1) -> Any:
    count = 1 + max(place for _, _, place in listed)
    return np.random.default_rng(0).uniform(0, 2 * np.pi, (sets, count))


# ---- the libraries: the work of a task, or None --------------------------------------------


def by_qdsl(listed: list[Gate], n: int, task: str) -> Function:
    import jax

    import qdsl
    from qdsl.backends.jax.jax import precise

    given = angles(listed, BATCH)
    lines = [
        f"{name}{'' if place < 0 else f'(t[{place}])'} " + ", ".join(f"q[{q}]" for q in qubits)
        for name, qubits, place in listed
    ]
    model = qdsl.loads(
        f"model m() {{\n  param t: angle[{given.shape[1]}]\n  qubits q[{n}]\n  "
        + "\n  ".join(lines)
        + f"\n  return expect(sum(i in 0..{n}) Z q[i])\n}}\n"
    )

    def mean(t: Any) -> Any:
        return model.expectation({"t": t})

    made = {"forward": mean, "gradient": jax.grad(mean), "batch": jax.vmap(mean)}[task]
    compiled = jax.jit(made)
    values = given if task == "batch" else given[0]

    def work() -> Any:
        with precise():
            return np.asarray(compiled(values))

    return work


def by_lightning(listed: list[Gate], n: int, task: str) -> Function:
    import pennylane as qml

    names: dict[str, Any] = {
        "h": qml.Hadamard,
        "ry": qml.RY,
        "rz": qml.RZ,
        "rx": qml.RX,
        "rzz": qml.IsingZZ,
        "cx": qml.CNOT,
        "cz": qml.CZ,
    }
    total = qml.Hamiltonian([1.0] * n, [qml.Z(q) for q in range(n)])

    def circuit(t: Any) -> Any:
        for name, qubits, place in listed:
            names[name](*([] if place < 0 else [t[place]]), wires=qubits)
        return qml.expval(total)

    node: Any = qml.QNode(circuit, qml.device("lightning.qubit", wires=n), diff_method="adjoint")
    given = angles(listed, BATCH)
    if task == "batch":
        return lambda: np.array([node(t) for t in given])
    one = qml.numpy.array(given[0], requires_grad=True)
    return (lambda: np.asarray(node(one))) if task == "forward" else lambda: qml.grad(node)(one)


def by_qulacs(listed: list[Gate], n: int, task: str) -> Function:
    import qulacs

    total = qulacs.Observable(n)
    for q in range(n):
        total.add_operator(1.0, f"Z {q}")
    given = angles(listed, BATCH)

    def circuit(t: Any) -> Any:
        made = qulacs.ParametricQuantumCircuit(n)
        add = {
            "ry": made.add_parametric_RY_gate,
            "rz": made.add_parametric_RZ_gate,
            "rx": made.add_parametric_RX_gate,
        }
        for name, qubits, place in listed:
            if name == "rzz":
                made.add_parametric_multi_Pauli_rotation_gate(list(qubits), [3, 3], -t[place])
            elif place >= 0:
                add[name](qubits[0], -t[place])
            else:
                {"h": made.add_H_gate, "cx": made.add_CNOT_gate, "cz": made.add_CZ_gate}[name](
                    *qubits
                )
        return made

    made = circuit(given[0])

    def mean(t: Any) -> float:
        for k, angle in enumerate(t):
            made.set_parameter(k, -angle)
        state = qulacs.QuantumState(n)
        made.update_quantum_state(state)
        return float(total.get_expectation_value(state).real)

    if task == "gradient":
        order = [place for _, _, place in listed if place >= 0]

        def work() -> Any:
            found = np.zeros(len(order))
            found[order] = -np.array(made.backprop(total))
            return found

        return work
    return (
        (lambda: np.asarray(mean(given[0])))
        if task == "forward"
        else (lambda: np.array([mean(t) for t in given]))
    )


def by_aer(listed: list[Gate], n: int, task: str) -> Function | None:
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_aer import AerSimulator

    if task == "gradient":
        return None  # it has none
    given = angles(listed, BATCH)
    named = ParameterVector("t", given.shape[1])
    circuit: Any = QuantumCircuit(n)
    for name, qubits, place in listed:
        getattr(circuit, name)(*([] if place < 0 else [named[place]]), *qubits)
    circuit.save_expectation_value(
        SparsePauliOp.from_sparse_list([("Z", [q], 1.0) for q in range(n)], n), range(n)
    )
    simulator: Any = AerSimulator(method="statevector", max_parallel_threads=1)
    sets = given if task == "batch" else given[:1]
    binds = [{named[k]: sets[:, k].tolist() for k in range(sets.shape[1])}]

    def work() -> Any:
        result = simulator.run([circuit], parameter_binds=binds).result()
        found = [result.data(k)["expectation_value"] for k in range(len(sets))]
        return np.array(found) if task == "batch" else np.asarray(found[0])

    return work


def by_tensorcircuit(listed: list[Gate], n: int, task: str) -> Function:
    import jax
    import tensorcircuit as tc  # type: ignore[import-not-found, unused-ignore]

    tc.set_backend("jax")
    tc.set_dtype("complex128")
    given = angles(listed, BATCH)

    def mean(t: Any) -> Any:
        circuit = tc.Circuit(n)
        for name, qubits, place in listed:
            more = {} if place < 0 else {"theta": t[place]}
            getattr(circuit, name)(*qubits, **more)
        state = circuit.state()
        weights = (state * state.conj()).real.reshape((2,) * n)
        sums = [weights.sum(tuple(k for k in range(n) if k != q)) for q in range(n)]
        return sum(s[0] - s[1] for s in sums)

    made = {"forward": mean, "gradient": jax.grad(mean), "batch": jax.vmap(mean)}[task]
    compiled = jax.jit(made)
    values = given if task == "batch" else given[0]
    return lambda: np.asarray(compiled(values))


LIBRARIES: dict[str, Callable[[list[Gate], int, str], Function | None]] = {
    "qdsl": by_qdsl,
    "pennylane-lightning": by_lightning,
    "qulacs": by_qulacs,
    "Aer": by_aer,
    "tensorcircuit-ng": by_tensorcircuit,
}
MODULES = {
    "qdsl": "qdsl",
    "pennylane-lightning": "pennylane_lightning",
    "qulacs": "qulacs",
    "Aer": "qiskit_aer",
    "tensorcircuit-ng": "tensorcircuit",
}


# ---- one library, case and task in one process ---------------------------------------------


def measure(library: str, case: str, task: str) -> dict[str, Any] | None:
    kind, n, layers = CASES[case]
    work = LIBRARIES[library](gates(kind, n, layers), n, task)
    if work is None:
        return None
    start = perf_counter()
    found = work()
    first = perf_counter() - start
    taken = []
    for _ in range(TIMES):
        spent = process_time()
        work()
        taken.append(process_time() - spent)
    return {"cpu": median(taken), "first": first, "found": np.asarray(found).tolist()}


def in_process(library: str, case: str, task: str, limit_s: float) -> dict[str, Any] | None:
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    }
    code = (
        f"import os, sys; os.sched_setaffinity(0, [{min(os.sched_getaffinity(0))}]); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, sys.executable, __file__]
    try:
        ended = subprocess.run(
            [*command, "--measure", library, case, task],
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return None
    found: dict[str, Any] | None = json.loads(ended.stdout.splitlines()[-1])
    return found


# ---- the table -----------------------------------------------------------------------------


def rows(limit_s: float, chosen: str) -> Iterator[tuple[str, str, dict[str, dict[str, Any]]]]:
    there = [name for name in LIBRARIES if find_spec(MODULES[name])]
    for case in (case for case in CASES if chosen in case):
        for task in TASKS:
            found = {name: in_process(name, case, task, limit_s) for name in there}
            yield case, task, {name: each for name, each in found.items() if each is not None}


def page(found: list[tuple[str, str, dict[str, dict[str, Any]]]]) -> str:
    names = [name for name in LIBRARIES if any(name in each for _, _, each in found)]
    lines, ratios, first = [], [], 0.0
    for case, task, each in found:
        ours = each["qdsl"]
        first = max(first, ours["first"])
        for other in each.values():
            assert np.allclose(other["found"], ours["found"], atol=1e-8), (case, task)
        others = [each[name]["cpu"] for name in names if name != "qdsl" and name in each]
        ratio = ours["cpu"] / min(others)
        ratios.append(ratio)
        times = [f"{1e3 * each[name]['cpu']:,.1f}" if name in each else "-" for name in names]
        lines.append(f"| {case} | {task} | {' | '.join(times)} | {ratio:.2f} |")
    mean = exp(sum(map(log, ratios)) / len(ratios))
    head = ("circuit, qubits", "task", *names, "qdsl / fastest other")
    return f"""\
# Simulation of circuits

Written by `python tests/bench/simulators.py --write`: CPU time in ms of one call on one core,
after one to warm up, the median of {TIMES}. The mean of the sum of Z over all qubits, exactly, at
complex128; gradients by the adjoint method or reverse mode; batches of {BATCH} parameter sets.
Each library ran in a process of its own, one after the other. All values agree to 1e-8.

| {" | ".join(head)} |
| {" | ".join(["---"] * len(head))} |
{chr(10).join(lines)}

The geometric mean of the last column is {mean:.2f}. qdsl's first call, with compilation by XLA,
took {first:.1f} s at most.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/results/simulators.md")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds of one process")
    parser.add_argument("--only", default="", help="cases with this in their name")
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(*asked.measure)))
        return
    text = page(list(rows(asked.limit, asked.only)))
    print(text)
    if asked.write:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
