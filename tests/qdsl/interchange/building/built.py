"""Examples, built in Python: each function builds the program of the `.qdm` file of its name."""

from __future__ import annotations

from typing import Any

import qdsl
from qdsl.interchange.building.blocks import ModelBuilder
from qdsl.interchange.building.networks import BuiltNode, NetworkBuilder
from qdsl.interchange.building.programs import ProgramBuilder

Lan = tuple[NetworkBuilder, BuiltNode, BuiltNode]


def lan(
    p: ProgramBuilder, name: str, qubits: tuple[int, int], link: dict[str, Any], **more: Any
) -> Lan:
    made = p.network(name)
    alice = made.node("alice", qubits=qubits[0], comm=2, **more)
    bob = made.node("bob", qubits=qubits[1], comm=2, **more)
    made.link(alice, bob, **link)
    return made, alice, bob


LINK: dict[str, Any] = {"fidelity": 0.97, "rate": "200 Hz", "latency": "50 us"}


def two_party() -> ProgramBuilder:
    p = qdsl.build()
    net, alice, bob = lan(p, "lan", (2, 2), LINK, gate_fidelity=0.999, gate_time="1 us")
    c = p.circuit("brick")
    n = c.size("n")
    theta, q = c.argument("theta", "angle", 2 * n), c.on("q", n)
    with c.loop("i", n) as i:
        c.ry(theta[i], q[i])
    for first in (0, 1):
        with c.loop("i", first, n - 1, step=2) as i:
            c.cz(q[i], q[i + 1])
    with c.loop("i", n) as i:
        c.rz(theta[n + i], q[i])
    m = p.model("two_party", on=net)
    n, layers = m.parameter("n", 2), m.parameter("layers", 2)
    x = m.data("x", "real", 2**n, owner=alice)
    a = m.param("a", "angle", layers, 2 * n, owner=alice)
    b = m.param("b", "angle", layers, 2 * n, owner=bob)
    q = m.qubits("q", n)
    with m.at(alice):
        m.amplitude(x, q)
    with m.loop("l", layers) as k:
        with m.at(bob):
            m.brick(b[k], q)
        with m.at(alice):
            m.brick(a[k], q)
    m.returns(m.expect(m.Z(q[0])))
    e = p.experiment("fit", of=m)
    e.data(x, "iris.csv:sepal_length,sepal_width,petal_length,petal_width")
    e.label("y", "iris.csv:setosa")
    e.loss("mse")
    e.option("gradient", "auto", shots=50)
    e.train("adam", lr=0.05, steps=100, batch=50, seed=1)
    return p


def classes() -> ProgramBuilder:
    p = qdsl.build()
    net, alice, bob = lan(p, "lan", (2, 2), {"fidelity": 0.97, "rate": "200 Hz"})
    m = p.model("clusters", on=net)
    layers = m.parameter("layers", 2)
    x = m.data("x", "real", 2, owner=alice)
    w = m.param("w", "angle", layers, 4, owner=bob)
    q = m.qubits("q", 2)
    with m.loop("l", layers) as k:
        with m.loop("i", 2) as i:
            with m.at(alice):
                m.ry(2 * x[i], q[i])
            with m.at(bob):
                m.ry(w[k, 2 * i], q[i])
                m.rz(w[k, 2 * i + 1], q[i])
        m.cx(q[0], q[1])
    both = 3 * m.Z(q[0]) * m.Z(q[1])
    m.returns(m.expect(3 * m.Z(q[0])), m.expect(3 * m.Z(q[1])), m.expect(both))
    e = p.experiment("fit", of=m)
    e.data(x, "classes.csv:a,b")
    e.label("y", "classes.csv:cluster")
    e.loss("cross_entropy")
    e.train("adam", lr=0.15, steps=60, seed=1, test=0.2)
    return p


def ghz() -> ProgramBuilder:
    p = qdsl.build()
    star = p.shaped_network("star4", "star", 4, qubits=4, comm=3, fidelity=0.97, rate="200 Hz")
    m = p.model("ghz", on=star)
    n = m.parameter("n", 10)
    q = m.qubits("q", n)
    m.h(q[0])
    with m.loop("i", n - 1) as i:
        m.cx(q[i], q[i + 1])
    m.returns(m.sample(q), m.expect(m.Z(q[0]) * m.Z(q[n - 1])))
    p.experiment("look", of=m).option("shots", 1000)
    return p


