"""Programs on noisy networks, some of them drawn at random."""

from __future__ import annotations

import random

from qdsl import loads
from qdsl.ir.stages import ScheduledCircuit

NOISY_NET = """
network n {
  node a { qubits 3, comm 2, gate_time 10 us, gate_fidelity 0.99, one_qubit_fidelity 0.998,
           readout_fidelity 0.985, t1 60 ms, t2 30 ms, comm_t1 40 ms, comm_t2 10 ms }
  node b { qubits 3, comm 2, one_qubit_time 5 us, two_qubit_time 80 us, readout_time 100 us,
           gate_fidelity 0.995, readout_fidelity 0.99, reset_fidelity 0.97, t2 50 ms }
  link a -- b {
    attempt_rate 100 kHz, success_probability 0.02, heralding_latency 50 us
    pair_state [0.96, 0.02, 0.005, 0.015], latency 20 us
  }
}
"""
TWO = f"""{NOISY_NET}
model m() on n {{
  qubits q[3]
  at a {{ ry(0.7) q[0] }}
  at b {{ rx(0.4) q[1] }}
  at b {{ h q[2] }}
  cx q[0], q[1]
  at b {{ t q[1]; cx q[1], q[2] }}
  cz q[0], q[2]
  at a {{ h q[0] }}
  return expect(Z q[0] * X q[1] + 0.5 * Z q[2]), probability(q)
}}
"""


def compiled(text: str) -> ScheduledCircuit:
    return loads(text).compile(verify=False).scheduled


def drawn(seed: int, qubits: int) -> str:
    """Gates on some qubits of two or three nodes, on a network with every kind of noise."""
    chance = random.Random(seed)
    nodes = chance.choice([2, 3]) if qubits > 2 else 2
    kind = chance.choice(["line", "complete"])
    room = -(-qubits // nodes)
    network = (
        f"network n = {kind}({nodes}) {{ qubits {room}, comm 2\n"
        f"  gate_time {chance.randint(1, 20)} us\n"
        f"  gate_fidelity {chance.uniform(0.99, 1):.4f}, one_qubit_fidelity 0.9995\n"
        f"  readout_fidelity {chance.uniform(0.985, 1):.4f}\n"
        f"  t1 {chance.randint(40, 400)} ms, t2 {chance.randint(30, 70)} ms, comm_t2 20 ms\n"
        f"  fidelity {chance.uniform(0.95, 0.999):.4f}, rate {chance.randint(1, 8)} kHz }}\n"
    )
    lines = [
        chance.choice(["h q[{0}]", "rx(0.3) q[{0}]", "t q[{0}]", "cx q[{0}], q[{1}]",
                       "cz q[{0}], q[{1}]", "rzz(0.8) q[{0}], q[{1}]"]).format(
            *chance.sample(range(qubits), 2))
        for _ in range(3 * qubits)
    ]  # fmt: skip
    start = "; ".join(f"ry(0.{k + 3}) q[{k}]" for k in range(qubits))
    body = "\n  ".join([start, *lines])
    return f"{network}model m() on n {{\n  qubits q[{qubits}]\n  {body}\n  return sample(q)\n}}\n"
