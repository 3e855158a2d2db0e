"""Models whose advantage is known, as programs; the verdict each must get stands beside."""

from __future__ import annotations

from tests.qdsl.analysis.known import LAN, NONE, ONE_WAY, TWO_WAY, UNKNOWN, Known, known
from tests.qdsl.analysis.two_way import OF_MATRICES

FORRELATION = """
model f(n = 3) on lan {
  data x: bits[2, 2**n] owner alice
  data y: bits[2, 2**n] owner bob
  qubits q[n]
  h q
  at alice { diagonal(x[0]) q }
  at bob { diagonal(y[0]) q }
  h q
  at bob { diagonal(y[1]) q }
  at alice { diagonal(x[1]) q }
  h q
  return RESULT
}"""
KNOWN: tuple[Known, ...] = (
    # ---- hidden matching, and what is nearly it
    known("sample of a hidden matching", """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(m) q; h q[n-1] }
  return sample(q) to bob
}""", *ONE_WAY, "hidden-matching"),
    known("the same under other names, the other way round", """
model plain(k = 3) on lan {
  data weights: bits[2**k] owner bob
  data y: matching[2**k] owner alice
  qubits spare, r[k]
  h r
  at bob { diagonal(weights) r }
  at alice { relabel(y) r }
  h r[k-1]
  return probability(r[k-1])
}""", *ONE_WAY, "hidden-matching"),
    known("a promise: all edges alike", """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(m) q; h q[n-1] }
  return expect(Z q[n-1])
}""", *ONE_WAY, "hidden-matching"),
    known("boolean hidden matching, bob has signs too", """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  data w: bits[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(m) q; diagonal(w) q; h q[n-1] }
  return expect(Z q[n-1])
}""", *ONE_WAY, "hidden-matching"),
    known("graph network, the graph at bob", """
model graphnet(nodes = 16, features = 4) on lan {
  data X: real[nodes, features] owner alice
  data m: matching[nodes] owner bob
  param w: angle[4] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice { amplitude(X) v, f }
  at bob { relabel(m) v; h v[log2(nodes)-1]; ry(w[0]) f[0]; cz f[0], f[1]; ry(w[1]) f[1] }
  return expect(Z v[log2(nodes)-1])
}""", *ONE_WAY, "hidden-matching"),
    known("graph network, the graph at alice", """
model graphnet(nodes = 16, features = 4) on lan {
  data X: real[nodes, features] owner alice
  data m: matching[nodes] owner alice
  param w: angle[4] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice { amplitude(X) v, f; relabel(m) v; h v[log2(nodes)-1] }
  at bob { ry(w[0]) f[0]; cz f[0], f[1]; ry(w[1]) f[1] }
  return expect(Z f[0])
}""", *NONE, "gram", ("few-parameters",)),
    known("graph network by block encodings, the graph at alice", """
model graphnet(nodes = 16, features = 4) on lan {
  data X: real[nodes, features] owner alice
  data A: real[nodes, nodes] owner alice
  param W: real[features, features] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice { amplitude(X) v, f; block(A) v }
  at bob { block(W) f }
  return norm2(v, f)
}""", *NONE, "gram", ("few-parameters",)),
    known("graph network by block encodings, the graph at bob", """
model graphnet(nodes = 16, features = 4) on lan {
  data X: real[nodes, features] owner alice
  data A: real[nodes, nodes] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice { amplitude(X) v, f }
  at bob { block(A) v }
  return norm2(v, f)
}""", *TWO_WAY, "vector-in-subspace"),
    known("the same graph measured in its eigenbasis", """
model graphnet(nodes = 8, features = 2) on lan {
  data X: real[nodes, features] owner alice
  data M: real[nodes * features, nodes * features] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice { amplitude(X) v, f }
  return quadratic(M, v, f)
}""", *TWO_WAY, "vector-in-subspace"),
    known("weights measured in their eigenbasis, the graph at alice", """
model graphnet(nodes = 16, features = 4) on lan {
  data X: real[nodes, features] owner alice
  param W: real[features, features] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice { amplitude(X) v, f }
  return quadratic(W, f)
}""", *NONE, "gram", ("few-parameters",)),
    known("a public graph", """
model graphnet(nodes = 16, features = 4) on lan {
  data X: real[nodes, features] owner alice
  data m: matching[nodes]
  param w: angle[4] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice { amplitude(X) v, f; relabel(m) v; h v[log2(nodes)-1] }
  at bob { ry(w[0]) f[0]; cz f[0], f[1]; ry(w[1]) f[1] }
  return expect(Z f[0] * Z v[log2(nodes)-1])
}""", *NONE, "gram", ("few-parameters",)),
    known("a hidden matching whose outcome is the sender's", """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(m) q; h q[n-1] }
  return sample(q) to alice
}""", *NONE, "matching-edge"),
    known("a public matching", """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n]
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(m) q; h q[n-1] }
  return sample(q) to bob
}""", *NONE, "one-owner"),
    known("a matching that is looked at without the last Hadamard", """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(m) q }
  return sample(q) to bob
}""", *NONE, "one-owner"),  # the phases do not matter
    known("a matching and a Hadamard that come too early", """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { h q[0]; relabel(m) q }
  return sample(q) to bob
}""", *UNKNOWN, "unknown"),
    known("a matching of eight bits beside a register that grows", """
model m(k = 2) on lan {
  data x: bits[8] owner alice
  data m: matching[8] owner bob
  param z: angle[k] owner alice
  qubits q[3], r[k]
  at alice { phase(x) q; for i in 0..k { ry(z[i]) r[i] } }
  at bob { relabel(m) q; h q[2] }
  return sample(q, r) to bob
}""", *NONE, "few-data"),
    # ---- two-way
    *OF_MATRICES,
    known("forrelation of a product",
          FORRELATION.replace("RESULT", "sample(q) to bob"), *TWO_WAY, "forrelation"),
    known("the same signs twice are no forrelation", """
model f(n = 3) on lan {
  data x: bits[2**n] owner alice
  data y: bits[2**n] owner bob
  qubits q[n]
  h q
  at alice { diagonal(x) q }
  at bob { diagonal(y) q }
  h q
  at bob { diagonal(y) q }
  at alice { diagonal(x) q }
  h q
  return sample(q) to bob
}""", *UNKNOWN, "unknown"),
    known("forrelation of a product, and all of the distribution",
          FORRELATION.replace("RESULT", "probability(q)"), *NONE, "large-result"),
    known("one qubit's share of a matching's outcomes", """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(m) q; h q[n-1] }
  return probability(q[n-1])
}""", "exponential", "one way", "hidden-matching"),
    known("fourier sampling of two strings", """
model f(n = 3) on lan {
  data x: bits[2**n] owner alice
  data y: bits[2**n] owner bob
  qubits q[n]
  h q
  at alice { diagonal(x) q }
  at bob { diagonal(y) q }
  h q
  return sample(q)
}""", *UNKNOWN, "unknown"),
    # ---- linear models
    known("linear classifier", """
model linear(n = 3) on lan {
  data x: real[2**n] owner alice
  param w: real[2**n] owner bob
  qubits a[n], b[n]
  at alice { amplitude(x) a }
  at bob { amplitude(w) b }
  return overlap(a, b)
}""", *NONE, "simhash"),
    known("linear classifier behind local circuits", """
model linear(n = 2) on lan {
  data x: real[2**n] owner alice
  data w: real[2**n] owner bob
  param u: angle[2*n] owner alice
  param v: angle[2*n] owner bob
  qubits a[n], b[n]
  at alice { amplitude(x) a; brick(u) a }
  at bob { amplitude(w) b; brick(v) b }
  return overlap(a, b)
}""", *NONE, "simhash"),
    known("an overlap of joined registers is not linear", """
model joined(n = 2) on lan {
  data x: real[2**n] owner alice
  data w: real[2**n] owner bob
  qubits a[n], b[n]
  at alice { amplitude(x) a }
  at bob { amplitude(w) b }
  cx a[0], b[0]
  return overlap(a, b)
}""", *UNKNOWN, "unknown"),
    # ---- few numbers
    known("two parties, layers of gates", """
model two_party(n = 2, layers = 2) on lan {
  data x: real[2**n] owner alice
  param a: angle[layers, 2*n] owner alice
  param b: angle[layers, 2*n] owner bob
  qubits q[n]
  at alice { amplitude(x) q }
  for l in 0..layers { at bob { brick(b[l]) q }; at alice { brick(a[l]) q } }
  return expect(Z q[0])
}""", *NONE, "few-parameters"),
    known("data loaded again and again", """
model reupload(n = 2, layers = 3) on lan {
  data x: real[n] owner alice
  param w: angle[layers, 2*n] owner bob
  qubits q[n]
  for l in 0..layers { at alice { for i in 0..n { rx(x[i]) q[i] } }; at bob { brick(w[l]) q } }
  return expect(Z q[0])
}""", *NONE, "few-data"),
    known("few of many declared parameters", """
model some(n = 3) on lan {
  data x: real[2**n] owner alice
  param b: angle[2**n] owner bob
  qubits q[n]
  at alice { amplitude(x) q }
  at bob { for i in 0..n { ry(b[i]) q[i] }; cz q[0], q[1] }
  return expect(Z q[0])
}""", *NONE, "few-parameters"),
    known("vertically split angles", """
model angles(n = 4) on lan {
  data xa: real[n div 2] owner alice
  data xb: real[n div 2] owner bob
  param w: angle[n]
  qubits q[n]
  at alice { for i in 0..n div 2 { ry(xa[i]) q[i] } }
  at bob { for i in 0..n div 2 { ry(xb[i]) q[n div 2 + i] } }
  for i in 0..n-1 { cx q[i], q[i+1] }
  for i in 0..n { ry(w[i]) q[i] }
  return expect(Z q[n-1])
}""", *NONE, "few-data"),
    known("one size only", """
model small() on lan {
  data x: real[4] owner alice
  param b: angle[2] owner bob
  qubits q[2]
  at alice { amplitude(x) q }
  at bob { ry(b[0]) q[0]; cz q[0], q[1]; ry(b[1]) q[0] }
  return expect(Z q[0])
}""", *NONE, "one-size"),
    # ---- as many numbers at both parties, and no theorem
    known("a phase for every amplitude at bob", """
model phases(n = 3) on lan {
  data x: real[2**n] owner alice
  param b: angle[2**n] owner bob
  qubits q[n]
  at alice { amplitude(x) q }
  at bob { diagonal(b) q; h q }
  return expect(Z q[0])
}""", *UNKNOWN, "unknown"),
    known("products of two long vectors", """
model products(n = 4) on lan {
  data xa: real[2**(n div 2)] owner alice
  data xb: real[2**(n div 2)] owner bob
  qubits q[n]
  at alice { amplitude(xa) q[..n div 2] }
  at bob { amplitude(xb) q[n div 2..] }
  for i in 0..n-1 { cx q[i], q[i+1] }
  return sample(q) to bob
}""", *UNKNOWN, "unknown"),
    # ---- nothing to communicate
    known("each party for itself", """
model alone(n = 2) on lan {
  data x: real[2**n] owner alice
  data y: real[2**n] owner bob
  qubits a[n], b[n]
  at alice { amplitude(x) a; cz a[0], a[1] }
  at bob { amplitude(y) b; cz b[0], b[1] }
  return expect(Z a[0]), expect(Z b[0])
}""", *NONE, "no-ebits"),
    known("public data", """
model public(n = 3) on lan {
  data unused: real owner bob
  data x: real[2**n]
  param w: angle[2*n]
  qubits q[n]
  at alice { amplitude(x) q }
  at bob { brick(w) q }
  return expect(Z q[0])
}""", *NONE, "public-input"),
    known("one owner of all", """
model outsourced(n = 3) on lan {
  data x: real[2**n] owner alice
  param w: angle[2*n] owner alice
  qubits q[n]
  at alice { amplitude(x) q; brick(w) q }
  at bob { h q; for i in 0..n-1 { cz q[i], q[i+1] }; h q }
  return sample(q) to bob
}""", *NONE, "one-owner"),
    known("the other's values do not matter", """
model apart(n = 3) on lan {
  data x: real[2**n] owner alice
  data y: real[2**n] owner bob
  qubits q[n], r[n]
  at alice { amplitude(x) q }
  at bob { amplitude(y) r; h q[0] }
  return expect(Z q[0])
}""", *NONE, "one-owner"),
    known("told openly", """
model told(n = 3) on lan {
  data x: real[2**n] owner alice
  param w: angle[2**n] owner bob
  qubits q[n]
  reveal x to bob
  at bob { amplitude(x) q; diagonal(w) q; h q }
  return expect(Z q[0])
}""", *NONE, "one-owner"),
    Known("one device", """
network solo { node alice { qubits 4 } }
model single(n = 3) on solo {
  data x: real[2**n] owner alice
  param w: angle[n]
  qubits q[n]
  amplitude(x) q
  for i in 0..n { ry(w[i]) q[i] }
  return expect(Z q[0])
}""", *NONE, "one-device"),
    # ---- no signal
    known("a scrambling circuit", """
model deep(n = 6, layers = 24) on lan {
  data x: real[2**n] owner alice
  param b: angle[layers, 2*n] owner bob
  qubits q[n]
  at alice { amplitude(x) q }
  at bob { for l in 0..layers { brick(b[l]) q } }
  return expect(Z q[0])
}""", *NONE, "few-parameters", ("barren-plateau",)),
    known("a scrambling circuit of many phases", """
model deep(n = 5, layers = 20) on lan {
  data x: real[2**n] owner alice
  data p: real[2**n] owner bob
  param b: angle[layers, 2*n] owner bob
  qubits q[n]
  at alice { amplitude(x) q }
  at bob { diagonal(p) q; for l in 0..layers { brick(b[l]) q } }
  return expect(Z q[0])
}""", *NONE, "barren-plateau"),
    Known("three parties in a row", """
network chain {
  node alice { qubits 6, comm 2 }
  node bob { qubits 6, comm 2 }
  node carol { qubits 6, comm 2 }
  link alice -- bob { fidelity 0.97, rate 200 Hz }
  link bob -- carol { fidelity 0.97, rate 200 Hz }
}
model pipeline(n = 3) on chain {
  data x: real[2**n] owner alice
  param u: angle[n] owner bob
  param v: angle[n] owner carol
  qubits q[n]
  at alice { amplitude(x) q }
  at bob { for i in 0..n { ry(u[i]) q[i] }; cz q[0], q[1] }
  at carol { for i in 0..n { ry(v[i]) q[i] }; cz q[1], q[2] }
  return expect(Z q[0] * Z q[1] * Z q[2])
}""", *NONE, "few-parameters"),
)  # fmt: skip

# Nobody owns anything: there is nothing to send, and no verdict.
UNOWNED: tuple[str, ...] = tuple(
    LAN + body
    for body in (
        """
model ghz(n = 4) on lan {
  qubits q[n]
  h q[0]
  for i in 0..n-1 { cx q[i], q[i+1] }
  return sample(q) to bob
}""",
        """
use std.algorithms
model search(n = 3) on lan { qubits q[n]; grover(5, 2) q; return probability(q) }""",
        """
model teleport() on lan {
  param w: angle
  qubits m, a, b
  bits c[2]
  at alice { ry(w) m; h a }
  cx a, b
  at alice { cx m, a; h m; c[0] = measure m; c[1] = measure a }
  at bob { if c[1] { x b }; if c[0] { z b } }
  return expect(Z b)
}""",
    )
)
