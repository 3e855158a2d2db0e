"""The nodes' NetQASM, run by hosts of their own on a runtime that is simulated here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("netqasm", reason="the extra `netqasm` is not installed")

import qdsl
from qdsl.backends._readout import settings
from qdsl.backends.jax.jax import compile_function
from qdsl.backends.netqasm.netqasm import emit
from qdsl.backends.nodes.split import split
from qdsl.backends.nodes.ticket import Ticket, Wanted, sealed, ticket_text, tickets
from qdsl.backends.nodes.time_slots import lent_slots, register_width, subroutine_of_steps
from qdsl.backends.nodes.weave import weave
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import ScheduledCircuit
from qdsl.runtime import guest, host
from qdsl.runtime.run import ItemValues, estimates_of, predicted
from qdsl.runtime.script import HostLine, Subroutine, script_of
from tests.backends.exact import p_value
from tests.backends.nodes.test_split import example, scheduled
from tests.backends.test_agreement import random_program
from tests.qdsl.runtime.machine import Controller, Network, Started
from tests.qdsl.runtime.test_faults import Drop, Garble, Once, Repeat
from tests.qdsl.runtime.test_run import REVEAL, check_traffic, compiled, expected, sampled
from tests.qdsl.runtime.threads import patient, run_threads, tally, values_for

SHOTS = 100


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr(Controller, "network", network, raising=False)
    monkeypatch.setattr(guest, "QNode", Controller)
    monkeypatch.setattr(host, "Services", Started)
    monkeypatch.setattr("qdsl.runtime.channel.LINGER_MS", 500)
    return network


def dealt(stage: ScheduledCircuit, shots: int = SHOTS, items: int = 1) -> tuple[Ticket, ...]:
    bases = settings(stage.distributed.placed.circuit.outputs)
    return tickets(stage, bases, Wanted(items, shots, 1, predicted(stage), 20.0, "python"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 2, 3])
def test_random_programs_have_the_source_s_statistics(seed: int) -> None:
    """Feed-forward, conditional gates and measurements, resets, long routes."""
    source, values = random_program(seed)
    source = sampled(source)
    try:
        stage = scheduled(source)
        ours = dealt(stage)
    except (InvalidProgram, Refused) as error:
        pytest.skip(f"this one does not fit: {error}")
    ended = run_threads(ours, ItemValues(values, {}, 1))
    assert p_value(tally(ended), expected(source, values)) > 1e-5
    check_traffic(ended, stage, SHOTS)


@pytest.mark.slow
def test_reveals_and_the_values_that_come_with_them(machine: Network) -> None:
    program = qdsl.loads(REVEAL).compile()
    values = {"t": np.array([0.3, 1.1, 2.0]), "w": np.array([0.0, 1.0]), "u": np.array([0.4, 1.9])}
    ended = run_threads(dealt(program.scheduled), ItemValues(values, {}, 1))
    assert p_value(tally(ended), expected(program.circuit, values)) > 1e-4
    assert ended.found is not None
    assert [x.disclosed_bits for x in ended.found.traffic.lines] == [192, 2, 0]


@pytest.mark.slow
def test_items_and_settings_have_texts_of_their_own() -> None:
    text = Path("examples/two_party.qdm").read_text().partition("experiment")[0]
    text = text.replace("expect(Z q[0])", "expect(Z q[0] + 0.5 * X q[0] * Y q[1])")
    program = qdsl.loads(text).compile(settings={"layers": 1})
    random = np.random.default_rng(3)
    x = random.normal(size=(2, 4))
    single = {"a": random.uniform(0, 6, (1, 4)), "b": random.uniform(0, 6, (1, 4))}
    ours = dealt(program.scheduled, items=2)
    ended = run_threads(ours, ItemValues(single, {"x": x}, 2))
    assert ended.found is not None, ended.problems
    function = compile_function(program.circuit)
    for item in range(2):
        exact = float(function(single | {"x": x[item]})[0])
        (mean,) = estimates_of(ours[-1], ended.found, item)
        assert abs(float(np.asarray(mean)) - exact) < 5 * mean.standard_error  # type: ignore[union-attr]
    check_traffic(ended, program.scheduled, 2 * 2 * SHOTS)


def test_what_is_run_is_what_is_emitted(machine: Network) -> None:
    """Every subroutine that a controller got is one of the node's text, its bits filled in."""
    stage = compiled(Path("examples/three_party.qdm").read_text().partition("experiment")[0])
    given = values_for(stage)
    texts = emit(stage, given.single)
    ended = run_threads(dealt(stage, 3), given)
    assert ended.found is not None, ended.problems
    for node, text in enumerate(texts.values()):
        script = script_of(text)
        lines = [x for x in (*script.body, *script.readings[0]) if isinstance(x, Subroutine)]
        assert len(machine.log[node]) == 3 * len(lines)
        for made, line in zip(machine.log[node], lines * 3, strict=True):
            many = [
                dict(zip(line.bits, bits, strict=True))
                for bits in np.ndindex(*[2] * len(line.bits))
            ]
            assert made in [line.binary(bits) for bits in many]


