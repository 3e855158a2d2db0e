"""What is said of programs that do not fit on their network."""

from __future__ import annotations

from dataclasses import replace

import pytest

import qdsl
from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.passes.partition.errors import too_many_qubits

SCRATCH = """network lan = line(2) {{ qubits {qubits}, comm 2 }}
model m() on lan {{
  qubits q[6]
  bits u[2], v[2]
  h q
  u[0] = measure q[0]; u[1] = measure q[1]; v[0] = measure q[2]; v[1] = measure q[3]
  if u[1] != v[1] {{ x q[5] }}
  return sample(q[5])
}}
"""


def problem_of(text: str, *passes: str) -> Diagnostic:
    with pytest.raises(InvalidProgram) as raised:
        qdsl.loads(text).compile(**({"passes": passes} if passes else {}))  # type: ignore[arg-type]
    return raised.value.diagnostics[0]


@pytest.mark.parametrize("passes", [(), ("canonicalize", "partition-exact")])
def test_qubits_that_nobody_declared_are_said(passes: tuple[str, ...]) -> None:
    found = problem_of(SCRATCH.format(qubits=3), *passes)
    assert found.message == (
        "the program has 7 qubits, one of them to compute conditions on several bits, and the "
        "nodes of 'lan' hold 6"
    )
    plain = "network lan = line(2) { qubits 1 }\nmodel m() on lan { qubits q[3]; return sample(q) }"
    found = problem_of(plain, *passes)
    assert found.message == "the program has 3 qubits, and the nodes of 'lan' hold 2"


def test_qubits_for_bits_that_are_returned_are_said() -> None:
    circuit = qdsl.loads(SCRATCH.format(qubits=4)).lower()
    assert circuit.network is not None
    error = too_many_qubits(replace(circuit, n_results=2), circuit.network)
    assert error.diagnostics[0].message.startswith(
        "the program has 7 qubits, 2 of them for bits that are returned and one of them to compute"
    )


def test_a_node_that_is_called_a_reads_as_a_name() -> None:
    found = problem_of("""network n { node a { qubits 2, comm 1 }; node bob { qubits 1, comm 1 }
      link a -- bob }
    model m() on n {
      qubits q[3]
      at bob { h q[0] }; at bob { h q[1] }; at a { h q[0]; h q[1]; h q[2] }; at bob { h q[2] }
      return sample(q)
    }""")
    assert found.code == "QDM605" and found.help == "give 'a' `comm 2` or one more qubit"
