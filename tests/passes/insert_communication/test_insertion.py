"""The compiled loops of insertion write what the general way writes, row by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from qdsl.passes.insert_communication.direct import inserted_directly, is_direct

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.stages import ROLES, Circuit, PlacedCircuit
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insertion import one_by_one
from qdsl.passes.insert_communication.ordering import packed_order
from qdsl.passes.partition.partition import Partition
from tests.build import circuit, network
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
        found = inserted_directly(ir, order, keep, limit)
        assert found is not None
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
        if is_direct(placed):
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
    assert is_direct(placed)
    assert roles_compared(placed)["cat-entangler"] > 500


@pytest.mark.parametrize(("kind", "conditions"), [("line", {}), ("complete", {1: (0, 1)})])
def test_sparse_networks_and_conditions_go_the_general_way(
    kind: str, conditions: dict[int, tuple[int, int]]
) -> None:
    lines = [("measure", (0,), 0), ("x", (1,)), ("cz", (0, 3))]
    where = network(kind, 3, 2, 2)
    source = circuit(4, lines, network=where, n_bits=1, conditions=conditions)
    assert not is_direct(Partition(effort=0).run(source))
