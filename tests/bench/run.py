"""How fast the circuit and the passes are, beside qiskit and pytket on the same machine.

    make bench                      a table in the terminal, in about a minute
    make bench ARGS=--write         the same into docs/results/benchmarks.md

Times are wall times, the best of three where that is quick; ratios say more than they do.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from qdsl.driver.pass_manager import DEFAULT_PASSES, configured
from qdsl.ir.operations import BY_NAME
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, Register, ScheduledCircuit
from qdsl.ir.table import OpTable, TableBuilder
from qdsl.ir.values import AngleBuilder
from qdsl.network.network import Link, Network, Node, topology
from qdsl.verify.translation import validate

FILE = Path(__file__).resolve().parents[2] / "docs" / "results" / "benchmarks.md"
MILLION = 1_000_000
BASELINE_GATES = 100_000  # qiskit and pytket would take too long for a million
SIZES = (1_000, 10_000, 100_000)
QUBITS = 64
LONGEST_S = 6.0  # where all passes together took longer, the next size is not tried
CX, CZ = BY_NAME["cx"].code, BY_NAME["cz"].code

Row = tuple[str, ...]


def best(work: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The shortest of several wall times, and what the work gave."""
    taken, result = float("inf"), None
    for _ in range(times):
        start = perf_counter()
        result = work()
        taken = min(taken, perf_counter() - start)
        if taken > 1.0:
            break
    return taken, result


def pairs(gates: int, qubits: int = QUBITS) -> np.ndarray:
    """Operands of two-qubit gates, int32[gates, 2], the same every time."""
    rng = np.random.default_rng(1)
    first = rng.integers(0, qubits, gates)
    return np.stack([first, (first + rng.integers(1, qubits, gates)) % qubits], 1).astype(np.int32)


# ---- building and verifying --------------------------------------------------------------


def extended(operands: np.ndarray) -> OpTable:
    builder = TableBuilder()
    builder.extend(CX, operands)
    return builder.build()


def added(operands: list[list[int]]) -> OpTable:
    builder = TableBuilder()
    for pair in operands:
        builder.add(CX, pair)
    return builder.build()


def by_qiskit(operands: list[list[int]]) -> Any:
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(QUBITS)
    for a, b in operands:
        circuit.cx(a, b)
    return circuit


def by_pytket(operands: list[list[int]]) -> Any:
    from pytket import Circuit as TketCircuit

    circuit = TketCircuit(QUBITS)
    for a, b in operands:
        circuit.CX(a, b)
    return circuit


def circuit_of(table: OpTable, network: Network | None = None) -> Circuit:
    pin = np.full(len(table), -1, np.int16)
    registers = (Register("q", 0, QUBITS),)
    return Circuit("bench", table, AngleBuilder(0).build(), registers, (), (), network, pin)


def building() -> Iterator[Row]:
    operands = pairs(MILLION)
    lists = operands[:BASELINE_GATES].tolist()
    taken, table = best(lambda: extended(operands))
    yield "build, `extend()`", f"{MILLION:,}", seconds(taken), per_gate(taken, MILLION)
    checked, _ = best(lambda: verify(circuit_of(table), "bench"))
    one_by_one, _ = best(lambda: added(operands.tolist()), 1)
    yield (
        "build, `add()` by gate",
        f"{MILLION:,}",
        seconds(one_by_one),
        per_gate(one_by_one, MILLION),
    )
    for name, make in (("qiskit", by_qiskit), ("pytket", by_pytket)):
        make(lists[:10])  # the import is not counted
        theirs, _ = best(lambda make=make: make(lists), 1)  # type: ignore[misc]
        ratio = (theirs / BASELINE_GATES) / (one_by_one / MILLION)
        yield (
            f"build, {name}, by gate",
            f"{BASELINE_GATES:,}",
            seconds(theirs),
            f"{per_gate(theirs, BASELINE_GATES)}, {ratio:.1f} times `add()`",
        )
    yield "verify, all rules of a circuit", f"{MILLION:,}", seconds(checked), "target: 0.2 s"
    yield (
        "memory of the table",
        f"{MILLION:,}",
        f"{table.nbytes / 1e6:.0f} MB",
        (f"{table.nbytes / MILLION:.0f} bytes a gate"),
    )


