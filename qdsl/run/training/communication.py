"""What training would cost without qubits: everything sent to one node, once."""

from __future__ import annotations

from qdsl.analysis.structure import disclosed_to
from qdsl.ir.stages import Circuit
from qdsl.run.result import Alternative

BITS = 64  # a number
SHOWN = 4  # cheapest first


def alternatives(circuit: Circuit, items: int, varying: frozenset[str]) -> tuple[Alternative, ...]:
    """For every node that owns something or is told it by a `reveal`, the bits for sending it all
    that others own and it does not know, as 64-bit numbers: the starting parameters, and every item
    of the data. It can then train alone. Labels have no owner and are not counted. `varying`:
    vectors that differ from item to item."""
    owned = [v for v in circuit.values.vectors if v.owner is not None]
    told = disclosed_to(circuit)
    knows = {v.name: told.get(v.name, frozenset()) | {str(v.owner)} for v in owned}
    found = []
    for receiver in sorted(frozenset[str]().union(*knows.values())):
        others = [v for v in owned if receiver not in knows[v.name]]
        parameters = sum(v.size for v in others if v.role == "param")
        data = sum(
            v.size * (items if v.name in varying else 1) for v in others if v.role != "param"
        )
        formula = f"{BITS} bits x ({parameters} parameters + {data} numbers of data)"
        bits = BITS * (parameters + data)
        found.append(Alternative(f"everything to {receiver}, once", bits, formula))
    return tuple(sorted(found, key=lambda a: (a.bits, a.name))[:SHOWN])
