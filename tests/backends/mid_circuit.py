"""Compiled programs for the targets that stand on one machine, and what they are compared with.

Counts are compared with the distributions of `compiled.run()` by a chi-square test. Seeds are fixed
where the target's simulator has one; a right program fails at one comparison in 10,000.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

import numpy as np

import qdsl
from qdsl.api import Compiled
from qdsl.backends._readout import OutcomeCounts, Outcomes, estimate
from qdsl.backends.tket import z_qubits
from qdsl.ir.stages import Output, ScheduledCircuit
from qdsl.ir.values import Floats
from tests.backends.exact import p_value

ALARM = 1e-4  # the share of right programs that a comparison takes for wrong
PAIR = "network pair = line(2) { qubits 3, comm 2, rate 200 Hz }\n"

CLIFFORD: Mapping[str, str] = MappingProxyType({
    "telegate": """
  qubits q[2]
  at node0 { h q[0] }
  at node1 { s q[1] }
  cx q[0], q[1]
  return sample(q)""",
    "teledata": """
  qubits q[3]
  h q[0]
  at node0 { cx q[0], q[1] }
  at node1 { swap q[0], q[2]; x q[0] }
  at node0 { cx q[1], q[0] }
  return sample(q)""",
    "feed-forward": """
  qubits q[3]
  bits c[2]
  at node0 { h q[0] }
  at node1 { h q[1]; s q[1] }
  cx q[0], q[1]
  c[0] = measure q[0]
  at node1 { if c[0] == 0 { y q[1] } }
  reset q[0]
  at node0 { cx q[1], q[2] }
  c[1] = measure q[2]
  at node1 { if c[1] == 1 { x q[0] } }
  return sample(q), sample(c)""",
})  # fmt: skip
OTHERS: Mapping[str, str] = MappingProxyType({
    "angles": """
  qubits q[3]
  bits c[1]
  at node0 { ry(0.7) q[0]; rx(0.4) q[2] }
  at node1 { ry(1.9) q[1] }
  crz(1.3) q[0], q[1]
  rzz(0.6) q[1], q[2]
  h q[0]
  c[0] = measure q[0]
  at node1 { if c[0] == 1 { ry(0.8) q[1] } }
  at node1 { if c[0] == 0 { ch q[1], q[2] } }
  reset q[0]
  ccx q[1], q[2], q[0]
  return sample(q), sample(c)""",
    "words": """
  qubits q[3]
  at node0 { u(0.4, 1.1, -0.3) q[0]; sx q[1] }
  at node1 { t q[2]; h q[2] }
  rot(0.9) XYZ q[0], q[1], q[2]
  cswap q[0], q[1], q[2]
  return sample(q)""",
})  # fmt: skip
PROGRAMS = {**CLIFFORD, **OTHERS}


@cache
def compiled(name: str) -> Compiled:
    """One of the programs, on two nodes."""
    return qdsl.loads(f"{PAIR}model m() on pair {{{PROGRAMS[name]}\n}}\n").compile(verify=False)


@cache
def expected(name: str) -> tuple[Floats, ...]:
    """The distributions of its outputs, by our own simulator."""
    found = []
    for output in compiled(name).run().outputs:
        shares = np.zeros(2 ** len(next(iter(output.values))))
        for bits, share in output.values.items():
            shares[int(bits, 2)] = share
        found.append(shares)
    return tuple(found)


def outputs(program: Compiled) -> tuple[Output, ...]:
    stage = program.stage
    assert isinstance(stage, ScheduledCircuit)
    return stage.distributed.placed.circuit.outputs


def read_qubits(name: str) -> tuple[int, ...]:
    """The source qubits that outputs read, in the order in which their bits are emitted."""
    return tuple(sorted({q for output in outputs(compiled(name)) for q in z_qubits(output)}))


def p_values(name: str, shots: Iterable[Iterable[int]]) -> list[float]:
    """For every output, how likely outcomes as far off as these are if the target is right. A row
    has the bits of `read_qubits`."""
    tally = Counter(tuple(int(b) for b in row) for row in shots)
    read = read_qubits(name)
    counts, basis = [OutcomeCounts(read, tally)], [dict.fromkeys(read, "Z")]
    found = []
    for output, ideal in zip(outputs(compiled(name)), expected(name), strict=True):
        got = estimate(output, basis, counts, tally.total())
        assert isinstance(got, Outcomes)
        found.append(p_value(got.counts, ideal))
    return found


def assert_same(name: str, shots: Iterable[Iterable[int]]) -> None:
    assert min(p_values(name, shots)) > ALARM
