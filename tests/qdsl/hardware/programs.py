"""Programs and devices of these tests."""

from __future__ import annotations

import json
from typing import Any

import qdsl
from qdsl.network.devices import Device, device_of_json

FOUR = """
network lab {
  node alice { qubits 1, comm 1, device "fake_lima" }
  node bob { qubits 1, comm 2, device "fake_jakarta" }
  node carol { qubits 1, comm 2, device "fake_manila" }
  node dave { qubits 1, comm 1, device "fake_nairobi", comm_at [0] }
  link alice -- bob { rate 5 MHz, fidelity 0.98, latency 100 ns }
  link bob -- carol { rate 5 MHz, fidelity 0.97, latency 100 ns }
  link carol -- dave { rate 5 MHz, fidelity 0.98, latency 100 ns }
}

model ghz() on lab {
  qubits q[4]
  at alice { ry(1.1) q[0] }
  at carol { rx(0.4) q[2] }
  cx q[0], q[1]
  cx q[2], q[3]
  cx q[1], q[2]
  return sample(q)
}
"""

LOCAL = """
network lab {
  node a { qubits 4, comm 1 }
  node b { qubits 1, comm 1 }
  link a -- b { rate 1 kHz }
}

model m() on lab {
  qubits q[4]
  at a {
    ry(0.3) q[0]; h q[1]; rx(1.2) q[2]; u(0.2, 0.5, 0.9) q[3]
    cx q[0], q[3]; cp(0.7) q[1], q[2]; swap q[0], q[2]; ccx q[0], q[1], q[3]
    rzz(0.4) q[0], q[3]; cry(1.3) q[3], q[1]; cx q[2], q[0]
  }
  return sample(q)
}
"""

TRAFFIC = """
network lab {
  node a { qubits 3, comm 1 }
  node b { qubits 3, comm 2 }
  node c { qubits 3, comm 1 }
  link a -- b { rate 1 kHz }
  link b -- c { rate 1 kHz }
}

model m() on lab {
  qubits p[2], q[3], r[2]
  at a { ry(0.7) p }
  at b { h q; rx(0.4) q[1] }
  at c { ry(1.3) r }
  at a { cx p[0], q[0]; cx p[1], q[0] }
  at b { cx q[0], p[1]; cp(0.9) q[1], r[0]; cx q[2], q[0] }
  at c { cx r[0], q[2]; ry(0.2) r[0]; cx r[1], p[0]; cx r[0], r[1] }
  at b { h q[2]; cx q[2], q[1]; cx q[0], p[0] }
  return sample(p, q, r)
}
"""

BITS = """
network lab {
  node a { qubits 3, comm 1 }
  node b { qubits 2, comm 1 }
  link a -- b { rate 1 kHz }
}

model m() on lab {
  qubits p[3], q[2]
  bits c
  at a { ry(0.9) p[0]; cx p[0], p[2] }
  at b { h q[0] }
  cx p[2], q[0]
  c = measure p[0]
  at a { if c == 1 { cx p[2], p[1] } }
  at b { if c == 1 { ry(0.8) q[1] } }
  cx q[0], q[1]
  return probability(p[1], p[2], q)
}
"""


def compiled(text: str) -> qdsl.api.Compiled:
    return qdsl.loads(text).compile()


def device(**given: Any) -> Device:
    return device_of_json(json.dumps(given), "map")


LINE = device(edges=[[i, i + 1] for i in range(6)])
RING = device(edges=[[(i + 1) % 6, i] for i in range(6)], directed=True, gate="ecr")
STAR = device(edges=[[i, 0] for i in range(1, 7)], gate="cz", one_qubit_gates=["rx", "rz"])
DEVICES = {"line": LINE, "ring": RING, "star": STAR}
