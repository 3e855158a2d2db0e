"""memq-dqc, run live: a program that its own interpreter runs, on circuits and networks as files.

The peer's ebits are those of its own cost, with its gate groups. It knows cx, cp, cz and gates on
single qubits, so `rzz(t)` is handed over as `rz(t)` on both and `cp(-2t)`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from qdsl.diagnostics.request_error import Refused
from qdsl.files.writing import write_text
from qdsl.network.network import Network
from qdsl.studies.bench.gates import GateList, NamedGate

ALGORITHMS = ("interaction", "hypergraph")
PROGRAM = """
import json, sys, time
from memq_dqc import Compiler
start = time.perf_counter()
compiler = Compiler(sys.argv[1], sys.argv[2], sys.argv[3])
compiler.compile()
print(json.dumps({"ebits": compiler.cost, "seconds": time.perf_counter() - start}))
"""


class PeerMissing(Refused):
    """The peer is not installed where it was looked for."""


def interpreter(given: str | None) -> str:
    """A Python that can import memq_dqc: the one given, else this one."""
    python = given or sys.executable
    if shutil.which(python) is None:
        raise PeerMissing(f"there is no interpreter '{python}'")
    found = subprocess.run([python, "-c", "import memq_dqc"], capture_output=True, text=True)
    if found.returncode:
        raise PeerMissing(
            f"{python} has no memq-dqc; install it in an environment of its own "
            "(pip install memq-dqc) and give that environment's python by --peer-python"
        )
    return python


def run_memq(
    python: str, gates: GateList, network: Network, time_limit_s: float
) -> tuple[float, str] | str:
    """The fewest ebits over its algorithms, and which one; or why there is no result."""
    best: tuple[float, str] | None = None
    why = "no result"
    with tempfile.TemporaryDirectory() as folder:
        circuit, topology = Path(folder, "circuit.qasm"), Path(folder, "network.json")
        write_text(circuit, qasm3(gates))
        write_text(topology, json.dumps(topology_of(network)))
        for name in ALGORITHMS:
            command = [python, "-c", PROGRAM, str(circuit), str(topology), name]
            try:
                ended = subprocess.run(
                    command, capture_output=True, text=True, cwd=folder, timeout=time_limit_s
                )
            except subprocess.TimeoutExpired:
                why = f"more than {time_limit_s:g} s"
                continue
            if ended.returncode:
                why = (ended.stderr.strip().splitlines() or ["it failed"])[-1][:60]
                continue
            ebits = float(json.loads(ended.stdout.strip().splitlines()[-1])["ebits"])
            if best is None or ebits < best[0]:
                best = (ebits, name)
    return best or why


def qasm3(gates: GateList) -> str:
    """The circuit with the gates that the peer knows."""
    head = f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[{gates.n_qubits}] q;\n'
    return head + "".join(_line(g) for gate in gates.gates for g in _known(gate))


def _known(g: NamedGate) -> list[NamedGate]:
    if g.name != "rzz":
        return [g]
    angle = g.angles[0]
    return [NamedGate("rz", (q,), (angle,)) for q in g.qubits] + [
        NamedGate("cp", g.qubits, (-2 * angle,))
    ]


def _line(g: NamedGate) -> str:
    angles = f"({', '.join(f'{a:.17f}' for a in g.angles)})" if g.angles else ""
    return f"{g.name}{angles} {', '.join(f'q[{q}]' for q in g.qubits)};\n"


def topology_of(network: Network) -> dict[str, object]:
    """A network in the peer's form: all-to-all inside nodes, and for every link as many pairs of
    communication qubits as the nodes' numbers allow."""
    degree = [sum(v in (k.a, k.b) for k in network.links) for v in range(len(network.nodes))]
    data = [[f"q_{v}_{i}" for i in range(node.qubits)] for v, node in enumerate(network.nodes)]
    comm: list[list[str]] = [[] for _ in network.nodes]
    partner: dict[str, str] = {}
    for link in network.links:
        ends = (link.a, link.b)
        for _ in range(max(1, min(network.nodes[v].comm // degree[v] for v in ends))):
            names = [f"c_{v}_{len(comm[v])}" for v in ends]
            for v, name in zip(ends, names, strict=True):
                comm[v].append(name)
            partner[names[0]], partner[names[1]] = names[1], names[0]
    processors = {
        str(v): {"id": v, "qubits": {"computation": data[v], "communication": comm[v]}}
        for v in range(len(network.nodes))
    }
    qubits = {
        name: _qubit(name, v, i, near, partner.get(name))
        for v in range(len(network.nodes))
        for i, (name, near) in enumerate(_near(data[v], comm[v]).items())
    }
    local = [
        {"qubit1": name, "qubit2": other, "type": "local"}
        for v in range(len(network.nodes))
        for name, near in _near(data[v], comm[v]).items()
        for other in near
        if name < other
    ]
    remote = [
        {"qubit1": a, "qubit2": b, "type": "remote", "fidelity": 1}
        for a, b in partner.items()
        if a < b
    ]
    return {"processors": processors, "qubits": qubits, "connections": local + remote}


def _near(data: list[str], comm: list[str]) -> dict[str, list[str]]:
    """What every qubit of a node can interact with: data qubits with all, others with these."""
    near = {q: [other for other in data + comm if other != q] for q in data}
    return near | {c: list(data) for c in comm}


def _qubit(
    name: str, node: int, index: int, near: list[str], partner: str | None
) -> dict[str, object]:
    kind = "computation" if name[0] == "q" else "communication"
    return {
        "id": name, "kind": kind, "type": kind, "processorId": node, "localIndex": index,
        "label": f"{name[0]}({node},{index})", "localConnections": near,
        "remoteConnections": [] if partner is None else [partner],
        "coherenceTime": 100, "coherenceTimeUnit": "us",
    }  # fmt: skip
