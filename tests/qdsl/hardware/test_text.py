"""Routed programs as OpenQASM: carried out side by side, they give the program's outcomes."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import qdsl
from qdsl.api import Compiled
from qdsl.cli.commands import cli
from qdsl.diagnostics.request_error import Refused
from tests.qdsl.hardware.programs import BITS
from tests.sources import EXAMPLES

pytest.importorskip("pytket")

EXTERN = re.compile(
    r"(?:(c\[\d+\]) = )?(pair|send|receive)_(\w+)\((\d+)(?:, (\w+(?:\[\d+\])?))?\);"
)
QUBIT, BIT = re.compile(r"\bq\[(\d+)\]"), re.compile(r"\b(c|outcome)\[(\d+)\]")
ROW = '{"edges": [[0, 1], [1, 2], [2, 3]], "gate": "%s", "directed": %s, "one_qubit_gates": %s}'


def merged(texts: dict[str, str]) -> tuple[str, int, list[str]]:
    """One OpenQASM program of all nodes, its qubits and bits. Every text is carried out line after
    line; what it needs of others has to come without any node going on past it."""
    names = [name.removesuffix(".qasm") for name in texts]
    lines = {n: deque(_body(text)) for n, text in zip(names, texts.values(), strict=True)}
    qubits: dict[tuple[str, int], int] = {}
    done: list[str] = []
    sent: dict[tuple[str, str, int], deque[str]] = {}

    def place(node: str, line: str) -> str:
        def qubit(m: Any) -> str:
            return f"all[{qubits.setdefault((node, int(m[1])), len(qubits))}]"

        line = BIT.sub(lambda m: f"{m[1]}_{node}_{m[2]}", line)
        return QUBIT.sub(qubit, line)

    def step(node: str) -> bool:
        line = lines[node][0]
        found = EXTERN.fullmatch(line)
        if found is None:
            done.append(place(node, line))
        elif found[2] == "send":
            sent.setdefault((node, found[3], int(found[4])), deque()).append(place(node, found[5]))
        elif found[2] == "receive":
            box = sent.get((found[3], node, int(found[4])))
            if not box:
                return False
            done.append(f"{place(node, found[1])} = {box.popleft()};")
        else:
            other = EXTERN.fullmatch(lines[found[3]][0]) if lines[found[3]] else None
            if other is None or other.group(2, 3, 4) != ("pair", node, found[4]):
                return False
            a, b = place(node, f"q[{found[5]}]"), place(found[3], f"q[{other[5]}]")
            done.extend([f"reset {a};", f"reset {b};", f"h {a};", f"cx {a}, {b};"])
            lines[found[3]].popleft()
        lines[node].popleft()
        return True

    while any(lines.values()):
        moved = [step(n) for n in names if lines[n]]
        assert any(moved), "all nodes wait"
    bits = sorted({f"{m[0]}" for line in done for m in re.finditer(r"\b(c|outcome)_\w+_\d+", line)})
    gates = {g for text in texts.values() for g in re.findall(r"^gate .*$", text, re.MULTILINE)}
    head = ["OPENQASM 3.0;", 'include "stdgates.inc";', *sorted(gates)]
    head += [f"qubit[{len(qubits)}] all;", *(f"bit {b};" for b in bits)]
    return "\n".join([*head, *done]), len(qubits), bits


def _body(text: str) -> list[str]:
    heads = ("OPENQASM", "//", "include", "gate ", "extern", "qubit", "bit")
    kept = [line for line in text.splitlines() if line and not line.startswith(heads)]
    joined = re.sub(r"\{\n\s*(.*)\n\}", r"{ \1 }", "\n".join(kept))
    return joined.splitlines()


def shares(compiled: Compiled) -> dict[str, float]:
    (output,) = compiled.run().outputs
    return {k: v for k, v in output.values.items() if v > 1e-9}


def carried_out(compiled: Compiled, texts: dict[str, str], folder: Path) -> dict[str, float]:
    program = compiled.hardware()
    order = sorted(
        (r.source_qubit, f"outcome_{name}_{k}")
        for name, node in program.nodes.items()
        for k, r in enumerate(node.readouts)
    )
    text, n_qubits, bits = merged(texts)
    (folder / "all.qasm").write_text(text)
    (folder / "all.qdm").write_text(
        'circuit whole from "all.qasm"\nmodel m() {\n'
        f"  qubits q[{n_qubits}]\n  bits {', '.join(bits)}\n  {', '.join(bits)} = whole q\n"
        f"  return probability({', '.join(name for _, name in order)})\n}}\n"
    )
    return shares(qdsl.load(folder / "all.qdm").compile(verify=False))


SMALL = """
network lab {
  node a { qubits 2, comm 1, device "row.json" }
  node b { qubits 1, comm 1 }
  link a -- b { rate 1 kHz }
}

