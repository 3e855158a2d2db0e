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


def drawn(seed: int, most: int = 8) -> str:
    """A program of 2 to `most` qubits on 2 to 4 nodes, no two of which are alike, over links of
    several kinds; gates, angles and every figure are drawn."""
    chance = random.Random(seed)
    qubits, nodes = chance.randint(2, most), chance.randint(2, 4)
    room = -(-qubits // nodes)
    members = [f"node n{k} {{ qubits {room}, comm {chance.randint(2, 3)}, {_node(chance)} }}"
               for k in range(nodes)]  # fmt: skip
    pairs = [(k, k + 1) for k in range(nodes - 1)]
    pairs += [(0, nodes - 1)] if nodes > 2 and chance.random() < 0.5 else []
    links = [f"link n{a} -- n{b} {{ {_link(chance)} }}" for a, b in pairs]
    network = "\n  ".join(["network n {", *members, *links]) + "\n}\n"
    gates = [_gate(chance, qubits) for _ in range(chance.randint(qubits, 3 * qubits))]
    body = "\n  ".join([f"qubits q[{qubits}]", *gates, "return sample(q)"])
    return f"{network}model m() on n {{\n  {body}\n}}\n"


def _node(chance: random.Random) -> str:
    t1, comm_t1 = chance.uniform(40, 400), chance.uniform(20, 200)
    return (
        f"one_qubit_time {chance.randint(1, 10)} us, two_qubit_time {chance.randint(5, 40)} us, "
        f"readout_time {chance.randint(20, 100)} us, reset_time {chance.randint(1, 50)} us, "
        f"one_qubit_fidelity {chance.uniform(0.998, 1):.5f}, "
        f"gate_fidelity {chance.uniform(0.985, 1):.4f}, "
        f"readout_fidelity {chance.uniform(0.98, 1):.4f}, "
        f"reset_fidelity {chance.uniform(0.98, 1):.4f}, "
        f"t1 {t1:.1f} ms, t2 {chance.uniform(0.3, 2) * t1:.1f} ms, "
        f"comm_t1 {comm_t1:.1f} ms, comm_t2 {chance.uniform(0.2, 2) * comm_t1:.1f} ms"
    )


def _link(chance: random.Random) -> str:
    loss = chance.uniform(0.001, 0.06)
    shares = [chance.random() for _ in range(3)]
    errors = [round(loss * s / sum(shares), 5) for s in shares]
    state = f"pair_state [{1 - sum(errors):.5f}, {errors[0]}, {errors[1]}, {errors[2]}]"
    fidelity = chance.choice([f"fidelity {1 - loss:.4f}", state])
    attempts = (
        f"attempt_rate {chance.randint(50, 500)} kHz, "
        f"success_probability {chance.uniform(0.01, 0.1):.3f}, "
        f"heralding_latency {chance.randint(1, 50)} us"
    )
    rate = chance.choice([f"rate {chance.randint(1, 20)} kHz", attempts])
    cutoff = f", cutoff {chance.uniform(0.3, 3):.2f} ms"
    kept = chance.choice(["", ", buffer 2", ", channels 2", cutoff, cutoff])
    back = chance.choice(["", f", latency_back {chance.randint(1, 100)} us"])
    return f"{fidelity}, {rate}{kept}, latency {chance.randint(1, 100)} us{back}"


def _gate(chance: random.Random, qubits: int) -> str:
    a, b = chance.sample(range(qubits), 2)
    angle = f"{chance.uniform(0.1, 3):.3f}"
    return chance.choice(
        [f"h q[{a}]", f"rx({angle}) q[{a}]", f"t q[{a}]", f"cx q[{a}], q[{b}]",
         f"cz q[{a}], q[{b}]", f"cp({angle}) q[{a}], q[{b}]", f"rzz({angle}) q[{a}], q[{b}]",
         f"swap q[{a}], q[{b}]"]
    )  # fmt: skip
