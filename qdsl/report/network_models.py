"""What is known of links and nodes beyond their counts, and of the noise of a run, in words."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.diagnostics.numbers import count, duration
from qdsl.network.network import Link, Network, Node
from qdsl.run.result import NoiseSimulation, RunResult


def link_notes(network: Network, used: set[tuple[str, str]]) -> Iterator[str]:
    """One line for every used link that has a model."""
    for link in network.links:
        names = network.nodes[link.a].name, network.nodes[link.b].name
        if link.model is not None and names in used:
            yield f"{names[0]} -- {names[1]}: {', '.join(_link_facts(link, names))}"


def _link_facts(link: Link, names: tuple[str, str]) -> Iterator[str]:
    made = link.physics
    if made.attempt_hz is not None:
        yield f"{made.attempt_hz:,.10g} attempts a second, {made.success:.4g} of them succeed"
    if made.herald_ns:
        yield f"known {duration(made.herald_ns)} after birth"
    if made.channels > 1:
        yield f"{made.channels:,} channels at this rate"
    if made.pair_state is not None:
        shares = " ".join(
            f"{letter} {p:.4g}" for letter, p in zip("IXYZ", made.pair_state, strict=True)
        )
        yield f"Bell-diagonal {shares}"
    if made.buffer:
        yield f"{count(made.buffer, 'pair')} kept ahead"
    if made.cutoff_ns is not None:
        yield f"thrown away after {duration(made.cutoff_ns)}"
    if link.distilled is not None:
        yield f"distilled by {link.distilled.protocol}, {count(link.levels, 'level')}"
    elif made.distillation is not None and made.distillation.min_fidelity is not None:
        yield "not distilled, as its pairs are good enough"
    if made.latency_back_ns is not None:
        there, back = duration(link.latency_ns), duration(made.latency_back_ns)
        yield f"messages take {there} to {names[1]}, {back} to {names[0]}"


def node_notes(network: Network) -> Iterator[str]:
    """One line for every node of which something is known, one for every preset of nodes."""
    for node in network.nodes:
        if facts := ", ".join(_node_facts(node)):
            yield f"{node.name}: {facts}"
    known = (node.physics for node in network.nodes)
    for name, source in dict.fromkeys((m.hardware, m.source) for m in known if m.source):
        yield f"preset {name}: {source}"


def _node_facts(node: Node) -> Iterator[str]:
    made = node.physics
    fidelities = (
        ("one-qubit fidelity", made.one_qubit_fidelity),
        ("gate fidelity", node.gate_fidelity),
        ("read-out fidelity", made.readout_fidelity),
        ("reset fidelity", made.reset_fidelity),
    )
    yield from (f"{name} {value:.6g}" for name, value in fidelities if value < 1)
    if any(node.gate_time_ns):
        one, more, readout = map(duration, node.gate_time_ns)
        same = one == more == readout
        yield (
            f"gates and read-out take {one}"
            if same
            else f"gates take {one} on one qubit, {more} on two, read-out {readout}"
        )
    if made.reset_time_ns is not None:
        yield f"a reset takes {duration(made.reset_time_ns)}"
    if made.gates_at_once is not None:
        yield f"{count(made.gates_at_once, 'operation')} at a time"
    if made.two_qubit_gates_at_once is not None:
        yield f"{count(made.two_qubit_gates_at_once, 'gate')} on two qubits or more at a time"
    times = (
        ("T1", made.t1_ns, made.comm_t1_ns),
        ("T2", made.t2_ns, made.comm_t2_ns),
    )
    for name, data, comm in times:
        if data is not None:
            yield f"{name} {duration(data)}"
        if comm is not None and comm != data:
            yield f"{name} of communication qubits {duration(comm)}"


_EACH = {
    "trajectories": "trajectories",
    "stabilisers": "executions on stabiliser states",
    "twirled stabilisers": "executions on stabiliser states, relaxation and dephasing twirled into "
    "Pauli channels",
}


def simulation_text(found: NoiseSimulation) -> str:
    """How noise was simulated, and what it did to the final state."""
    how = "a density matrix"
    if found.trajectories is not None:
        how = f"{found.trajectories:,} {_EACH[found.method]}"
    text = f"under the network's noise, gate by gate, by {how}"
    if found.fidelity is None:
        return text
    error = f" +- {found.fidelity_error:.2g}" if found.fidelity_error else ""
    return f"{text}; the final state has fidelity {found.fidelity:.4g}{error}"


def run_text(r: RunResult) -> str:
    """How the values of a run were found."""
    how = "exact" if r.shots is None else count(r.shots, "shot")
    if (r.settings or 1) > 1:
        how += f" of each of {r.settings} settings"
    by = "jax, its state sharded" if r.backend == "sharded" else r.backend
    if r.simulation is not None:
        by = "simulation of noise"
        if r.shots is None and r.simulation.trajectories is not None:
            how = "a mean over random executions"
    return f"{how}, by {by}, seed {r.seed}, {count(r.items, 'item')}"
