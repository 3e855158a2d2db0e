"""Programs that say the same in other words cost the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np
import pytest

import qdsl
from qdsl.ir.operations import BY_NAME
from qdsl.ir.printing import print_ir
from qdsl.ir.rules import verify
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.canonicalize.writing import renumbered
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from tests.build import Line, circuit, network

N = 6
GATES = ("cz", "cx", "rzz", "h", "t", "cp", "rxx", "ryy", "ccz", "crx", "ry")
WHERE = network("complete", 3, 2, 4)
SEEDS = range(6)
Rewrite = Callable[[Sequence[Line]], list[Line]]


def ebits(lines: Sequence[Line], effort: int) -> int:
    canonical = Canonicalize().run(circuit(N, lines, network=WHERE))
    placed = Partition(effort=effort).run(canonical)
    program = InsertCommunication().run(placed)
    verify(program, "insert-communication")
    return int(program.table.codes("ebit").sum())


def random_lines(seed: int, gates: Sequence[str] = GATES) -> list[Line]:
    random = np.random.default_rng(seed)
    lines: list[Line] = []
    for name in random.choice(gates, 25).tolist():
        op = BY_NAME[name]
        qubits = tuple(random.permutation(N)[: op.arity].tolist())
        lines.append((name, qubits, *random.uniform(-3, 3, op.angles).tolist()))
    return lines


def turned_around(lines: Sequence[Line]) -> list[Line]:
    """Operands that may be exchanged, exchanged."""
    return [
        (name, tuple(reversed(qubits)) if BY_NAME[name].symmetric else qubits, *angles)
        for name, qubits, *angles in lines
    ]


def written_out(lines: Sequence[Line]) -> list[Line]:
    """rzz by cx, rz, cx; swap by three cx."""
    found: list[Line] = []
    for name, qubits, *angles in lines:
        a, b = (*sorted(qubits), -1, -1)[:2]
        if name == "rzz":
            found += [("cx", (a, b)), ("rz", (b,), *angles), ("cx", (a, b))]
        elif name == "swap":
            found += [("cx", (a, b)), ("cx", (b, a)), ("cx", (a, b))]
        else:
            found.append((name, qubits, *angles))
    return found


def exchanged(lines: Sequence[Line], random: np.random.Generator) -> list[Line]:
    """Neighbours exchanged that act on other qubits, or are diagonal on all that they share."""
    found = list(lines)
    for i in random.integers(len(lines) - 1, size=200).tolist():
        (a, on_a, *_), (b, on_b, *_) = found[i : i + 2]
        if all(
            BY_NAME[a].axis(on_a.index(q)) == BY_NAME[b].axis(on_b.index(q)) == "Z"
            for q in set(on_a) & set(on_b)
        ):
            found[i : i + 2] = found[i + 1], found[i]
    return found


def canonical_text(lines: Sequence[Line]) -> str:
    return print_ir(Canonicalize().run(circuit(N, lines, network=WHERE)))


@pytest.mark.parametrize("name", [op.name for op in BY_NAME.values() if op.symmetric])
def test_symmetric_gates_have_one_canonical_form(name: str) -> None:
    lines = [("h", (4,)), *random_lines(0, [name])]
    assert canonical_text(lines) == canonical_text(turned_around(lines))


def test_the_swapped_operands_of_a_cswap_have_one_canonical_form() -> None:
    assert canonical_text([("cswap", (3, 4, 1))]) == canonical_text([("cswap", (3, 1, 4))])
    assert canonical_text([("cswap", (3, 4, 1))]) != canonical_text([("cswap", (1, 3, 4))])


@pytest.mark.parametrize("effort", [0, 1])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_exchangeable_operands_does_not_matter(seed: int, effort: int) -> None:
    lines = random_lines(seed, (*GATES, "swap"))
    assert ebits(lines, effort) == ebits(turned_around(lines), effort)


@pytest.mark.parametrize("seed", SEEDS)
def test_gates_that_are_written_out_cost_the_same(seed: int) -> None:
    lines = random_lines(seed, (*GATES, "swap"))
    assert ebits(lines, 1) == ebits(written_out(lines), 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_commuting_gates_does_not_matter(seed: int) -> None:
    lines = random_lines(seed)
    shuffled = exchanged(lines, np.random.default_rng(seed))
    assert shuffled != lines
    assert ebits(lines, 1) == ebits(shuffled, 1)


def test_commuting_gates_have_one_canonical_order() -> None:
    for seed in range(60):
        lines = random_lines(seed, (*GATES, "swap", "rz", "s"))
        shuffled = exchanged(lines, np.random.default_rng(seed))
        assert canonical_text(lines) == canonical_text(shuffled), seed


@pytest.mark.parametrize("kind", ["bits[2]", "real[2]"])
def test_diagonal_encodings_of_two_owners_may_be_exchanged(kind: str) -> None:
    texts = [
        f"""
network wire = line(2) {{ qubits 4, comm 2 }}
model m() on wire {{
  data f: {kind} owner node0
  data g: {kind} owner node1
  qubits q
  h q; {" ".join(both)} h q; at node0 {{ diagonal(f) q }}; at node1 {{ diagonal(g) q }}; h q
  return sample(q)
}}"""
        for both in permutations(("at node0 { diagonal(f) q };", "at node1 { diagonal(g) q };"))
    ]
    found = [qdsl.loads(text).compile() for text in texts]
    assert [made.cost.ebits for made in found] == [2, 2]
    assert all(made.verification.verified for made in found)


def renamed(lines: Sequence[Line], names: Sequence[int]) -> list[Line]:
    return [(name, tuple(names[q] for q in qubits), *rest) for name, qubits, *rest in lines]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_names_of_qubits_do_not_matter(seed: int) -> None:
    """Every node is joined to every other and they are equal."""
    lines = random_lines(seed)
    names = np.random.default_rng(seed).permutation(N).tolist()
    assert ebits(lines, 1) == ebits(renamed(lines, names), 1)


def _ring(n: int) -> list[Line]:
    """All qubits are equal."""
    return [("cz", (q, (q + 1) % n)) for q in range(n)] + [("h", (q,)) for q in range(n)]


def _transform(n: int) -> list[Line]:
    pairs = [[("h", (i,)), *(("cz", (i, j)) for j in range(i + 1, n))] for i in range(n)]
    return [line for some in pairs for line in some]


@pytest.mark.parametrize(
    "lines", [_ring(N), _transform(N), *(random_lines(seed) for seed in range(30))]
)
def test_qubits_are_numbered_by_what_they_do(lines: list[Line]) -> None:
    found = set()
    for seed in range(4):
        names = np.random.default_rng(seed).permutation(N).tolist()
        source = Canonicalize().run(circuit(N, renamed(lines, names), network=WHERE))
        found.add(print_ir(renumbered(source)[0]))
    assert len(found) == 1
