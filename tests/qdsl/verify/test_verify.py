"""`qdsl verify`, and the simulations behind it: right programs pass, wrong ones do not."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from qdsl.cli.commands import cli
from qdsl.ir.random_values import random_slot_values
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.verify.simulation import clifford, sampled
from qdsl.verify.simulation.branch import Unmatched, is_certain
from tests.build import Line, circuit, network
from tests.passes.test_channel import compiled
from tests.protocols import PROTOCOLS
from tests.qdsl.verify.translation.test_mutations import breaks_a_rule, broken, changes_nothing
from tests.sources import EXAMPLES
from tests.strategies import circuits

BELL = """network pair = line(2) { qubits 2, comm 2, rate 200 Hz }
model bell() on pair { qubits q[2]; at node0 { h q[0] } at node1 { %s } return sample(q) }
"""


def verify(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["verify", *map(str, arguments)])
    return done.exit_code, done.output


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
@pytest.mark.parametrize("omit", ["", "x", "z"])
def test_protocols_by_hand_on_branches(name: str, omit: str) -> None:
    program = PROTOCOLS[name](omit)
    source = program.placed.circuit
    values = random_slot_values(source.values, 0)
    distances = [sampled.distance(source, program, values, seed) for seed in range(8)]
    assert (max(distances) < sampled.TOLERANCE) is (not omit)


@pytest.mark.parametrize("programs", [40, pytest.param(120, marks=pytest.mark.slow)])
def test_branches_tell_right_from_wrong(programs: int) -> None:
    seen: Counter[tuple[str, bool]] = Counter()

    @given(circuits(max_qubits=3, max_rows=8), st.integers(0, 2**32 - 1))
    @settings(max_examples=programs, deadline=None, derandomize=True, database=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    def tally(source: Circuit, seed: int) -> None:
        program = compiled(source)
        if program is None:
            return
        random = np.random.default_rng(seed)
        for wrong in (program, *(broken(program, random) for _ in range(4))):
            if wrong is None or (wrong is not program and breaks_a_rule(wrong)):
                continue
            right = wrong is program or changes_nothing(source, wrong)
            try:
                differs = _differs(source, wrong)
            except Unmatched:
                assert wrong is not program
                continue
            assert not (right and differs) or not is_certain(source)
            seen["right" if right else "wrong", differs] += 1

    tally()
    assert seen["wrong", False] < seen["wrong", True] / 20, seen
    assert seen["right", False] > programs / 2, seen


def _differs(source: Circuit, program: DistributedCircuit) -> bool:
    draws = range(4)
    found = max(
        sampled.distance(source, program, random_slot_values(source.values, k), k) for k in draws
    )
    return found > sampled.TOLERANCE


@pytest.mark.slow
def test_a_thousand_qubits_by_stabilisers() -> None:
    pytest.importorskip("stim")
    n = 1000
    lines: list[Line] = [("h", [q]) for q in range(0, n, 3)]
    lines += [("cx", [q, (7 * q + 1) % n]) for q in range(n) if (6 * q + 1) % n]
    lines += [("measure", [5], 0), ("x", [9])]
    source = circuit(n, lines, network=network(nodes=4, qubits=n // 4, comm=2), n_bits=1,
                     conditions={len(lines) - 1: (0, 1)})  # fmt: skip
    program = compiled(source)
    assert program is not None
    values = clifford.instance(source, program, 1)
    assert values is not None
    assert clifford.equal_instances(source, program, values, 1) is None
    other = circuit(
        n,
        [*lines[:400], ("s", [17]), *lines[400:]],
        network=source.network,
        n_bits=1,
        conditions={len(lines): (0, 1)},
    )
    assert clifford.equal_instances(other, program, values, 1) is not None


def test_no_instance_of_a_t_gate() -> None:
    program = compiled(circuit(2, [("t", [0]), ("cx", [0, 1])], network=network(qubits=1)))
    assert program is not None
    assert clifford.instance(program.placed.circuit, program, 0) is None


def test_the_command_says_how_and_how_well() -> None:
    code, text = verify(EXAMPLES / "ghz.qdm", "--quiet")
    assert code == 0 and "equal, proved" in text
    assert "translation validation" in text and "trace distance below 1e-08" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    code, text = verify(EXAMPLES / "ghz.qdm", "--quiet", "--json")
    document = json.loads(text)
    assert code == 0 and document["verdict"] == "equal" and document["checks"][0]["equal"]


@pytest.mark.parametrize(
    ("gate", "code", "said"),
    [("cx q[0], q[1]", 0, "equal, proved"), ("cz q[0], q[1]", 1, "NOT EQUAL")],
)
def test_against_another_program(tmp_path: Path, gate: str, code: int, said: str) -> None:
    one, other = tmp_path / "one.qdm", tmp_path / "other.qdm"
    one.write_text(BELL % "cx q[0], q[1]")
    other.write_text(BELL % f"z q[1]; {gate}; z q[0]; z q[1]")
    found, text = verify(one, "--against", other)
    assert (found, said in text) == (code, True), text


@pytest.mark.parametrize(
    ("returned", "code", "said"),
    [
        ("sample(q) to node1", 0, "equal, proved"),
        ("expect(Z q[0])", 1, "output 1 is not what"),
        ("sample(q), expect(Z q[0])", 1, "1 outputs against 2"),
    ],
)
def test_against_a_program_that_returns_something_else(
    tmp_path: Path, returned: str, code: int, said: str
) -> None:
    one, other = tmp_path / "one.qdm", tmp_path / "other.qdm"
    one.write_text(BELL % "cx q[0], q[1]")
    other.write_text((BELL % "cx q[0], q[1]").replace("sample(q)", returned))
    found, text = verify(one, "--against", other)
    assert (found, said in text) == (code, True), text


@pytest.mark.needs("qiskit")
def test_against_openqasm(tmp_path: Path) -> None:
    one, same, wrong = (tmp_path / name for name in ("one.qdm", "same.qasm", "wrong.qasm"))
    one.write_text(BELL % "cx q[0], q[1]")
    head = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[0];\n'
    same.write_text(head + "h q[1];\ncz q[0],q[1];\nh q[1];\n")
    wrong.write_text(head + "cx q[1],q[0];\n")
    assert verify(one, "--against", same)[0] == 0
    code, text = verify(one, "--against", wrong)
    assert code == 1 and "NOT EQUAL" in text


HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n'
PAIR = HEAD + "creg c[3];\nh q[0];\ncx q[0],q[1];\nmeasure q[0]->c[0];\nmeasure q[1]->c[2];\n"
SAME_BITS = {
    "unwritten, in other registers": "creg m[1]; creg n[2]; h q[1]; cx q[1],q[0];"
    "measure q[0]->m[0]; measure q[1]->n[1];",
    "overwritten": "creg c[3]; measure q[0]->c[0]; measure q[1]->c[1]; h q[0]; cx q[0],q[1];"
    "measure q[0]->c[0]; measure q[1]->c[2];",
    "written and reset": "creg c[3]; h q[0]; measure q[0]->c[0]; measure q[0]->c[2]; reset q[0];"
    "reset q[1]; h q[0]; cx q[0],q[1]; measure q[0]->c[0]; measure q[1]->c[2];",
    "written by a 0": "creg c[3]; measure q[0]->c[1]; h q[0]; cx q[0],q[1];"
    "measure q[0]->c[0]; measure q[1]->c[2];",
}
OTHER_BITS = {
    "too few": ("creg c[2]; h q[0]; cx q[0],q[1]; measure q->c;", "2 qubits and 3 bits against"),
    "elsewhere": ("creg c[3]; h q[0]; cx q[0],q[1]; measure q[0]->c[0]; measure q[1]->c[1];", ""),
    "another state": (SAME_BITS["overwritten"] + "x q[0];", "trace distance"),
}


@pytest.mark.parametrize("name", SAME_BITS)
@pytest.mark.needs("qiskit")
def test_two_files_with_equal_bits_and_states(tmp_path: Path, name: str) -> None:
    one, other = tmp_path / "one.qasm", tmp_path / "other.qasm"
    one.write_text(PAIR)
    other.write_text(HEAD + SAME_BITS[name])
    for left, right in ((one, other), (other, one)):
        code, text = verify(left, "--against", right, "--strict")
        assert code == 0 and ": equal" in text and ", proved" in text, text


@pytest.mark.parametrize("name", OTHER_BITS)
@pytest.mark.needs("qiskit")
def test_two_files_with_other_bits(tmp_path: Path, name: str) -> None:
    body, said = OTHER_BITS[name]
    one, other = tmp_path / "one.qasm", tmp_path / "other.qasm"
    one.write_text(PAIR)
    other.write_text(HEAD + body)
    code, text = verify(one, "--against", other)
    assert code == 1 and "NOT EQUAL" in text and said in text, text


RETURNS = "model m() {{ qubits q[2]; bits c[2]; {} return {} }}"
MEASURED = "h q[0]; cx q[0], q[1]; c[0] = measure q[0]; c[1] = measure q[1];"


def test_bits_that_are_not_returned(tmp_path: Path) -> None:
    """What can be done is said only where it helps: the bits are there."""
    one, other, none = (tmp_path / f"{n}.qdm" for n in ("one", "other", "none"))
    one.write_text(RETURNS.format(MEASURED, "sample(c)"))
    other.write_text(RETURNS.format(MEASURED, "expect(Z q[0])"))
    none.write_text("model m() { qubits q[2]; h q[0]; cx q[0], q[1]; return sample(q) }")
    for left, right in ((one, other), (other, one)):
        code, text = verify(left, "--against", right)
        assert code == 1 and "NOT EQUAL; 2 qubits and" in text
        assert "= help: only bits that are returned are compared" in " ".join(text.split())
    code, text = verify(one, "--against", none)
    assert code == 1 and "NOT EQUAL; 2 qubits and" in text and "help" not in text
    found = json.loads(verify(one, "--against", other, "--json")[1])["checks"]
    assert [("help" in c) for c in found] == [c["method"] == "interface" for c in found]


def test_a_proof_from_zero_says_so(tmp_path: Path) -> None:
    """CX does nothing to |00>, and something to other states."""
    one, other = (tmp_path / f"{n}.qdm" for n in ("one", "other"))
    one.write_text("model m() { qubits q[2]; cx q[0], q[1]; return sample(q) }")
    other.write_text("model m() { qubits q[2]; return sample(q) }")
    code, text = verify(one, "--against", other, "--strict")
    assert code == 0 and ": equal from |0...0>, proved" in text
    code, text = verify(one, "--against", one, "--strict")
    assert code == 0 and ": equal, proved" in text


@pytest.mark.parametrize("name", SAME_BITS)
@pytest.mark.needs("qiskit")
def test_two_programs_that_import_them(tmp_path: Path, name: str) -> None:
    """Each returns its bits; a model that does not is compared by all that it declares."""
    for file, text in (("one.qasm", PAIR), ("other.qasm", HEAD + SAME_BITS[name])):
        (tmp_path / file).write_text(text)
    one, other, kept = (tmp_path / f"{n}.qdm" for n in ("one", "other", "kept"))
    body = "{{ qubits q[2]; bits c[3]; c = f q; return sample({}) }}"
    model = f'circuit f from "{{}}"\nmodel m() {body}'
    one.write_text(model.format("one.qasm", "c"))
    other.write_text(model.format("other.qasm", "c"))
    kept.write_text(model.format("one.qasm", "q"))
    assert verify(one, "--against", other, "--strict")[0] == 0
    assert verify(kept, "--against", tmp_path / "other.qasm", "--strict")[0] == 0
    assert verify(tmp_path / "one.qasm", "--against", other, "--strict")[0] == 0


@pytest.mark.needs("qiskit")
def test_a_condition_on_two_bits_against_a_toffoli(tmp_path: Path) -> None:
    """The scratch qubit of one of them does not count."""
    one, other = tmp_path / "one.qasm", tmp_path / "other.qasm"
    head = HEAD + "qreg r[1]; creg c[2]; creg d[1]; h q; "
    ends = "measure q->c; "
    one.write_text(f"{head}{ends} if (c==3) x r[0]; measure r->d;")
    other.write_text(f"{head}ccx q[0],q[1],r[0]; {ends} measure r->d;")
    for left, right in ((one, other), (other, one)):
        code, text = verify(left, "--against", right, "--strict")
        assert code == 0, text


@pytest.mark.needs("qiskit")
def test_programs_begin_in_0(tmp_path: Path) -> None:
    one, other = tmp_path / "one.qasm", tmp_path / "other.qasm"
    one.write_text(HEAD + "h q[0]; cx q[0],q[1];")
    other.write_text(HEAD + "reset q[1]; z q[0]; h q[0]; cx q[0],q[1];")
    code, text = verify(one, "--against", other)
    assert code == 0 and "from other inputs they differ" in " ".join(text.split())


def test_bad_use_is_told(tmp_path: Path) -> None:
    assert verify(EXAMPLES / "ghz.qdm", "--against", tmp_path / "none.qasm")[0] == 2
    assert verify(EXAMPLES / "ghz.qdm", "--against-model", "x")[0] == 2
    assert verify(EXAMPLES / "ghz.qdm", "--against", EXAMPLES / "qft.qdm")[0] == 1