def qaoa() -> ProgramBuilder:
    p = qdsl.build()
    quad = p.shaped_network("quad", "ring", 4, qubits=8, comm=2, fidelity=0.97, rate="200 Hz")
    m = p.model("qaoa", on=quad)
    n, rounds = m.parameter("n", 24), m.parameter("p", 2)
    g = m.data("g", "graph", value=m.call("random_regular", 3, n, seed=7))
    gamma, beta = m.param("gamma", "angle", rounds), m.param("beta", "angle", rounds)
    q = m.qubits("q", n)
    with m.loop("i", n) as i:
        m.h(q[i])
    edges = m.call("edges", g)
    with m.loop("k", rounds) as k:
        with m.loop(("i", "j"), through=edges) as (i, j):
            m.rzz(gamma[k], q[i], q[j])
        with m.loop("i", n) as i:
            m.rx(2 * beta[k], q[i])
    cut = m.sum(lambda i, j: 0.5 * (1 - m.Z(q[i]) * m.Z(q[j])), ("i", "j"), through=edges)
    m.returns(m.expect(cut))
    e = p.experiment("cut", of=m)
    e.set(n=10, p=2)
    e.option("shots", 2000)
    return p


def vqe() -> ProgramBuilder:
    p = qdsl.build()
    p.use("std.ansatz")
    pair = p.shaped_network("pair", "line", 2, qubits=2, comm=2, fidelity=0.97, rate="200 Hz")
    m = p.model("energy", on=pair)
    n, layers = m.parameter("n", 4), m.parameter("layers", 2)
    w = m.param("w", "angle", layers, n)
    q = m.qubits("q", n)
    m.real_amplitudes(w, q)
    bonds = m.sum(lambda i: m.Z(q[i]) * m.Z(q[i + 1]), "i", n - 1)
    m.returns(m.expect(-bonds - m.sum(lambda i: m.X(q[i]), "i", n)))
    e = p.experiment("ground", of=m)
    e.loss("value")
    e.train("adam", lr=0.1, steps=60, seed=1)
    return p


def teleportation() -> ProgramBuilder:
    p = qdsl.build()
    net, alice, bob = lan(p, "lan", (2, 1), LINK)
    m = p.model("teleport", on=net)
    sent, half, received = m.qubits("sent", "half", "received")
    x, z = m.bits("x", "z")
    with m.at(alice):
        m.ry(0.6, sent)
        m.rz(0.4, sent)
        m.h(half)
    with m.at(bob):
        m.cx(half, received)
    with m.at(alice):
        m.cx(sent, half)
        m.h(sent)
        m.measure(half, into=x)
        m.measure(sent, into=z)
    with m.at(bob):
        with m.when(x):
            m.x(received)
        with m.when(z):
            m.z(received)
    m.returns(*(m.expect(letter(received)) for letter in (m.X, m.Y, m.Z)))
    return p


def ions() -> ProgramBuilder:
    p = qdsl.build()
    lab = p.network("lab")
    ion: dict[str, Any] = {"qubits": 2, "comm": 2, "hardware": "ionq_forte_2026"}
    alice, bob = lab.node("alice", **ion), lab.node("bob", **ion)
    carol = lab.node("carol", **ion, comm_t2="0.5 s")
    lab.link(alice, bob, "ion_2020_demonstrated", latency="10 us")
    lab.link(
        bob, carol, attempt_rate="1 MHz", success_probability=0.0005, heralding_latency="20 us",
        pair_state=[0.95, 0.01, 0.01, 0.03], channels=2, buffer=1, cutoff="50 ms",
        latency="10 us", latency_back="15 us",
    )  # fmt: skip
    m = p.model("cluster", on=lab)
    n = m.parameter("n", 6)
    q = m.qubits("q", n)
    m.h(q)
    with m.loop("i", n - 1) as i:
        m.cz(q[i], q[i + 1])
    m.returns(m.expect(m.X(q[0]) * m.Z(q[1])))
    return p


