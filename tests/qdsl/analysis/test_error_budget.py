"""Estimated fidelity by cause, against closed forms and density matrices."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from qdsl import loads
from qdsl.analysis.cost import estimated_fidelity
from qdsl.analysis.error_budget import (
    ErrorBudget,
    error_budget,
    error_budget_of,
    errors_by_line,
)
from qdsl.ir.channels import correlations, error_probabilities
from qdsl.ir.pairs import pair_times
from qdsl.ir.stages import ScheduledCircuit
from qdsl.network.models import LinkModel, NodeModel, PairState
from qdsl.network.network import Link
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.schedule import Schedule
from qdsl.report.text import render_report
from tests.build import circuit, network
from tests.qdsl.run.noisy.programs import drawn

Matrix = npt.NDArray[np.complex128]


def compiled(text: str) -> ScheduledCircuit:
    return loads(text).compile().scheduled


def budget(text: str) -> ErrorBudget:
    return error_budget(compiled(text))


# ---- links: what the design's protocols give -----------------------------------------------


@pytest.mark.parametrize("fidelity", [1.0, 0.97, 0.85, 0.6])
def test_teledata_and_telegate_have_the_fidelity_of_their_pair(fidelity: float) -> None:
    """Whatever the number of gates that one pair serves."""
    net = f"network n = line(2) {{ qubits 4, comm 2, fidelity {fidelity} }}\n"
    move = "model m() on n { qubits a; at node0 { h a }; move a to node1; at node1 { t a }"
    move += "; return sample(a) }"
    for targets in (1, 2, 3):
        gates = "; ".join(f"cx q[0], q[{k}]" for k in range(1, targets + 1))
        pins = "; ".join(f"at node1 {{ h q[{k}] }}" for k in range(1, targets + 1))
        gate = f"model m() on n {{ qubits q[4]; at node0 {{ h q[0] }}; {pins}; {gates}"
        found = budget(f"{net}{gate}; return sample(q) }}")
        assert found.fidelity == pytest.approx(fidelity, abs=1e-12)
    assert budget(net + move).fidelity == pytest.approx(fidelity, abs=1e-12)


@pytest.mark.parametrize("links", [(0.95, 0.9), (0.95, 0.9, 0.85)])
def test_swapping_multiplies_werner_parameters(links: tuple[float, ...]) -> None:
    n = len(links) + 1
    nodes = "\n".join(f"node v{k} {{ qubits 1, comm 2 }}" for k in range(n))
    pairs = "\n".join(f"link v{k} -- v{k + 1} {{ fidelity {f} }}" for k, f in enumerate(links))
    model = f"model m() on n {{ qubits a, b; at v0 {{ h a }}; at v{n - 1} {{ h b }}; cx a, b"
    ir = compiled(f"network n {{ {nodes}\n{pairs} }}\n{model}; return sample(a, b) }}")
    werner = math.prod((4 * f - 1) / 3 for f in links)
    assert error_budget(ir).fidelity == pytest.approx((1 + 3 * werner) / 4, abs=1e-12)
    assert estimated_fidelity(ir.distributed) == pytest.approx(math.prod(links))


@pytest.mark.parametrize("state", [(0.9, 0.05, 0.03, 0.02), (0.7, 0.0, 0.0, 0.3)])
def test_factors_of_a_pauli_channel(state: PairState) -> None:
    again = error_probabilities(correlations(state))
    np.testing.assert_allclose(again, state, atol=1e-12)


# ---- memory --------------------------------------------------------------------------------


def density_of_aged_pair(
    state: PairState, times: tuple[float, float], t1: float, t2: float
) -> float:
    """Fidelity of a pair whose halves have waited, by Kraus operators."""
    paulis = [np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]),
              np.diag([1, -1])]  # fmt: skip
    bell = np.array([1, 0, 0, 1]) / math.sqrt(2)
    vectors = [np.kron(np.eye(2), p) @ bell for p in paulis]
    rho: Matrix = np.zeros((4, 4), np.complex128)
    for p, v in zip(state, vectors, strict=True):
        rho += p * np.outer(v, v.conj())
    for half, time in enumerate(times):
        gamma = 1 - math.exp(-time / t1)
        dephased = (1 - math.exp(-time / t2 + time / (2 * t1))) / 2
        relax = [np.diag([1, math.sqrt(1 - gamma)]), np.array([[0, math.sqrt(gamma)], [0, 0]])]
        flips = [math.sqrt(1 - dephased) * np.eye(2), math.sqrt(dephased) * np.diag([1, -1])]
        for kraus in (relax, flips):
            wide = [np.kron(k, np.eye(2)) if half == 0 else np.kron(np.eye(2), k) for k in kraus]
            rho = np.asarray(sum(k @ rho @ k.conj().T for k in wide))
    return float((bell @ rho @ bell).real)


def waiting(state: PairState, t1: int, t2: int) -> ScheduledCircuit:
    """A pair that waits for 500 gates of the qubit that its copy is made of."""
    model = LinkModel(pair_state=state, herald_ns=70)
    link = Link(0, 1, rate_hz=1e6, latency_ns=50, model=model)
    where = network(nodes=2, qubits=1, link=link)
    ir = Schedule().run(
        InsertCommunication().run(
            Partition().run(circuit(2, [*[("h", (0,))] * 500, ("cx", (0, 1))], network=where))
        )
    )
    memory = NodeModel(comm_t1_ns=t1, comm_t2_ns=t2)
    nodes = tuple(replace(v, model=memory) for v in where.nodes)
    links = tuple(replace(x, fidelity=state[0]) for x in where.links)
    placed = replace(ir.distributed.placed, network=replace(where, nodes=nodes, links=links))
    return replace(ir, distributed=replace(ir.distributed, placed=placed))


@pytest.mark.parametrize("state", [(1.0, 0.0, 0.0, 0.0), (0.9, 0.06, 0.03, 0.01)])
@pytest.mark.parametrize(("t1", "t2"), [(10**5, 10**5), (3000, 6000), (10**18, 4000)])
def test_a_pair_ages_until_its_halves_are_used(state: PairState, t1: int, t2: int) -> None:
    ir = waiting(state, t1, t2)
    pairs = pair_times(ir)
    table = ir.distributed.table
    halves = table.row(int(pairs.row[0])).operands
    used = [
        min(int(ir.start_ns[r.index]) for r in table if w in r.operands and r.op.name != "ebit"
            and r.op.name != "send")
        for w in halves
    ]  # fmt: skip
    waited = (float(used[0] - pairs.born[0]), float(used[1] - pairs.born[0]))
    assert waited[0] > 3000
    aged = density_of_aged_pair(state, waited, t1, t2)
    found = error_budget(ir)
    (copy,) = {w for w in halves if ir.distributed.wire_node[w] == 1}
    rows = sorted(
        r.index for r in table if copy in r.operands and r.op.name not in ("send", "ebit")
    )
    gaps = [ir.start_ns[b] - ir.end_ns[a] for a, b in itertools.pairwise(rows)]
    assert not any(gaps), "the copy itself does not wait"
    assert found.fidelity == pytest.approx(aged, abs=1e-9)
    assert (1 - found.link) * (1 - found.memory) == pytest.approx(aged, abs=1e-9)


def test_a_data_qubit_waits() -> None:
    """Its entanglement fidelity: (1 + exp(-t/T1) + 2 exp(-t/T2)) / 4."""
    text = """
    network n = line(1) { qubits 2, gate_time 10 us, t1 5 ms, t2 4 ms }
    model m() on n { qubits a, b; h a; for i in 0..20 { t b; h b }; cx a, b; return sample(a, b) }
    """
    ir = compiled(text)
    time = (int(ir.start_ns[ir.distributed.table.arity == 2][0]) - 10_000) * 1e-9
    assert time > 3e-4
    alone = (1 + math.exp(-time / 5e-3) + 2 * math.exp(-time / 4e-3)) / 4
    assert budget(text).fidelity == pytest.approx(alone, abs=1e-12)
    assert budget(text).memory == pytest.approx(1 - alone, abs=1e-12)


# ---- gates, read-out, reports ----------------------------------------------------------------


def test_gates_count_with_what_they_can_spoil() -> None:
    """Z before a measurement has no effect: 2 of 4 Paulis of that qubit."""
    text = """
    network n = line(1) { qubits 2, gate_fidelity 0.9, one_qubit_fidelity 0.99,
                          readout_fidelity 0.95, reset_fidelity 0.98 }
    model m() on n { qubits a, b; bits c; h a; cx a, b; c = measure b; reset b; return sample(a) }
    """
    found = budget(text)
    assert found.one_qubit == pytest.approx(0.01)
    assert found.two_qubit == pytest.approx(0.1 * 14 / 15)
    assert found.readout == pytest.approx(1 - 0.95 * 0.98)


def test_causes_multiply_to_the_whole() -> None:
    text = """
    network n = line(2) { qubits 2, fidelity 0.95, rate 1 kHz, gate_time 10 us, gate_fidelity 0.99,
      one_qubit_fidelity 0.999, readout_fidelity 0.99, t1 50 ms, t2 20 ms, comm_t2 10 ms }
    model m() on n { qubits q[4]; h q; for i in 0..3 { cx q[i], q[i+1] }; return sample(q) }
    """
    b = budget(text)
    causes = (b.link, b.memory, b.one_qubit, b.two_qubit, b.readout)
    assert min(causes) > 0
    assert math.prod(1 - e for e in causes) == pytest.approx(b.fidelity)
    second_order = math.log(b.fidelity) ** 2 / 2
    assert second_order - 1e-12 <= b.uncertainty < second_order + 0.02
    report = loads(text).compile().report()
    assert report.error_budget == b
    assert "memory" in render_report(report) and "process fidelity" in render_report(report)


def test_a_perfect_network_has_no_budget() -> None:
    text = "network n = line(2) { qubits 1, rate 200 Hz, gate_time 1 us }\n"
    text += "model m() on n { qubits a, b; h a; cx a, b; return sample(a, b) }"
    assert error_budget_of(compiled(text)) is None
    report = loads(text).compile().report()
    assert "error_budget" not in report.to_json()
    assert "Errors by cause" not in render_report(report)


# ---- flips of copies -------------------------------------------------------------------------


def one_copy(gates: str, fidelity: float = 0.9) -> ErrorBudget:
    net = f"network n = line(2) {{ qubits 3, comm 2, fidelity {fidelity} }}\n"
    start = "qubits a, b, c; at node0 { h a }; at node1 { h b; h c }"
    return budget(f"{net}model m() on n {{ {start}; {gates}; return sample(a) }}")


@pytest.mark.parametrize("angle", [0.2, 0.8, 2.0])
def test_a_flip_of_a_copy_spoils_a_rotation_in_part(angle: float) -> None:
    """X on the pair turns `rzz(t)` into `rzz(-t)`: cos(t)^2 of it is without effect."""
    found = one_copy(f"rzz({angle}) a, b")
    assert found.fidelity == pytest.approx(0.9 + 0.1 / 3 * math.cos(angle) ** 2)


def test_flips_see_all_that_a_copy_serves() -> None:
    """`cz` and `rzz` of the same qubits: Y is without effect in part, X is not."""
    found = one_copy("cz a, b; at node1 { t b }; rzz(0.8) a, b")
    assert found.fidelity == pytest.approx(0.9 + 0.1 / 3 * math.sin(0.8) ** 2)
    both = one_copy("rzz(0.3) a, b; at node1 { s b }; rzz(0.5) a, c")
    without_effect = (math.cos(0.3) * math.cos(0.5)) ** 2
    assert both.fidelity == pytest.approx(0.9 + 0.1 / 3 * without_effect)


def test_unknown_angles_widen_the_range() -> None:
    text = """
    network n = line(2) { qubits 1, comm 2, fidelity 0.9 }
    model m() on n { param t: angle; qubits a, b; at node0 { h a }; at node1 { h b }
      rzz(t) a, b; return sample(a, b) }
    """
    found = budget(text)
    assert found.fidelity == pytest.approx(0.9)
    assert found.uncertainty == pytest.approx(0.2 / 3 + math.log(0.9) ** 2 / 2)


def test_very_many_flips_may_have_any_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    known = one_copy("rzz(0.8) a, b")
    monkeypatch.setattr("qdsl.analysis.flips.MANY", 0)
    found = one_copy("rzz(0.8) a, b")
    assert found.fidelity == pytest.approx(0.9)
    assert found.fidelity + found.uncertainty > known.fidelity + known.uncertainty


@pytest.mark.parametrize("end", ["reset p", "c = measure p"])
def test_errors_that_a_measurement_forgets_are_within_the_range(end: str) -> None:
    """Z on the control commutes with what follows and is forgotten: a third of the pair's error."""
    text = f"""network n {{ node a {{ qubits 1, comm 1 }}
      node b {{ qubits 4, comm 1 }}
      link a -- b {{ fidelity 0.9 }} }}
    model m() on n {{ qubits p, t; bits c; at a {{ h p }} at b {{ cx p, t; {end} }}
      return sample(t) }}
    """
    found = budget(text)
    assert found.fidelity == pytest.approx(0.9)
    assert found.fidelity + found.uncertainty >= 0.9 + 0.1 / 3


