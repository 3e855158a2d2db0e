"""Sound files of every kind, from which changed ones are made."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache

import networkx as nx
import numpy as np
from safetensors.numpy import save

import qdsl
from qdsl.backends.nodes.ticket import ticket_text
from qdsl.run.checkpoint import FORMAT, digest
from tests.qdsl.programs import PROGRAMS
from tests.qdsl.runtime.threads import deal
from tests.sources import EXAMPLES, ROOT

QASM2 = (
    b'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[4];\ncreg c[4];\ngate g(t) a, b { cx a, b; '
    b"rz(t/2) b; cx a, b; }\nh q;\ng(pi/3) q[0], q[1];\nccx q[0], q[1], q[2];\n"
    b"measure q -> c;\nif (c == 3) x q[3];\nreset q[0];\nbarrier q;\nu3(0.1, 2, -pi) q[2];\n",
    b'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg a[2];\nqreg b[2];\ncx a, b;\ncu1(pi/8) a[0], '
    b"b[1];\nopaque magic q;\nswap a[1], b[0];\n",
)
QASM3 = (
    b'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\nconst int n = 3;\n'
    b"gate g(t) a, b { ctrl @ rz(t) a, b; inv @ s b; pow(2) @ t a; }\nh q[0];\n"
    b"g(pi / 4) q[0], q[1];\nc[0] = measure q[0];\nif (c[0] == 1) { x q[1]; } else { z q[1]; }\n"
    b"for int i in [0:2] { h q[i]; }\nreset q[2];\nbarrier q;\nc = measure q;\n",
    b'OPENQASM 3;\ninclude "stdgates.inc";\ninput angle t;\nqubit q;\nqubit[2] r;\n'
    b"rx(t) q;\nlet s = r[{0, 1}];\ncx s[0], s[1];\nnegctrl(1) @ x q, r[0];\nU(0, pi, 1) q;\n",
)
GRAPHS = (
    b"c a path\np edge 3 2\ne 1 2\ne 2 3\n", b"5 3\n1 2 1\n2 3 1\n4 5 1\n",
    b"source,target\n0,1\n1,2\n", b"a b\nb c # not d\nc a 1\n",
    b'{"nodes": [{"id": 1}, {"id": 0}], "edges": [{"source": 1, "target": 0, "weight": 1}]}',
)  # fmt: skip


@cache
def programs() -> tuple[bytes, ...]:
    """The examples, those of the tests, and a program with every diagnostic; short ones, as half a
    million are read."""
    files = [*EXAMPLES.glob("*.qdm"), *(ROOT / "tests").rglob("*.qdm")]
    texts = [p.read_bytes() for p in sorted(files)]
    return tuple(t for t in [*texts, *(p.encode() for p in PROGRAMS)] if len(t) < 1_500)


@cache
def qasm2() -> tuple[bytes, ...]:
    files = sorted(EXAMPLES.glob("*.qasm"))
    return (*QASM2, *(p.read_bytes() for p in files if b"OPENQASM 2" in p.read_bytes()))


@cache
def qasm3() -> tuple[bytes, ...]:
    return (*QASM3, qdsl.load(EXAMPLES / "ghz.qdm").compile().emit_text("qasm3").encode())


@cache
def networks() -> tuple[bytes, ...]:
    """Node-link JSON, with numbers and with units, and JSON with `servers`."""
    nodes = [{"id": 0, "qubits": 3, "comm": 2}, {"id": "bob", "qubits": 4, "gate_time": "1 us"}]
    link = {"source": 0, "target": "bob", "rate": "200 Hz", "fidelity": 0.97, "latency": 5e-5}
    servers = [{"id": k, "data_qubits": 4, "comm_qubits": 1} for k in range(3)]
    return (
        json.dumps({"nodes": nodes, "links": [link]}).encode(),
        json.dumps({"directed": False, "graph": {}, "nodes": nodes, "edges": [link]}).encode(),
        json.dumps({"servers": servers, "links": [[0, 1], [1, 2]]}).encode(),
    )


@cache
def graphml() -> tuple[bytes, ...]:
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, 3, "qubits")
    nx.set_edge_attributes(graph, 0.9, "fidelity")
    return ("\n".join(nx.generate_graphml(graph)).encode(),)


def graphs() -> Sequence[bytes]:
    return GRAPHS


@cache
def tables() -> tuple[bytes, ...]:
    made = b'x,y,"a b"\n1,2.5,3\n4,-1e-3,6\n', b"\xef\xbb\xbfx;y\n1;2\n", b"0,1\n1,2\n3,4\n"
    return (*made, *(p.read_bytes()[:600] for p in sorted(EXAMPLES.glob("*.csv"))))


@cache
def arrays() -> tuple[bytes, ...]:
    made = []
    for array in (np.arange(6.0).reshape(2, 3), np.ones(4, np.int8), np.array(2.5, ">f4")):
        stream = io.BytesIO()
        np.save(stream, array)
        made.append(stream.getvalue())
    return tuple(made)


def archive(parts: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, part in parts.items():
            opened.writestr(zipfile.ZipInfo(name), part)
    return stream.getvalue()


@cache
def archives() -> tuple[bytes, ...]:
    one, two, three = arrays()
    return archive({"x.npy": one, "y.npy": two}), archive({"theta.npy": three})


@cache
def tensors() -> tuple[bytes, ...]:
    return (save({"a": np.ones((2, 3)), "b": np.zeros(4, np.float32)}), save({"w": np.ones(2)}))


@cache
def checkpoints() -> tuple[bytes, ...]:
    """One of two parameters after three steps, as the training loop writes it."""
    arrays = {"params/a": np.ones(2), "held_out": np.array([0.5]), "best/a": np.zeros(2)}
    facts = {"format": FORMAT, "run": "0" * 64, "steps": 3, "losses": [1.0, 0.5, 0.25]}
    whole = {**facts, "content": digest(facts, arrays)}
    return (save(arrays, {"qdsl": json.dumps(whole, sort_keys=True)}),)


@cache
def reports() -> tuple[bytes, ...]:
    """Those of earlier versions that are kept, and of this one."""
    kept = sorted((ROOT / "tests" / "qdsl" / "report" / "saved").glob("*.json"))
    fresh = qdsl.load(EXAMPLES / "ghz.qdm").compile().report().to_json()
    return (*(p.read_bytes() for p in kept), json.dumps(fresh).encode())


@cache
def tickets() -> tuple[bytes, ...]:
    stage = qdsl.load(EXAMPLES / "two_party.qdm").compile(verify=False).scheduled
    return tuple(ticket_text(t).encode() for t in deal(stage, 20))


@cache
def pickles() -> tuple[bytes, ...]:
    made = ({0: [1, 2], 1: [0]}, np.arange(4.0).reshape(2, 2), [1, "a", (2.5, None)])
    return tuple(pickle.dumps(one, protocol) for one in made for protocol in (0, 2, 4))
