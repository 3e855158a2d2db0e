"""Sound programs that several tests start from, and what compares two syntax trees."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from qdsl.diagnostics.source import Source, Span

TWO_PARTY = """\
// two_party.qdm: the paper's model: L alternating layers, each owned by one party.
network lan {
  node alice { qubits 12, comm 2 }          // data qubits, communication qubits
  node bob   { qubits 12, comm 2, gate_fidelity 0.999, gate_time 1 us }
  link alice -- bob { fidelity 0.97, rate 200 Hz, latency 50 us }
}
network quad = ring(4) { qubits 8, comm 2, fidelity 0.97, rate 200 Hz }
network lab  = from "lab.json"
circuit brick(theta: angle[2*n]) on q[n] {
  for i in 0..n { ry(theta[i]) q[i] }
  for i in 0..n-1 step 2 { cz q[i], q[i+1] }
  for i in 1..n-1 step 2 { cz q[i], q[i+1] }
  for i in 0..n { rz(theta[n+i]) q[i] }
}

model two_party(n = 4, layers = 2) on lan {
  data  x: real[2**n]          owner alice
  param a: angle[layers, 2*n]  owner alice
  param b: angle[layers, 2*n]  owner bob
  qubits q[n]

  at alice { amplitude(x) q }
  for l in 0..layers {
    at alice { brick(a[l]) q }
    at bob   { brick(b[l]) q }
  }
  return expect(Z q[0])
}

experiment fit of two_party {
  set n = 4, layers = 2
  data x from "points.npz:x", label y from "points.npz:y"
  loss mse, gradient auto { epsilon 0.05, delta 0.01 }
  train adam(lr = 0.05) { steps 200, batch 16, seed 1 }
  shots 2000
}
"""
QAOA = """\
// nothing is placed: the compiler partitions it over a ring of four devices.
model qaoa(n = 24, p = 2) on quad {
  data  g: graph = random_regular(3, n, seed = 7)      // public: shapes the circuit
  param gamma: angle[p]
  param beta:  angle[p]
  qubits q[n]
  for i in 0..n { h q[i] }
  for k in 0..p {
    for (i, j) in edges(g) { rzz(gamma[k]) q[i], q[j] }
    for i in 0..n { rx(2*beta[k]) q[i] }
  }
  return expect(sum((i, j) in edges(g)) 0.5 * (1 - Z q[i] * Z q[j]))
}
"""
HIDDEN_MATCHING = """\
model hidden_matching(n = 4) on lan {
  data x: bits[2**n]            owner alice
  data m: matching[2**n]        owner bob
  qubits q[n]
  at alice { phase(x) q }                 // sum_i (-1)^x_i |i> / sqrt(N)
  at bob   { relabel(m) q; h q[n-1] }     // pairs of the matching become neighbours
  return sample(q) to bob
}
"""
GRAPHNET = """\
model graphnet(nodes = 32, features = 8, hidden = 4) on lan {
  data  X: real[nodes, features]  owner alice
  data  A: real[nodes, nodes]     owner alice      // normalised adjacency
  param W: real[features, hidden] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice { amplitude(X) v, f; block(A) v }
  at bob   { block(W) f }
  return norm2(v, f)                               // sum of squares
}
"""
IMPORTED = """\
use std.ansatz
circuit adder from "adder_n28.qasm"                // OpenQASM 2 or 3
model job() on quad { qubits q[28]; adder q; return sample(q) }
"""
FEATURES = """\
/* everything
   else */
model rest(n, k = 2**3) {
  qubits q[n],
    r; bits c[2], d
  let α = -pi / (2 * n) + .5e-3
  ctrl(2) @ inv @ pow(-2) @ rot(α) XZY q[0], q[3], q[5]
  cz q[0..2], q[2..]; cx q[..2], q[0..n step 2]
  c[0] = measure q[0]; measure r; reset q[0], r
  if c[0] == 1 and not d != 0 { x r } else if c[1] >= 1 or d < 2 { } else {
    y r
  }
  barrier; barrier q
  move q[0], r to bob
  reveal x to bob
  return expect(sum(i in 0..n) Z q[i] + 1 - -X r * w[1, 2][0]), sample(q[..2]) to bob,
    overlap(q, r)
}
network chain = line(3) { loss 0.2 dB/km, window 3 %, offset -1, weights [1, 2.] }
experiment e of rest { set n = 7 div 2 % 3; seed 1; noise { depolarizing 1e-3 } }
"""
PROGRAMS = (TWO_PARTY, QAOA, HIDDEN_MATCHING, GRAPHNET, IMPORTED, FEATURES)


def without_spans(tree: Any) -> Any:
    """A syntax tree as nested tuples that do not say where anything stood, nor how many words
    there were: separators that separate nothing may come and go."""
    if isinstance(tree, Span | Source):
        return None
    if isinstance(tree, tuple):
        return tuple(without_spans(part) for part in tree)
    if not is_dataclass(tree):
        return tree
    named = [f.name for f in fields(tree) if f.name != "n_tokens"]
    parts = ((name, without_spans(getattr(tree, name))) for name in named)
    return (type(tree).__name__, *parts)