def qft() -> ProgramBuilder:
    p = qdsl.build()
    pair = p.shaped_network("pair", "line", 2, qubits=8, comm=2, fidelity=0.97, rate="200 Hz")
    c = p.circuit("qft")
    n = c.size("n")
    q = c.on("q", n)
    with c.loop("i", n) as i:
        c.h(q[i])
        with c.loop("j", i + 1, n) as j:
            c.cp(c.name("pi") / 2 ** (j - i), q[j], q[i])
    with c.loop("i", c.call("floor", n / 2)) as i:
        c.swap(q[i], q[n - 1 - i])
    m = p.model("fourier", on=pair)
    n = m.parameter("n", 12)
    q = m.qubits("q", n)
    m.x(q[n - 1])
    m.qft(q)
    m.returns(m.expect(m.X(q[0])), m.probability(q[0:2]))
    return p


def matching() -> ProgramBuilder:
    p = qdsl.build()
    net, alice, bob = lan(p, "lan", (12, 12), LINK)
    m = p.model("hidden_matching", on=net)
    n = m.parameter("n", 4)
    x = m.data("x", "bits", 2**n, owner=alice)
    pairs = m.data("m", "matching", 2**n, owner=bob)
    q = m.qubits("q", n)
    with m.at(alice):
        m.phase(x, q)
    with m.at(bob):
        m.relabel(pairs, q)
        m.h(q[n - 1])
    m.returns(m.sample(q, to=bob))
    return p


def all_reduce() -> ProgramBuilder:
    p = qdsl.build()
    p.use("std.collectives")
    lab = p.network("lab")
    names = ("alice", "bob", "carol", "dave")
    nodes = [lab.node(name, qubits=2, comm=2) for name in names]
    for k in range(4):
        lab.link(nodes[k], nodes[(k + 1) % 4], fidelity=0.98, rate="200 Hz", latency="50 us")
    m = p.model("parity", on=lab)
    given = [m.data(v, "bits", 1, owner=at) for v, at in zip("abcd", nodes, strict=True)]
    q, r = m.qubits(("q", 4), ("r", 4))
    for k, at in enumerate(nodes):
        with m.at(at):
            m.rx(m.name("pi") * given[k][0], q[k])
    for k, at in enumerate(nodes):
        m.move(r[k], to=at)
    m.all_reduce(q, r)
    m.returns(m.probability(r))
    return p


def imported() -> ProgramBuilder:
    p = qdsl.build()
    pair = p.shaped_network("pair", "line", 2, qubits=4, comm=2, fidelity=0.97, rate="200 Hz")
    p.circuit_file("adder", "adder.qasm")
    m = p.model("add", on=pair)
    carry, a, b = m.qubits("carry", ("a", 3), ("b", 4))
    for bit in (a[0], a[2], b[1], b[2]):
        m.x(bit)
    m.adder(carry, a, b)
    m.returns(m.sample(b), m.sample(a))
    return p


def reuse() -> ProgramBuilder:
    p = qdsl.build()
    pair = p.shaped_network("pair", "line", 2, qubits=2, comm=2, fidelity=0.97, rate="200 Hz")
    p.circuit_file("reuse", "reuse.qasm")
    m = p.model("rounds", on=pair)
    q = m.qubits("q", 2)
    first, second = m.bits("first", ("second", 2))
    m.apply("reuse", q, into=(first, second))
    m.returns(m.sample(first, second))
    return p


def boolean_matching() -> ProgramBuilder:
    p = qdsl.build()
    net, alice, bob = lan(p, "lan", (12, 12), LINK)
    m = p.model("boolean", on=net)
    n = m.parameter("n", 4)
    x = m.data("x", "bits", 2**n, owner=alice)
    pairs = m.data("m", "matching", 2**n, owner=bob)
    w = m.data("w", "bits", 2**n, owner=bob)
    q = m.qubits("q", n)
    with m.at(alice):
        m.phase(x, q)
    with m.at(bob):
        m.relabel(pairs, q)
        m.diagonal(w, q)
        m.h(q[n - 1])
    m.returns(m.expect(m.Z(q[n - 1])))
    experiment(p, "decide", m, 1, seed=7, items=20)
    experiment(p, "partial", m, 50, seed=7, items=20, share=0.5)
    return p


def experiment(p: ProgramBuilder, name: str, m: ModelBuilder, shots: int, **told: Any) -> None:
    e = p.experiment(name, of=m)
    e.option("instances", "hidden_matching", **told)
    e.loss("linear")
    e.option("shots", shots)


BUILT = (
    two_party, classes, ghz, qaoa, vqe, teleportation, ions, qft, matching, all_reduce, imported,
    reuse, boolean_matching,
)  # fmt: skip
