"""A block that was begun in another way than by `{` gives one error, not one a line."""

from __future__ import annotations

import pytest

from qdsl.language.check import check_text

NODES = "  node a { qubits 2, comm 2 }\n  node b { qubits 2 }\n  link a -- b { fidelity 0.97 }\n"
MODEL = "\nmodel m() { qubits q; h q; return sample(q) }\n"


@pytest.mark.parametrize(
    "text",
    [
        f"network lan:\n{NODES}{MODEL}",
        f"network lan\n{NODES}{MODEL}",
        f"network lan:\n{NODES.replace('  ', '')}{MODEL}",
        f"network lan:\n{NODES}",
        f"{MODEL}network lan:\n  node a:\n    qubits 2\n    comm 2\n  node b {{ qubits 2 }}\n",
        f"network lan {{\n  node a:\n    qubits 2\n    comm 2\n  node b {{}}\n}}\n{MODEL}",
        "model m():\n  qubits q\n  h q\n  return sample(q)\n",
        "model m() {\n  qubits q\n  for i in 0..3:\n    h q\n    x q\n  return sample(q)\n}\n",
        "experiment e of m:\n  shots 20\n  set n = 4\n" + MODEL,
    ],
)
def test_one_error(text: str) -> None:
    (problem,) = check_text(text)[1]
    assert "{" in problem.message


def test_what_stands_behind_the_block_is_still_read() -> None:
    text = f"network lan:\n{NODES}{MODEL}model n() {{ qubits q; h }}\n"
    assert [p.labels[0].span.line for p in check_text(text)[1]] == [1, 7]