def test_errors_that_cannot_be_forgotten_count_in_both_ends() -> None:
    """A measurement elsewhere does not widen the range of what never meets it."""
    net = "network n = line(2) { qubits 3, comm 2, fidelity 0.9 }\n"
    body = "qubits p, t, u; bits c; at node0 { h p } at node1 { cx p, t }"
    plain, measured = (
        budget(f"{net}model m() on n {{ {body}{more} return sample(t) }}")
        for more in ("", "; at node0 { h u; c = measure u }")
    )
    assert measured.fidelity == plain.fidelity
    assert measured.uncertainty == plain.uncertainty


def test_errors_of_lines_multiply_to_those_of_causes() -> None:
    for seed in range(12):
        ir = compiled(drawn(seed, 6))
        lines = errors_by_line(ir)
        assert math.prod(1 - x.error for x in lines) == pytest.approx(error_budget(ir).fidelity)
        assert all(0 < x.error < 1 for x in lines)
        assert [x.line for x in lines] == sorted(x.line for x in lines)


def test_an_error_belongs_to_its_line() -> None:
    text = """network n = line(2) { qubits 1, fidelity 0.9, one_qubit_fidelity 0.99 }
model m() on n {
  qubits a, b
  h a
  cx a, b
  t b
  return sample(a, b)
}
"""
    ir = compiled(text)
    found = {x.line: x.error for x in errors_by_line(ir)}
    assert found[4] == pytest.approx(0.01) == found[6]
    assert found[5] > 0.09
    compiled_program = loads(text).compile()
    shown = render_report(compiled_program.report())
    assert "5: cx a, b" in shown.partition("Errors by source line")[2]
    assert compiled_program.report().errors_by_line == errors_by_line(compiled_program.scheduled)
    perfect = loads("model m() { qubits a; h a; return sample(a) }").compile().report()
    assert perfect.errors_by_line is None and "errors_by_line" not in perfect.to_json()
