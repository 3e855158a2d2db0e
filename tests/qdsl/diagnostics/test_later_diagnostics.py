"""Goldens of the diagnostics that need more than one `.qdm` text: files, a compile, a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import qdsl
from qdsl.diagnostics.diagnostic import MOST_KEPT, Diagnostics, InvalidProgram
from qdsl.diagnostics.explain import all_codes
from qdsl.diagnostics.render import render_all
from qdsl.diagnostics.source import Source, Span
from qdsl.language.parser.parse import Limits, parse, read_source
from qdsl.language.qasm.files.import_qasm import read_qasm
from qdsl.network.errors import NoRoute
from qdsl.network.network import Link, Network, Node
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.run import readiness
from tests.build import circuit
from tests.qdsl.plugins.packages import PLUGIN_CASES
from tests.qdsl.runtime.cases import CASES as NODE_CASES
from tests.sources import ROOT

GOLDENS = ROOT / "tests" / "goldens" / "later"

HEAD = """network lan {
  node alice { qubits 2, comm 1 }
  node bob { qubits 2, comm 1 }
  link alice -- bob { fidelity 0.97, rate 200 Hz }
}
"""
DATA = (
    HEAD
    + """model m() on lan {
  data x: real[4] owner alice
  qubits q[2]
  at alice { amplitude(x) q }
  return expect(Z q[0])
}
experiment e of m { data x from "points.csv:a,b" }
"""
)
QASM = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\n'


def compiled(text: str, folder: Path) -> qdsl.api.Compiled:
    path = folder / "program.qdm"
    path.write_text(text, encoding="utf-8")
    return qdsl.load(path).compile()


def placing(body: str, head: str = HEAD) -> Callable[[Path], object]:
    return lambda folder: compiled(head + "model m() on lan {\n" + body + "}\n", folder)


QASM3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n'


def importing(text: str) -> Callable[[Path], object]:
    return lambda folder: read_qasm(text, "given.qasm")


def doubted(text: str) -> Callable[[Path], object]:
    def warned(folder: Path) -> object:
        raise InvalidProgram(read_qasm(text, "given.qasm").warnings)

    return warned


def kept_result(folder: Path) -> object:
    (folder / "f.qasm").write_text(QASM + "measure q[0] -> c[0];\n")
    body = "  qubits q[2]\n  bits c[2]\n  c = measure q\n  c = f q\n  return sample(c)\n"
    return compiled('circuit f from "f.qasm"\nmodel m() {\n' + body + "}\n", folder)


def circular_use(folder: Path) -> object:
    (folder / "gates.qdm").write_text('use "program.qdm"\n')
    return compiled('use "gates.qdm"\n', folder)


def far_features_of(folder: Path) -> object:
    (folder / "p.csv").write_text("a\n900\n-950\n")
    path = folder / "program.qdm"
    path.write_text(
        "model m() {\n  data x: real[1]\n  qubits q\n  rx(2*x[0]) q\n  return expect(Z q)\n}\n"
        'experiment e of m { data x from "p.csv:a" }\n'
    )
    program = qdsl.load(path)
    made = program.lower("m", experiment="e")
    found = readiness.doubtful_features(made, program.experiment("e"), program.checked.folders)
    raise InvalidProgram(tuple(found))


def flat_features_of(folder: Path) -> object:
    (folder / "p.csv").write_text("a,b\n1,5\n2,5\n")
    path = folder / "program.qdm"
    path.write_text(
        "model m() {\n  data x: real[2]\n  qubits q\n  rx(x[0] + x[1]) q\n"
        "  return expect(Z q)\n}\n"
        'experiment e of m { data x from "p.csv:a,b" standardise }\n'
    )
    program = qdsl.load(path)
    made = program.lower("m", experiment="e")
    found = readiness.doubtful_features(made, program.experiment("e"), program.checked.folders)
    raise InvalidProgram(tuple(found))


def naming(item: str) -> Callable[[Path], object]:
    return lambda folder: compiled(item + "\nmodel m() { qubits q; h q; return sample(q) }", folder)


def on_device(first: str, second: str, comm: int = 1) -> Callable[[Path], object]:
    nodes = f'node a {{ qubits 1, comm {comm}, device "{first}" }} '
    nodes += f'node b {{ qubits 1, device "{second}" }} link a -- b'
    body = "model m() on lan { qubits q; h q; return sample(q) }"
    return lambda folder: compiled(f"network lan {{ {nodes} }}\n{body}", folder).hardware()


def running(rows: str) -> Callable[[Path], object]:
    def run(folder: Path) -> object:
        (folder / "points.csv").write_text(rows)
        program = folder / "program.qdm"
        program.write_text(DATA)
        return qdsl.load(program).compile(experiment="e").run()

    return run


def too_large_to_read(folder: Path) -> object:
    path = folder / "program.qdm"
    path.write_text("// " + "x" * 200)
    return read_source(path, Limits(max_bytes=100))


def too_long_to_read(folder: Path) -> object:
    return parse(Source("program.qdm", "model m() { qubits q }"), Limits(max_tokens=5))


def too_many_to_show(folder: Path) -> object:
    found = Diagnostics()
    for k in range(MOST_KEPT + 3):
        span = Span(Source("program.qdm", " " * 999), k, k + 1)
        found.add(NoRoute(f"lan{k}", "a", "b", span=span))
    raise InvalidProgram(tuple(found)[-1:])


def too_large_to_import(folder: Path) -> object:
    (folder / "given.json").write_bytes(b" " * (16 * 2**20 + 1))
    return naming('network far = from "given.json"')(folder)


def broken_network(folder: Path) -> object:
    (folder / "given.json").write_text('{"nodes": [{"id": 1}], "links": 3}')
    return naming('network far = from "given.json"')(folder)


def full_nodes(folder: Path) -> object:
    nodes = (Node("alice", 1, 1), Node("bob", 1, 1))
    source = circuit(
        2,
        [("h", (0,)), ("h", (1,)), ("h", (0,)), ("h", (1,))],
        network=Network("pair", nodes, (Link(0, 1),)),
        pins=dict(enumerate([0, 1, 1, 0])),
    )
    return Partition().run(source)


def bit_twice(folder: Path) -> object:
    nodes = (Node("alice", 2, 1), Node("bob", 2, 1))
    source = circuit(
        1,
        [("measure", (0,), 0), ("measure", (0,), 0)],
        n_bits=1,
        conditions={1: (0, 1)},
        network=Network("pair", nodes, (Link(0, 1),)),
    )
    return InsertCommunication().run(Partition().run(source))


def emitting(folder: Path) -> qdsl.api.Compiled:
    return compiled(DATA.partition("experiment")[0], folder)


NOT_CLIFFORD = """model m() {
  qubits q[2]
  bits c[1]
  t q[0]
  c[0] = measure q[0]
  if c[0] == 1 { h q[1] }
  return sample(q)
}
"""


def unknown_device(folder: Path) -> object:
    from qdsl.backends.qiskit import compile_for

    values = {"x": np.ones(4)}
    return compile_for(emitting(folder).scheduled, values, "fake_nairobbi")


def demanding(folder: Path) -> object:
    text = HEAD.replace("comm 1", "comm 1, gate_fidelity 0.94")
    text += "model m() on lan { qubits a, b; at alice { h a }; cx a, b; at bob { t b }"
    found = qdsl.sweep(
        qdsl.loads(text + "; return sample(a) }"),
        {"link.fidelity": "0.9..0.9999"},
        {"fidelity": 0.9},
        points=3,
    )
    assert found.unreached is not None
    raise InvalidProgram((found.unreached,))


CASES: dict[str, Callable[[Path], object]] = {
    "QDM114": circular_use,
    "QDM011": lambda folder: read_source(folder / "missing.qdm"),
    "QDM012": too_large_to_read,
    "QDM028": too_many_to_show,
    "QDM029": too_long_to_read,
    "QDM025": lambda folder: read_source(folder / "given.qasm"),
    "QDM410": broken_network,
    "QDM601": placing("  qubits q[5]\n  h q\n  return sample(q)\n"),
    "QDM602": placing(
        "  data x: real[8] owner alice\n  qubits q[3]\n  at alice { amplitude(x) q }\n"
        "  return sample(q)\n"
    ),
    "QDM603": placing(
        "  qubits q[2]\n  at alice { h q[0] }\n  at bob { h q[1]; cz q[0], q[1] }\n"
        "  return sample(q)\n",
        "network lan { node alice { qubits 2, comm 1 }, node bob { qubits 2, comm 1 } }\n",
    ),
    "QDM604": placing(
        "  qubits q[2]\n  at alice { h q[0] }\n  at bob { h q[1]; cz q[0], q[1] }\n"
        "  return sample(q)\n",
        HEAD.replace("comm 1", "comm 0"),
    ),
    "QDM605": full_nodes,
    "QDM606": bit_twice,
    "QDM611": on_device("fake_manila", "no.json"),
    "QDM612": on_device("fake_manila", "fake_manila", comm=5),
    "QDM702": naming('network far = from "missing.json"'),
    "QDM703": too_large_to_import,
    "QDM750": importing(QASM + "hadamard q[0];\n"),
    "QDM751": importing(QASM + "qreg r[17];\ncreg w[17];\nmeasure r -> w;\nif (w == 2) x q[0];\n"),
    "QDM752": importing(QASM + "opaque magic a;\nmagic q[0];\n"),
    "QDM753": importing("OPENQASM 2.0;\nqreg q[99999999999];\n"),
    "QDM754": importing('OPENQASM 2.0;\ninclude "/etc/passwd";\nqreg q[1];\n'),
    "QDM755": lambda folder: emitting(folder).emit("qasm"),
    "QDM756": lambda folder: emitting(folder).emit("qasm3"),
    "QDM757": unknown_device,
    "QDM758": lambda folder: compiled(NOT_CLIFFORD, folder).emit("stim"),
    "QDM760": running("a,b\n1,one\n"),
    "QDM761": running("a,b\n1,2\n3,4\n"),
    "QDM762": far_features_of,
    "QDM763": flat_features_of,
    "QDM770": importing(QASM3 + "pow(0.5) @ p(3*pi/2) q[0];\n"),
    "QDM771": doubted(QASM3 + "rx(3/4*pi) q[0];\n"),
    "QDM773": doubted(QASM3 + "delay[100ns] q[0];\nx q[0];\n"),
    "QDM772": doubted(QASM + "measure q[0] -> c[0];\nreset q[0];\n"),
    "QDM780": demanding,
    "QDM229": kept_result,
    **NODE_CASES,
    **PLUGIN_CASES,
}


@pytest.mark.parametrize("code", CASES)
def test_golden(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with pytest.raises(InvalidProgram) as caught:
        CASES[code](tmp_path)
    text = render_all(caught.value.diagnostics).replace(str(tmp_path) + "/", "") + "\n"
    golden = GOLDENS / f"{code}.txt"
    if request.config.getoption("--update-goldens"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert f"[{code}]" in text
    assert text == golden.read_text(encoding="utf-8")


def test_every_code_has_a_golden() -> None:
    early = {p.stem.partition("_")[0] for p in (GOLDENS.parent / "diagnostics").glob("*.txt")}
    late = {p.stem for p in GOLDENS.glob("*.txt")}
    assert late == set(CASES)
    assert set(all_codes()) == early | late
