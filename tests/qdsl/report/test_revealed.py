"""What a report says of revealed values: before an execution, and in none of its costs."""

from __future__ import annotations

import qdsl

TEXT = """
network net {
  node a { qubits 1 }
  node b { qubits 1 }
  link a -- b { rate 1 kHz, latency 40 ms }
}
model m() on net {
  data y: angle owner a
  qubits p, q
  reveal y to b
  at b { ry(y) q }
  at a { ry(y) p }
  return sample(p, q)
}
"""


def test_a_reveal_is_listed_with_its_bits_and_costs_no_execution_anything() -> None:
    report = qdsl.loads(TEXT).compile(verify=False).report()
    (told,) = report.disclosures
    assert (told.value, told.owner, told.to, told.bits) == ("y", "a", "b", 64)
    assert (report.cost.classical_bits, report.cost.messages, report.cost.makespan_ns) == (0, 0, 0)
    section = str(report).partition("Disclosed by reveal")[2].partition("\n\n")[0]
    said = " ".join(section.split())
    assert "y a b 64" in said
    assert "told before an execution, and in none of its costs; 64 bits a number" in said