# ---- passes ------------------------------------------------------------------------------


def mixed(gates: int) -> OpTable:
    """Two-qubit gates with rotations between: half of them cz, which packets like."""
    builder = TableBuilder()
    operands = pairs(gates)
    codes = np.random.default_rng(2).choice(np.array([CX, CZ], np.uint16), gates)
    builder.extend(codes, operands)
    return builder.build()


def four_nodes() -> Network:
    shape = topology("complete", (4,), Node("n", 1), Link(0, 1, rate_hz=200.0))
    nodes = tuple(Node(f"node{k}", QUBITS // 4 + 2, 4) for k in range(4))
    return Network("complete", nodes, shape.links)


def staged(gates: int) -> Iterator[tuple[str, float, Any]]:
    """Name, wall time and result of every pass, of all checks of rules, and of validation."""
    source = circuit_of(mixed(gates), four_nodes())
    stage: Any = source
    verifying = 0.0
    for name in DEFAULT_PASSES:
        options = {"effort": 0} if name == "partition" else {}
        work = configured(name, options)
        start = perf_counter()
        stage = work.run(stage)
        done = perf_counter()
        verify(stage, name)
        verifying += perf_counter() - done
        yield name, done - start, stage
    yield "verify after each", verifying, None
    assert isinstance(stage, ScheduledCircuit)
    start = perf_counter()
    verdict = validate(source, stage.distributed)
    assert verdict.equal, verdict
    yield "validate", perf_counter() - start, verdict


def passes() -> list[Row]:
    columns: list[dict[str, str]] = []
    for gates in SIZES:
        column: dict[str, str] = {}
        total = 0.0
        for name, taken, _ in staged(gates):
            column[name] = seconds(taken)
            total += taken
        columns.append(column)
        if total > LONGEST_S:
            break
    return [
        (name, *(c.get(name, "-") for c in columns), *("-",) * (len(SIZES) - len(columns)))
        for name in (*DEFAULT_PASSES, "verify after each", "validate")
    ]


# ---- the table ---------------------------------------------------------------------------


def seconds(taken: float) -> str:
    return f"{taken:.2f} s" if taken >= 0.1 else f"{taken * 1e3:.1f} ms"


def per_gate(taken: float, gates: int) -> str:
    return f"{taken / gates * 1e6:.2f} us a gate"


def markdown(header: Row, rows: list[Row]) -> str:
    widths = [max(len(r[k]) for r in (header, *rows)) for k in range(len(header))]

    def line(cells: Row) -> str:
        padded = (c.ljust(w) for c, w in zip(cells, widths, strict=True))
        return "| " + " | ".join(padded) + " |"

    rule = "| " + " | ".join("-" * w for w in widths) + " |"
    return "\n".join([line(header), rule, *(line(r) for r in rows)])


def machine() -> str:
    import os

    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"NumPy {np.__version__}; other work may have run beside."
    )


def report() -> str:
    build = markdown(("what", "gates", "time", ""), list(building()))
    sizes = tuple(f"{n:,} gates" for n in SIZES)
    run = markdown(("pass", *sizes), passes())
    return f"""# Benchmarks

Written by `make bench ARGS=--write`; read the ratios, not the seconds.
{machine()}

## The circuit

Random `cx` gates on {QUBITS} qubits.

{build}

## The passes

Random `cx` and `cz` gates, half and half, on {QUBITS} qubits over four nodes, `--effort 0`.
Nothing about such a circuit is local: nearly every gate is remote.

{run}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {FILE.name}")
    given = parser.parse_args()
    text = report()
    if given.write:
        FILE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
