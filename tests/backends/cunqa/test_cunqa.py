"""Circuits for CUNQA: executed as its executor does, and the form that its reader asks for."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.backends.cunqa import cunqa as backend
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Sample
from tests.backends.cunqa.machine import CunqaMachine, drawn
from tests.backends.exact import distribution, p_value
from tests.backends.mid_circuit import ALARM, PROGRAMS, assert_same, compiled, p_values
from tests.backends.programs import scheduled, teleport, two_remote_gates
from tests.sources import EXAMPLES

SHOTS = 250


@pytest.mark.parametrize("name", PROGRAMS)
def test_samples_are_those_of_our_simulator(name: str) -> None:
    assert_same(name, drawn(compiled(name).emit("cunqa"), SHOTS))


def test_over_a_node_in_between() -> None:
    text = (
        "network chain = line(3) { qubits 1, comm 2 }\nmodel m() on chain { qubits a, b; at node0 "
    )
    program = qdsl.loads(
        text + "{ ry(1.1) a } at node2 { ry(0.4) b } cx a, b; return sample(a, b) }"
    )
    made = program.compile()
    shots = drawn(made.emit("cunqa"), 400)
    ideal = np.zeros(4)
    for bits, share in made.run().outputs[0].values.items():
        ideal[int(bits, 2)] = share
    seen = np.bincount([2 * int(a) + int(b) for a, b in shots], minlength=4) / len(shots)
    np.testing.assert_allclose(seen, ideal, atol=0.09)
    assert {c["id"] for c in made.emit("cunqa")["circuits"]} == {"node0", "node1", "node2"}


def without(emitted: Any, name: str) -> Any:
    """The circuits without the corrections by these gates."""
    changed = copy.deepcopy(emitted)
    for circuit in changed["circuits"]:
        lines = circuit["instructions"]
        circuit["instructions"] = [
            x for k, x in enumerate(lines)
            if not (x["name"] == name and k and lines[k - 1]["name"] == "cif")
        ]  # fmt: skip
    return changed


def test_a_correction_that_is_left_out_is_seen() -> None:
    emitted = compiled("feed-forward").emit("cunqa")
    assert min(p_values("feed-forward", drawn(without(emitted, "x"), SHOTS))) < ALARM


def test_bits_of_messages_in_another_order_are_seen() -> None:
    """Messages have no numbers: who receives them in another order takes one for the other."""
    stage = scheduled(teleport(0.9, [Sample((0,))]), [0, 0, 0])
    emitted = backend.emit(stage)
    receiver = emitted["circuits"][1]
    takes = [x for x in receiver["instructions"] if x["name"] == "recv"]
    assert len(takes) == 2
    right = np.mean(drawn(emitted, 400))
    takes[0]["clbits"], takes[1]["clbits"] = takes[1]["clbits"], takes[0]["clbits"]
    assert abs(right - np.sin(0.45) ** 2) < 0.08
    assert abs(np.mean(drawn(emitted, 400)) - right) > 0.1


def test_the_form_of_a_telegate() -> None:
    emitted = compiled("telegate").emit("cunqa")
    first, second = emitted["circuits"]
    assert (first["id"], second["id"]) == ("node0", "node1")
    assert first["num_qubits"] == [3, 2]
    assert first["sending_to"] == ["node1"]
    pairs = [x for c in emitted["circuits"] for x in c["instructions"] if x["name"] == "gen_ent"]
    assert pairs == [
        {
            "name": "gen_ent",
            "comm_qubit": 3,
            "circuits": ["node1", "node0"],
            "tag": "node0|node1|0",
        },
        {
            "name": "gen_ent",
            "comm_qubit": 3,
            "circuits": ["node0", "node1"],
            "tag": "node0|node1|0",
        },
    ]
    saved = [x["clbits"] for x in first["instructions"] if x.get("save")]
    assert saved == [b["clbit"] for b in emitted["outcome"] if b["circuit"] == "node0"]
    assert {"name": "h", "qubits": 0} in first["instructions"]


def test_text_and_files_hold_the_same() -> None:
    made = compiled("telegate")
    emitted = made.emit("cunqa")
    assert json.loads(made.emit_text("cunqa")) == emitted
    files = made.emit_files("cunqa")
    assert files is not None
    assert sorted(files) == ["node0.json", "node1.json", "outcome.qdsl.json"]
    assert json.loads(files["node1.json"]) == emitted["circuits"][1]
    assert json.loads(files["outcome.qdsl.json"]) == emitted["outcome"]


@pytest.mark.parametrize("name", sorted(backend.KNOWN))
def test_gates_are_those_of_the_operation_table(name: str) -> None:
    op = BY_NAME[name]
    assert op.arity is not None
    angles = [0.3, 1.1, -0.7][: op.angles]
    names = [f"q[{k}]" for k in range(op.arity)]
    turn = f"({', '.join(map(str, angles))})" if angles else ""
    program = qdsl.loads(
        f"network n = line(1) {{ qubits 3 }}\nmodel m() on n {{ qubits q[{op.arity}]; ry(0.4) q; "
        f"h q; {name}{turn} {', '.join(names)}; rx(1.2) q; ry(0.5) q; return probability(q) }}"
    )
    stage = program.compile(passes=("partition", "insert-communication", "schedule")).stage
    machine = CunqaMachine(backend.emit(stage)["circuits"])
    lines = machine.circuits[0]["instructions"]
    measured = [x["qubits"] for x in lines[-op.arity :]]
    del lines[-op.arity :]
    machine.run(np.random.default_rng(1))
    shares = np.moveaxis(np.abs(machine.state) ** 2, measured, range(op.arity))
    ideal = program.compile().run().outputs[0].values
    found = shares.reshape(2**op.arity, -1).sum(axis=1)
    np.testing.assert_allclose(found, list(ideal.values()), atol=1e-6)


def test_values_are_asked_for_and_encoded() -> None:
    made = qdsl.load(EXAMPLES / "two_party.qdm").compile(settings={"layers": 1})
    with pytest.raises(InvalidProgram, match="has no value"):
        made.emit("cunqa")
    random = np.random.default_rng(5)
    vectors = made.scheduled.distributed.values.vectors
    emitted = made.emit("cunqa", {v.name: random.normal(size=v.shape) for v in vectors})
    names = {x["name"] for c in emitted["circuits"] for x in c["instructions"]}
    assert {"u3", "cx", "gen_ent", "send", "recv", "cif", "endcif"} <= names
    assert CunqaMachine(emitted["circuits"]).run(np.random.default_rng(0)) is not None


def test_only_a_scheduled_program_has_nodes() -> None:
    with pytest.raises(Refused, match="scheduled"):
        backend.emit(qdsl.loads("model m() { qubits q; h q; return sample(q) }").lower())


def test_a_communication_qubit_that_is_used_again_is_reset() -> None:
    """Which the machine asks for, as `gen_ent` does not."""
    program = two_remote_gates(0.8, 1.9, [Sample((0, 1))])
    emitted = backend.emit(scheduled(program, [0] * 6))
    for circuit in emitted["circuits"]:
        names = [x["name"] for x in circuit["instructions"]]
        first = names.index("gen_ent")
        assert names[first - 1] != "reset"
        assert names[names.index("gen_ent", first + 1) - 1] == "reset"
    counts = Counter("".join(str(int(b)) for b in bits) for bits in drawn(emitted, 600))
    assert p_value(counts, distribution(program, (0, 1))) > ALARM
