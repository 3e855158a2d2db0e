"""Vector in subspace, traces of products, and what is nearly they."""

from __future__ import annotations

from tests.qdsl.analysis.known import NONE, TWO_WAY, UNKNOWN, Known, known

ABCD = """
model m(n = 2) on lan {{
  data pair: real[2**(2*n)]
  data back: real[2**(2*n), 1]
  data A: real[2**n, 2**n] owner alice
  data B: real[2**n, 2**n] owner bob
  data C: real[2**n, 2**n] owner alice
  data D: real[2**n, 2**n] owner bob
  qubits q[n], kept[n]
  at alice {{ amplitude(pair) q, kept; block(A) q }}
  at bob {{ block(B) q }}
  at alice {{ block(C) q }}
  at bob {{ {} }}
  at alice {{ block(back) q, kept }}
  return norm2(q, kept)
}}"""
SIX = """
model m(n = 1) on lan {
  data pair: real[2**(2*n)]
  data back: real[2**(2*n), 1]
  data a: real[3, 2**n, 2**n] owner alice
  data b: real[2**n, 2**n] owner bob
  data c: real[2**n, 2**n] owner alice
  data d: real[2**n, 2**n] owner bob
  data g: real[2**n, 2**n] owner alice
  data f: real[2**n, 2**n] owner bob
  qubits q[n], kept[n]
  at alice { amplitude(pair) q, kept; block(a[1]) q }
  at bob { block(b) q }
  at alice { block(c) q }
  at bob { block(d) q }
  at alice { block(g) q }
  at bob { block(f) q }
  at alice { block(back) q, kept }
  return norm2(q, kept)
}"""

OF_MATRICES: tuple[Known, ...] = (
    known(
        "vector in subspace",
        """
model m(n = 3) on lan {
  data v: real[2**n] owner alice
  data P: real[2**n, 2**(n-1)] owner bob
  qubits q[n]
  at alice { amplitude(v) q }
  at bob { block(P) q }
  return norm2(q)
}""",
        *TWO_WAY,
        "vector-in-subspace",
    ),
    known(
        "vector in subspace without a failure, the other way round",
        """
model m(k = 3) on lan {
  data a: real[2**k] owner bob
  param b: real[2**k, 2**k] owner alice
  qubits r[k]
  at bob { amplitude(a) r }
  return expect(b, r)
}""",
        *TWO_WAY,
        "vector-in-subspace",
    ),
    known(
        "a subspace by a combination of unitaries, which fails more often as it grows",
        """
model m(n = 3) on lan {
  data v: real[2**n] owner alice
  data P: real[2**n, 2**(n-1)] owner bob
  qubits q[n]
  at alice { amplitude(v) q }
  at bob { lcu(P) q }
  return norm2(q)
}""",
        *UNKNOWN,
        "unknown",
    ),
    known(
        "a subspace of two dimensions",
        """
model m(n = 4) on lan {
  data v: real[2**n] owner alice
  data P: real[2**n, 2] owner bob
  qubits q[n]
  at alice { amplitude(v) q }
  at bob { block(P) q }
  return norm2(q)
}""",
        *UNKNOWN,
        "unknown",
    ),
    known(
        "a vector that is turned before it meets the subspace",
        """
model m(n = 3) on lan {
  data v: real[2**n] owner alice
  data P: real[2**n, 2**(n-1)] owner bob
  qubits q[n]
  at alice { amplitude(v) q }
  h q
  at bob { block(P) q }
  return norm2(q)
}""",
        *UNKNOWN,
        "unknown",
    ),
    known(
        "a vector in a public subspace",
        """
model m(n = 3) on lan {
  data v: real[2**n] owner alice
  data P: real[2**n, 2**(n-1)]
  qubits q[n]
  at alice { amplitude(v) q }
  at bob { block(P) q }
  return norm2(q)
}""",
        *NONE,
        "one-owner",
    ),
    known("the trace of a product of four", ABCD.format("block(D) q"), *TWO_WAY, "trace-product"),
    known("the trace of a product of six", SIX, *TWO_WAY, "trace-product"),
    known(
        "a product in which a matrix comes twice", ABCD.format("block(B) q"), *UNKNOWN, "unknown"
    ),
    known(
        "a product of matrices of half of the register",
        """
model m(n = 3) on lan {
  data pair: real[2**(2*n)]
  data back: real[2**(2*n), 1]
  data A: real[2**(n-1), 2**(n-1)] owner alice
  data B: real[2**n, 2**n] owner bob
  data C: real[2**n, 2**n] owner alice
  data D: real[2**n, 2**n] owner bob
  qubits q[n], kept[n]
  at alice { amplitude(pair) q, kept; block(A) q[1..] }
  at bob { block(B) q }
  at alice { block(C) q }
  at bob { block(D) q }
  at alice { block(back) q, kept }
  return norm2(q, kept)
}""",
        *UNKNOWN,
        "unknown",
    ),
)
