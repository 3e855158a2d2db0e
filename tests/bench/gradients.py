"""The exact gradient of a 20-qubit ansatz of 1,000 parameters, beside the libraries for CPUs.

    make bench                                      a table, after those of run.py
    python tests/bench/gradients.py --write         its section of docs/results/benchmarks.md

All at complex128, each in a process of its own: CPU time (user and system, all threads) and wall
time of one gradient after one to warm up, the best of three; and the most memory that the process
held above what it held before the first. Measured in turn, in one run. Libraries that are not
installed are left out: `pip install 'qdsl-compiler[bench]'` brings them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

FILE = Path(__file__).resolve().parents[2] / "docs" / "results" / "benchmarks.md"
HEAD = "## Gradients\n"
LAYERS = 25
TIMES = 3

Function = Callable[[], Any]


def program(n: int, layers: int) -> str:
    """Layers of ry and rz on every qubit and a ladder of cx; the mean of Z on the first qubit."""
    return f"""
model ansatz(n = {n}, layers = {layers}) {{
  param t: angle[layers, 2*n]
  qubits q[n]
  for l in 0..layers {{
    for i in 0..n {{ ry(t[l, i]) q[i]; rz(t[l, n + i]) q[i] }}
    for i in 0..n - 1 {{ cx q[i], q[i + 1] }}
  }}
  return expect(Z q[0])
}}
"""


def values(n: int, layers: int) -> Any:
    return np.random.default_rng(0).uniform(0, 2 * np.pi, (layers, 2 * n))


# ---- the libraries: each gives float64[layers, 2 n] ----------------------------------------


def by_qdsl(n: int, layers: int) -> Function:
    import jax

    import qdsl
    from qdsl.backends.jax.jax import precise

    model = qdsl.loads(program(n, layers))
    angles = values(n, layers)
    gradient = jax.jit(jax.grad(lambda t: model.expectation({"t": t})))

    def work() -> Any:
        with precise():
            return np.asarray(gradient(angles))

    return work


def by_lightning(n: int, layers: int) -> Function:
    import pennylane as qml

    def circuit(t: Any) -> Any:
        for layer in range(layers):
            for q in range(n):
                qml.RY(t[layer, q], q)
                qml.RZ(t[layer, n + q], q)
            for q in range(n - 1):
                qml.CNOT([q, q + 1])
        return qml.expval(qml.PauliZ(0))

    node: Any = qml.QNode(circuit, qml.device("lightning.qubit", wires=n), diff_method="adjoint")
    angles = qml.numpy.array(values(n, layers), requires_grad=True)
    return lambda: np.asarray(qml.grad(node)(angles))


def by_qulacs(n: int, layers: int) -> Function:
    import qulacs

    angles = values(n, layers)
    circuit = qulacs.ParametricQuantumCircuit(n)
    for layer in range(layers):
        for q in range(n):  # its angles have the other sign
            circuit.add_parametric_RY_gate(q, -angles[layer, q])
            circuit.add_parametric_RZ_gate(q, -angles[layer, n + q])
        for q in range(n - 1):
            circuit.add_CNOT_gate(q, q + 1)
    observable = qulacs.Observable(n)
    observable.add_operator(1.0, "Z 0")

    def work() -> Any:
        pairs = np.reshape(circuit.backprop(observable), (layers, n, 2))
        return -np.concatenate([pairs[:, :, 0], pairs[:, :, 1]], axis=1)

    return work


LIBRARIES = {"qdsl": by_qdsl, "pennylane-lightning": by_lightning, "qulacs": by_qulacs}
MODULES = {"qdsl": "qdsl", "pennylane-lightning": "pennylane_lightning", "qulacs": "qulacs"}


# ---- one library in one process ------------------------------------------------------------


def measure(name: str, n: int, layers: int, times: int) -> dict[str, Any]:
    work = LIBRARIES[name](n, layers)
    before = peak_mb()
    start = perf_counter()
    gradient = work()
    first = perf_counter() - start
    best: tuple[float, float] = (float("inf"), float("inf"))
    for _ in range(times):
        spent, start = cpu(), perf_counter()
        work()
        best = min(best, (cpu() - spent, perf_counter() - start))
    return {
        "cpu": best[0],
        "wall": best[1],
        "first": first,
        "memory": peak_mb() - before,
        "gradient": gradient.tolist(),
    }


def cpu() -> float:
    spent = os.times()
    return spent.user + spent.system


def peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def in_process(name: str, n: int, layers: int, times: int, threads: int) -> dict[str, Any]:
    flags = "" if threads > 1 else "--xla_cpu_multi_thread_eigen=false"
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "XLA_FLAGS": flags}
    command = [sys.executable, __file__, "--measure", name, str(n), str(layers), str(times)]
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        code = (
            f"import os, sys; os.sched_setaffinity(0, [{min(os.sched_getaffinity(0))}]); "
            "os.execv(sys.argv[1], sys.argv[1:])"
        )
        command = [sys.executable, "-c", code, *command]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


# ---- the table -----------------------------------------------------------------------------


def section(n: int = 20, layers: int = LAYERS, times: int = TIMES) -> str:
    cores = os.cpu_count() or 1
    there = [name for name in LIBRARIES if find_spec(MODULES[name])]
    runs = [(name, threads) for threads in sorted({1, cores}) for name in there]
    found = [(name, threads, in_process(name, n, layers, times, threads)) for name, threads in runs]
    ours = {threads: r for name, threads, r in found if name == "qdsl"}
    reference = np.array(found[0][2]["gradient"])
    rows = []
    for name, threads, r in found:
        assert np.allclose(r["gradient"], reference, atol=1e-9), name
        mine = ours[threads]
        rows.append((name, str(threads), f"{r['cpu']:.1f} s", f"{r['cpu'] / mine['cpu']:.2f}",
                     f"{r['wall']:.1f} s", f"{r['wall'] / mine['wall']:.2f}",
                     f"{r['first']:.1f} s", f"{r['memory']:.0f} MB"))  # fmt: skip
    header = ("library", "threads", "CPU time", "to qdsl's", "wall time", "to qdsl's",
              "first call", "memory")  # fmt: skip
    table = "\n".join(
        "| " + " | ".join(row) + " |" for row in (header, ("---",) * len(header), *rows)
    )
    depth = memory_by_depth(n, layers)
    return f"""{HEAD}
