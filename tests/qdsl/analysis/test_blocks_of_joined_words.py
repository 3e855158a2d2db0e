"""Commuting blocks are counted only where a word is measured at one node: the turn about a word of
several nodes takes pairs of its own, which no pass counts."""

from __future__ import annotations

import pytest

import qdsl

PROGRAM = """network net {{
  node a {{ qubits 1, comm 2 }}; node b {{ qubits 1, comm 2 }}; node c {{ qubits 1, comm 2 }}
  link a -- b {{ rate 1 kHz }}; link b -- c {{ rate 1 kHz }}
}}
model m() on net {{
  param t: angle[3]
  qubits x, y, z
  at a {{ ry(t[0]) x }}; at b {{ ry(t[1]) y }}; at c {{ ry(t[2]) z }}
  return expect({word})
}}"""


@pytest.mark.parametrize(("word", "nodes"), [("Z x", 1), ("Z x * Z y", 2), ("Z x * Z y * Z z", 3)])
def test_blocks_are_counted_of_words_at_one_node(word: str, nodes: int) -> None:
    budget = qdsl.loads(PROGRAM.format(word=word)).compile().report().shot_budget
    assert budget is not None
    methods = {task.method for task in budget.tasks if task.name == "gradient"}
    assert ("commuting blocks" in methods) is (nodes == 1)
    (shift,) = (t for t in budget.tasks if t.method == "parameter shift")
    assert shift.joined_bits == (nodes - 1) * shift.executions
