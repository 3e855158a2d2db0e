"""What one party keeps to itself is in no form of another's program: not as a number in any
spelling, and not by any trace, as nothing of another's program changes with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("netqasm", reason="the extra `netqasm` is not installed")

import qdsl
from qdsl.backends._readout import settings
from qdsl.backends.netqasm import netqasm
from qdsl.backends.netqasm.text import turns_of
from qdsl.backends.nodes import nodes
from qdsl.backends.nodes.ticket import Ticket, Wanted, ticket_text, tickets
from qdsl.ir.stages import ScheduledCircuit
from qdsl.runtime.run import predicted
from tests.qdsl.runtime.test_run import REVEAL

Forms = dict[str, dict[str, str]]  # by form, then by node
KEY = b"k" * 32
CONSTANTS = """network lan {
  node alice { qubits 1, comm 1 }
  node bob { qubits 1, comm 2 }
  node carol { qubits 1, comm 1 }
  link alice -- bob { }
  link bob -- carol { }
}
model m() on lan {
  param t: angle[2] owner alice
  param u: angle owner bob
  qubits a, b, c
  at alice { rx(0.1234567) a; rz(0.5 * t[0] + 0.7 * t[1] * t[0]) a }
  at bob { crx(u) a, b }
  at carol { rx(0.7654321) c; cx b, c }
  return sample(a, b), expect(X b * Y c)
}"""


def dealt(stage: ScheduledCircuit, python: str | None) -> tuple[Ticket, ...]:
    bases = settings(stage.distributed.placed.circuit.outputs)
    wanted = Wanted(1, 10, 1, predicted(stage), python=python)
    return tickets(stage, bases, wanted, new_key=lambda: KEY)


def unsalted(ticket: Ticket) -> Ticket:
    """Without the hashes, which keys of others (and a salt) make differ, and the time."""
    peers = tuple(replace(p, commitment="") for p in ticket.peers)
    return replace(ticket, digest="", seal="", peers=peers, expires=0)


def forms(stage: ScheduledCircuit, values: Mapping[str, Any]) -> Forms:
    """Everything that is written for a node, and what the hardware and the reader are given."""
    own, runtime = dealt(stage, None), dealt(stage, "python")
    return {
        "OpenQASM": nodes.emit(stage),
        "OpenQASM with values": nodes.emit(stage, values),
        "NetQASM": netqasm.emit(stage, values),
        "tickets": {t.name: ticket_text(unsalted(t)) for t in own},
        "tickets for a runtime": {t.name: ticket_text(unsalted(t)) for t in runtime},
    }


def drawn(stage: ScheduledCircuit, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    vectors = stage.distributed.values.vectors
    return {
        v.name: random.integers(0, 2, v.shape).astype(float)
        if v.kind == "bits"
        else random.uniform(-3, 3, v.shape)
        for v in vectors
    }


def spellings(number: float) -> list[str]:
    """A number as a text could have it: decimal, in turns, and as NetQASM's sums."""
    angles = (number, abs(number), number / np.pi, number % (2 * np.pi))
    decimals = [f"{a:.7f}"[:7] for a in angles]
    slots = [f"rot_. Q0 {n} {d}" for n, d in turns_of(number)]
    return [*map(re.escape, decimals), r"\n(?:set Q0 \d+\n)".join(slots)]


PROGRAMS = {
    "two_party": (Path("examples/two_party.qdm").read_text().partition("experiment")[0], {}),
    "three_party": (Path("examples/three_party.qdm").read_text().partition("experiment")[0], {}),
    "constants": (CONSTANTS, {}),
    "reveals": (REVEAL, {"t": {"bob"}, "w": {"carol"}}),
}


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_nothing_of_another_changes_with_private_values(name: str) -> None:
    text, revealed = PROGRAMS[name]
    stage = qdsl.loads(text).compile(verify=False).scheduled
    values, other = drawn(stage, 1), drawn(stage, 2)
    before = forms(stage, values)
    for vector in stage.distributed.values.vectors:
        knows = {vector.owner, *revealed.get(vector.name, set())}
        new = other[vector.name]
        if vector.kind == "bits":  # all of them flipped are a global phase
            new = np.concatenate([1 - values[vector.name][:1], values[vector.name][1:]])
        after = forms(stage, values | {vector.name: new})
        for form, texts in before.items():
            for node, said in texts.items():
                is_same = said == after[form][node]
                assert is_same or node in knows, f"{vector.name} is in {node}'s {form}"
        assert any(before["NetQASM"][n] != after["NetQASM"][n] for n in knows if n)


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_no_number_of_another_is_spelled_out(name: str) -> None:
    text, revealed = PROGRAMS[name]
    stage = qdsl.loads(text).compile(verify=False).scheduled
    values = drawn(stage, 1)
    written = forms(stage, values)
    found = 0
    for vector in stage.distributed.values.vectors:
        if vector.kind == "bits":
            continue
        knows = {vector.owner, *revealed.get(vector.name, set())}
        for number in np.asarray(values[vector.name]).reshape(-1).tolist():
            pattern = re.compile("|".join(spellings(number)))
            holders = {
                n for texts in written.values() for n, t in texts.items() if pattern.search(t)
            }
            assert holders <= knows, (vector.name, number)
            found += bool(holders)
    assert found or name == "constants"  # the search finds what is there


def test_constants_of_one_party_s_layers_leave_no_trace_elsewhere() -> None:
    """The hashes by which nodes know what the others run say nothing either: those are made with
    keys that only the others have, that of the session with a salt."""
    first = qdsl.loads(CONSTANTS).compile(verify=False).scheduled
    second = qdsl.loads(CONSTANTS.replace("0.1234567", "0.2345678"))
    stage, values = second.compile(verify=False).scheduled, drawn(first, 1)
    before, after = forms(first, values), forms(stage, values)
    for form, texts in before.items():
        changed = {node for node, text in texts.items() if text != after[form][node]}
        assert changed == {"alice"}, form
    bases = settings(first.distributed.placed.circuit.outputs)
    wanted = Wanted(1, 10, 1, predicted(first))
    hashes = {tickets(first, bases, wanted)[0].digest for _ in range(3)}
    assert len(hashes) == 3