The gradient of one expectation by {2 * n * layers:,} parameters: {n} qubits, {layers} layers of
`ry`, `rz` and a ladder of `cx`; exact, adjoint method, complex128, on plain CPUs. All agree to
1e-9. One state takes {(16 << n) / 1e6:.1f} MB. "First call" has compilation in it; memory is what
the process took beyond its imports and the circuit, at its peak. Best of {times}.

{table}

qdsl's temporary memory as XLA plans it, in states: {depth}. The number does not grow with the
depth: states are un-computed, not kept.
"""


def memory_by_depth(n: int, layers: int) -> str:
    import jax

    import qdsl
    from qdsl.backends.jax.jax import precise

    said = []
    for depth in (layers, 4 * layers):
        model = qdsl.loads(program(n, depth))
        with precise():
            angles = jax.numpy.asarray(values(n, depth))
            gradient = jax.jit(jax.grad(lambda t, m=model: m.expectation({"t": t})))
            memory: Any = gradient.lower(angles).compile().memory_analysis()
        said.append(f"{memory.temp_size_in_bytes / (16 << n):.1f} at {depth} layers")
    return ", ".join(said)


def written(document: str, text: str) -> str:
    """The document with its section on gradients replaced, or added."""
    pattern = re.compile(rf"^{re.escape(HEAD)}.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(document):
        return pattern.sub(lambda _: text + "\n", document).rstrip("\n") + "\n"
    return document.rstrip("\n") + "\n\n" + text


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write it into {FILE.name}")
    parser.add_argument("--measure", nargs=4, metavar=("LIBRARY", "QUBITS", "LAYERS", "TIMES"))
    parser.add_argument("--times", type=int, default=TIMES, help="gradients to measure, of each")
    given = parser.parse_args()
    if given.measure:
        name, *numbers = given.measure
        n, layers, times = map(int, numbers)
        sys.stdout.write(json.dumps(measure(name, n, layers, times)) + "\n")
        return
    text = section(times=given.times)
    if given.write:
        FILE.write_text(written(FILE.read_text(encoding="utf-8"), text), encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
