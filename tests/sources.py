"""Small programs as text, for tests that start from a file."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"  # beside the checkout; not always there
EXAMPLES = ROOT / "examples"

LAN = """\
network lan {
  node alice { qubits 4, comm 2 }
  node bob   { qubits 4, comm 2 }
  link alice -- bob { fidelity 0.9, rate 1000 Hz, latency 50 us }
}
"""

BELL = f"""\
{LAN}
network far = line(3) {{ qubits 2, comm 2, fidelity 0.9, rate 1000 Hz }}

model bell(n = 2) on lan {{
  qubits q[n]
  at alice {{ h q[0] }}
  at bob {{ h q[1] }}
  cz q[0], q[1]
  at bob {{ h q[1] }}
  return expect(Z q[0] * Z q[1]), sample(q)
}}
"""

MODELS = f"""\
{LAN}
model first(n = 2, depth) on lan {{
  param w: angle[depth]
  qubits q[n]
  for d in 0..depth {{ rx(w[d]) q[0]; cx q[0], q[1] }}
  return expect(Z q[0])
}}

model alone(n = 3) {{
  qubits q[n]
  h q[0]
  for i in 0..n-1 {{ cx q[i], q[i+1] }}
  return sample(q)
}}
"""

PARTIES = f"""\
{LAN}
circuit brick(theta: angle[2*n]) on q[n] {{
  for i in 0..n {{ ry(theta[i]) q[i] }}
  for i in 0..n-1 step 2 {{ cz q[i], q[i+1] }}
  for i in 1..n-1 step 2 {{ cz q[i], q[i+1] }}
  for i in 0..n {{ rz(theta[n+i]) q[i] }}
}}

model parties(n = 2, layers = 1) on lan {{
  data  x: real[2**n]          owner alice
  param a: angle[layers, 2*n]  owner alice
  param b: angle[layers, 2*n]  owner bob
  qubits q[n]
  at alice {{ amplitude(x) q }}
  for l in 0..layers {{
    at bob   {{ brick(b[l]) q }}
    at alice {{ brick(a[l]) q }}
  }}
  return expect(Z q[0])
}}
"""

BROKEN = f"""\
{LAN}
model broken(n = 2) on lan {{
  qubits q[n]
  hadamard q[0]
  cx q[0], r
  return expect(Z q[0])
}}
"""