@pytest.mark.parametrize("name", ["two_party", "ghz", "reupload"])
def test_turns_are_those_of_the_texts(name: str) -> None:
    stage = example(name)
    bases = settings(stage.distributed.placed.circuit.outputs)
    programs = [p for p in split(stage, bases) if p.steps or any(p.readings)]
    texts = list(emit(stage, values_for(stage).single).values())
    slots = lent_slots(programs, weave(programs))
    for node, (program, text) in enumerate(zip(programs, texts, strict=True)):
        script = script_of(text)
        made = [x for x in script.body if isinstance(x, Subroutine)]
        steps = [k for k in subroutine_of_steps(program) if k is not None]
        assert len(made) == max(steps) + 1 == slots.count(node)
        assert [len(r) for r in script.readings] == [1] * len(bases)
        host_lines = [x for x in script.body if isinstance(x, HostLine)]
        assert all(x.what in ("send", "receive") and x.bits for x in host_lines)


def test_tickets_of_nodes_do_not_say_how_the_runtime_is_started() -> None:
    ours = dealt(example("two_party"), 5)
    assert [t.runtime is not None for t in ours] == [True, True, True, False]
    assert [("python" in ticket_text(t).replace('"python":""', "")) for t in ours] == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("shifted", 1, "pair 1 came where pair 0 was due"),
        ("state", 2, "not in the state phi"),
    ],
)
def test_a_wrong_pair_ends_the_run(
    name: str, wrong: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Controller, name, wrong)
    stage = example("two_party")
    ended = run_threads(patient(dealt(stage, 5), 5.0), values_for(stage))
    assert ended.found is None
    assert "QDM860" in ended.problems.values()
    assert any(said in v for v in ended.problems.values())


def test_a_node_out_of_turn_is_refused() -> None:
    """Alice's program has a pair less than the timetable says."""
    stage = example("two_party")
    ours = list(patient(dealt(stage, 5), 3.0))
    program = ours[0].program
    assert program is not None
    ours[0] = replace(ours[0], program=replace(program, steps=program.steps[:3]))
    ended = run_threads(sealed(ours), values_for(stage))
    assert ended.found is None
    said = {v for k, v in ended.problems.items() if not k.endswith("says")}
    assert said <= {"QDM850", "QDM858", "QDM860"}
    assert set(ended.problems) >= {"alice", "bob", "hardware", "reader"}


@pytest.mark.parametrize(
    ("meddle", "code"), [(Repeat(2), "QDM854"), (Garble(2), "QDM852"), (Drop(2), "QDM853")]
)
def test_faults_on_the_way_end_the_run(meddle: Once, code: str) -> None:
    stage = example("two_party")
    ours = patient(dealt(stage, 5), 2.0)
    ended = run_threads(ours, values_for(stage), between={"bob": meddle})
    assert ended.found is None
    assert ended.problems["bob"] in (code, "QDM850")
    assert set(ended.problems) >= {"alice", "bob", "hardware", "reader"}


def test_what_is_too_wide_for_density_matrices_is_refused() -> None:
    text = "model m() { qubits q[12]; h q[0]; for i in 0..11 { cx q[i], q[i+1] } return sample(q) }"
    with pytest.raises(Refused, match="12 qubits are in one register"):
        dealt(qdsl.loads(text).compile().scheduled)


def test_width_of_registers_counts_what_is_measured_and_kept() -> None:
    programs = split(example("two_party"))
    assert register_width(programs, weave(programs)) == 5


def test_seeds_and_values_are_the_only_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of turns is fixed: the same hardware gives the same outcomes."""
    stage = example("two_party")
    found: list[Any] = []
    for _ in range(2):
        monkeypatch.setattr(Controller, "network", Network())
        found.append(tally(run_threads(dealt(stage, 20), values_for(stage))))
    assert found[0] == found[1]
