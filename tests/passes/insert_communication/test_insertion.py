"""The loops of insertion write what the plain way writes, row by row, compiled and as Python."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.rules import verify
from qdsl.ir.stages import ROLES, Circuit, PlacedCircuit
from qdsl.network.network import Network
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication import insertion
from qdsl.passes.insert_communication.insertion import inserted_in
from qdsl.passes.insert_communication.ordering import packed_order
from qdsl.passes.partition.partition import Partition
from tests.build import Line, circuit, network
from tests.passes.insert_communication.plain.insertion import one_by_one
from tests.passes.test_channel import QUICK
from tests.strategies import circuits


def roles_compared(ir: PlacedCircuit) -> Counter[str]:
    """Both ways, with several options; the roles of the rows that were written."""
    seen: Counter[str] = Counter()
    packed, given_order = packed_order(ir), np.arange(len(ir.circuit.table))
    for keep, limit, order in (
        (True, 0, packed),
        (False, 0, given_order),
        (True, 1, packed),
        (True, 2, given_order),
    ):
        found = inserted_in(ir, order, keep, limit)
        verify(found, "insert-communication")
        plain = one_by_one(ir, order, keep, limit)
        for a, b in ((found, plain), (found.table, plain.table)):
            for f in fields(a):
                x, y = getattr(a, f.name), getattr(b, f.name)
                if isinstance(x, np.ndarray):
                    assert x.dtype == y.dtype and x.tolist() == y.tolist(), f.name
        seen.update(ROLES[role] for role in found.role.tolist())
    return seen


def test_random_programs_are_written_alike() -> None:
    seen: Counter[str] = Counter()

    @given(circuits(max_qubits=4, max_rows=14))
    @QUICK
    def tally(source: Circuit) -> None:
        try:
            placed = Partition(effort=0).run(Canonicalize().run(source))
        except InvalidProgram:
            return
        seen.update(roles_compared(placed))

    tally()
    assert min(seen[role] for role in ("cat-entangler", "cat-disentangler", "teledata")) > 0, seen


@pytest.mark.parametrize("comm", [1, 2, 5])
def test_copies_close_alike_where_communication_qubits_are_few(comm: int) -> None:
    random = np.random.default_rng(comm)
    lines = [
        (("cz", "cx")[which], (int(a), int(b))) if a != b else ("h", (int(a),))
        for which, a, b in zip(*random.integers(0, [[2], [12], [12]], size=(3, 400)), strict=True)
    ]
    where = network("complete", 4, 4, comm)
    placed = Partition(effort=0).run(Canonicalize().run(circuit(12, lines, network=where)))
    assert roles_compared(placed)["cat-entangler"] > 500


def mixed(where: Network, rows: int, seed: int) -> Circuit:
    """Gates, measurements, and conditions on them."""
    random = np.random.default_rng(seed)
    lines: list[Line] = [("measure", (0,), 0)]
    conditions = {}
    for a, b, which in random.integers(0, [12, 12, 5], size=(rows, 3)).tolist():
        if which == 4 and a < 2:
            lines.append(("measure", (b,), a))
            continue
        if random.random() < 0.2:
            conditions[len(lines)] = (0, int(random.integers(2)))
        lines.append((("cz", "cx")[which % 2], (a, b)) if a != b else ("h", (a,)))
    return circuit(12, lines, network=where, n_bits=2, conditions=conditions)


@pytest.mark.parametrize("kind", ["complete", "line", "star", "ring"])
@pytest.mark.parametrize("rows", [60, 700])
def test_sparse_networks_and_conditions_are_written_alike(kind: str, rows: int) -> None:
    """700 rows go through compiled loops, 60 do not."""
    where = network(kind, 5, 3, 3)
    placed = Partition(effort=0).run(Canonicalize().run(mixed(where, rows, seed=rows)))
    seen = roles_compared(placed)
    wanted = {"message", "cat-entangler", *({"swapping"} if kind != "complete" else ())}
    assert wanted <= seen.keys(), seen


def test_too_small_a_margin_only_costs_another_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insertion, "_margin", lambda _: 1)
    monkeypatch.setattr(insertion, "_expected", lambda _: 1)
    where = network("line", 5, 3, 2)
    assert roles_compared(Partition(effort=0).run(Canonicalize().run(mixed(where, 60, 3))))