model m() on lab {
  qubits q[3]
  ry(0.6) q[0]; h q[1]; rx(1.2) q[2]
  cx q[0], q[2]; cp(0.7) q[1], q[2]; ry(0.4) q[2]; cx q[0], q[1]; cx q[2], q[1]; rx(0.3) q
  return sample(q)
}
"""


@pytest.mark.parametrize("gate", ["cx", "cz", "ecr"])
@pytest.mark.parametrize("ones", ['["rz", "sx", "x"]', '["u"]', '["rz", "r"]'])
def test_nodes_side_by_side_are_the_program(tmp_path: Path, gate: str, ones: str) -> None:
    (tmp_path / "row.json").write_text(ROW % (gate, "true", ones))
    (tmp_path / "m.qdm").write_text(SMALL)
    compiled = qdsl.load(tmp_path / "m.qdm").compile()
    texts = compiled.emit_routed()
    assert list(texts) == ["a.qasm", "b.qasm"]
    used = re.findall(r"^(\w+)(?:\([^)]*\))? q\[\d+\], q", texts["a.qasm"], re.MULTILINE)
    assert set(used) == {gate}
    assert carried_out(compiled, texts, tmp_path) == pytest.approx(shares(compiled), abs=1e-6)


THREE = """
network lab {
  node alice { qubits 1, comm 1, device "row.json" }
  node bob { qubits 1, comm 2 }
  node carol { qubits 1, comm 1, device "row.json", comm_at [2] }
  link alice -- bob { rate 5 MHz }
  link bob -- carol { rate 5 MHz }
}

model m() on lab {
  qubits q[3]
  at alice { ry(1.1) q[0] }
  at carol { rx(0.4) q[2] }
  cx q[0], q[2]
  cx q[2], q[1]
  return sample(q)
}
"""


@pytest.mark.parametrize("source", [THREE, BITS.replace("comm 1", 'comm 1, device "row.json"')])
def test_bits_and_pairs_between_nodes_come_in_time(tmp_path: Path, source: str) -> None:
    (tmp_path / "row.json").write_text(ROW.replace("[2, 3]", "[2, 3], [3, 4]") % _CX)
    (tmp_path / "m.qdm").write_text(source)
    compiled = qdsl.load(tmp_path / "m.qdm").compile()
    texts = compiled.emit_routed()
    assert texts == compiled.emit_routed()
    assert carried_out(compiled, texts, tmp_path) == pytest.approx(shares(compiled), abs=1e-6)


_CX = ("cx", "false", '["rz", "sx", "x"]')


def run(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["compile", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_writes_a_folder_or_all_of_it(tmp_path: Path) -> None:
    example = EXAMPLES / "devices.qdm"
    texts = qdsl.load(example).compile().emit_routed()
    assert list(texts) == ["alice.qasm", "bob.qasm", "carol.qasm"]
    assert "// the program of node alice, on fake_manila\n" in texts["alice.qasm"]
    assert (
        "// at the beginning: data[0] at q[1], data[1] at q[2], comm[0] at q[0]"
        in (texts["alice.qasm"])
    )
    code, out, _ = run(example, "--emit", "nodes", "--routed")
    assert code == 0
    assert out == "\n".join(f"// file {name}\n{text}" for name, text in texts.items())
    folder = tmp_path / "made"
    assert run(example, "--emit", "nodes", "--routed", "-o", folder)[0] == 0
    assert {f.name: f.read_text() for f in folder.iterdir()} == texts


def test_what_cannot_be_routed_is_said(tmp_path: Path) -> None:
    example = EXAMPLES / "devices.qdm"
    for words in (("--routed",), ("--routed", "--emit", "qasm3")):
        code, _, said = run(example, *words)
        assert code == 2
        assert "--routed requires --emit nodes" in said
    code, _, said = run(EXAMPLES / "two_party.qdm", "--emit", "nodes", "--routed")
    assert code == 1
    assert "QDM756" in said
    (tmp_path / "row.json").write_text(ROW % _CX)
    (tmp_path / "m.qdm").write_text(SMALL.replace(', device "row.json"', ""))
    code, _, said = run(tmp_path / "m.qdm", "--emit", "nodes", "--routed")
    assert code == 2
    assert "no node has a device" in said
    compiled = qdsl.load(tmp_path / "m.qdm").compile()
    with pytest.raises(Refused, match="no node has a device"):
        compiled.emit_routed()
    assert "q[" in compiled.emit_routed(devices={"a": "fake_lima"})["a.qasm"]
    (tmp_path / "m.qdm").write_text(
        SMALL.replace("{\n  qubits", "{\n  param w: angle\n  qubits").replace("ry(0.6)", "ry(w)")
    )
    asked = qdsl.load(tmp_path / "m.qdm").compile()
    with pytest.raises(qdsl.InvalidProgram, match="QDM756"):
        asked.emit_routed()
    assert asked.emit_routed({"w": 0.3}) != asked.emit_routed({"w": 0.4})


def test_several_settings_are_said(tmp_path: Path) -> None:
    (tmp_path / "row.json").write_text(ROW % _CX)
    (tmp_path / "m.qdm").write_text(
        SMALL.replace("return sample(q)", "return expect(Z q[0]), expect(X q[0])")
    )
    texts = qdsl.load(tmp_path / "m.qdm").compile().emit_routed()
    assert "// outcomes are those of the first of 2 settings" in texts["a.qasm"]
