"""The fidelity of the report against Aer, with the noise model that Aer makes of each device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp, hypot
from typing import Any

import pytest

import qdsl
from qdsl.hardware.aer import depolarising, simulated_fidelity
from qdsl.hardware.calibration import Calibration
from qdsl.hardware.merging import TimedOperation
from qdsl.hardware.routed import RoutedProgram
from qdsl.network.devices import DeviceQubit
from tests.qdsl.hardware.programs import FOUR, LINE, compiled, device

SHOTS = 1000


def _of_aer() -> Callable[[RoutedProgram, TimedOperation], Any]:
    """Errors of gates as Aer's own model has them for each fake backend: depolarising beside the
    relaxation that it finds in the gate's time."""
    from qiskit_aer.noise.device import basic_device_gate_errors
    from qiskit_ibm_runtime.fake_provider import (
        FakeJakartaV2,
        FakeLimaV2,
        FakeManilaV2,
        FakeNairobiV2,
    )

    backends = FakeLimaV2(), FakeJakartaV2(), FakeManilaV2(), FakeNairobiV2()
    errors = [
        {(name, tuple(q)): e for name, q, e in basic_device_gate_errors(target=b.target)}
        for b in backends
    ]
    names = {"SX": "sx", "X": "x", "CX": "cx", "CZ": "cz", "ECR": "ecr", "Rz": "rz"}

    def noise(program: RoutedProgram, op: TimedOperation) -> Any:
        v, qubits = op.places[0][0], tuple(p for _, p in op.places)
        return errors[v].get((names[op.name], qubits))

    return noise


def test_four_devices_and_their_links_as_the_report_says() -> None:
    """Each node with its own noise model, each pair in its link's state."""
    found = compiled(FOUR).hardware()
    assert [n.device for n in found.facts.nodes] == [
        "fake_lima", "fake_jakarta", "fake_manila", "fake_nairobi"
    ]  # fmt: skip
    low, high = found.facts.fidelity, found.facts.fidelity_at_most
    assert 0.2 < low < high < 1
    ours, theirs = (
        simulated_fidelity(found, SHOTS, 5, noise) for noise in (depolarising, _of_aer())
    )
    for seen in (ours, theirs):
        assert low - 3 * seen.standard_error <= seen.fidelity <= high + 3 * seen.standard_error
    spread = 4 * hypot(ours.standard_error, theirs.standard_error)
    assert abs(ours.fidelity - theirs.fidelity) < spread + 0.03  # they relax within gates, too
    assert ours.fidelity < 0.95


@pytest.mark.parametrize("worse", [1, 20])
def test_errors_of_gates_alone_are_within_a_narrow_range(worse: int) -> None:
    """And twenty times the errors are outside of it."""
    made = compiled(FOUR)

    def found(factor: int) -> RoutedProgram:
        each = {"error": 2e-4 * factor}, {"error": 4e-3 * factor}
        kind = device(edges=[[i, i + 1] for i in range(6)], each_qubit=each[0], each_edge=each[1])
        return made.hardware({node.name: kind for node in made.scheduled.network.nodes})

    facts = found(1).facts
    assert 0.8 < facts.fidelity < facts.fidelity_at_most < facts.fidelity + 0.1
    seen = simulated_fidelity(found(worse), SHOTS, 2)
    margin = 3 * seen.standard_error
    is_inside = facts.fidelity - margin <= seen.fidelity <= facts.fidelity_at_most + margin
    assert is_inside == (worse == 1)


def test_errors_of_gates_are_counted_once_each() -> None:
    """By hand: ry is two pulses of SX, cx one gate; links and memory lose nothing."""
    text = """
    network lab { node a { qubits 2, comm 0 } node b { qubits 1, comm 0 } }
    model m() on lab { qubits q[2]; at a { ry(0.3) q[0]; cx q[0], q[1] } return sample(q) }
    """
    kind = device(
        edges=[{"edge": [0, 1], "error": 0.02, "time": 3e-7}],
        each_qubit={"error": 0.001, "time": 5e-8, "readout_error": 0.05, "readout_time": 1e-6},
    )
    facts = compiled(text).hardware({"a": kind}).facts
    pulses = sum(g.count for g in facts.nodes[0].gates if g.name in ("SX", "X"))
    assert facts.fidelity == pytest.approx((1 - 0.0015) ** pulses * (1 - 0.025))
    assert facts.errors.final_readout == pytest.approx(1 - 0.95**2)
    assert facts.makespan_ns == round(pulses * 50 + 300 + 1000)


def test_waiting_is_counted_by_t1_and_t2() -> None:
    found = Calibration.of(replace(LINE, qubits=(DeviceQubit(t1_s=1e-3, t2_s=5e-4),) * 7))
    wanted = (3 - exp(-0.2) - 2 * exp(-0.4)) / 4
    assert found.idle_error(2, 2e-4) == pytest.approx(wanted)
    assert Calibration.of(LINE).idle_error(2, 2e-4) == 0


def test_a_worse_link_and_a_worse_device_lower_the_fidelity() -> None:
    good = qdsl.loads(FOUR).compile().hardware().facts
    worse = qdsl.loads(FOUR.replace("0.97", "0.9")).compile().hardware().facts
    assert worse.fidelity < good.fidelity * 0.95
    assert worse.errors.links > good.errors.links + 0.05


def test_random_outcomes_follow_the_noise() -> None:
    found = compiled(FOUR).hardware()
    ideal, noisy = found.sample(2000, 1, noise=False), found.sample(2000, 1)
    assert sum(ideal.values()) == sum(noisy.values()) == 2000
    assert len(noisy) > len(ideal)
