"""The frozen suite: hashes, networks, stored results, the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from qdsl.cli.bench import command
from qdsl.studies.bench.circuits import FAMILIES, frozen
from qdsl.studies.bench.gates import NamedGate, from_qasm, gate_list
from qdsl.studies.bench.memq import PeerMissing, interpreter, qasm3, topology_of
from qdsl.studies.bench.networks import UnknownSuiteNetwork, bench_network
from qdsl.studies.bench.optimum import BEGIN, END, OptimumComparison, rewritten_page
from qdsl.studies.bench.peers import best_peer, stored
from qdsl.studies.bench.suite import NoCircuits, cases, cases_of_folder
from tests.qdsl.studies.bench.hashes import HASHES
from tests.sources import SHARED

BENCH = SHARED / "bench"
needs_shared = pytest.mark.skipif(not BENCH.is_dir(), reason="the peers' circuits are not here")


def test_every_circuit_of_the_suite_is_frozen() -> None:
    """A change of a circuit needs a new version of the suite."""
    assert {f: frozen(f, 8).sha256[:12] for f in FAMILIES} == HASHES


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_circuit_is_the_same_as_text(family: str) -> None:
    made = frozen(family, 8)
    assert made.gates == frozen(family, 8).gates
    assert from_qasm(made.qasm2(), made.name).sha256 == made.sha256
    assert all(len(set(g.qubits)) == len(g.qubits) for g in made.gates)
    assert {q for g in made.gates for q in g.qubits} <= set(range(8))


@needs_shared
@pytest.mark.parametrize("name", ["qft_n8", "qft_n32", "ghz_n8", "ghz_star_n32", "wstate_n32"])
def test_circuits_that_peers_ran_are_the_very_same(name: str) -> None:
    text = (BENCH / "public" / f"{name}.qasm").read_text(encoding="utf-8")
    family, _, size = name.rpartition("_n")
    made, theirs = frozen(family, int(size)), from_qasm(text, name)
    assert [g[:2] for g in made.gates] == [g[:2] for g in theirs.gates]
    for a, b in zip(made.gates, theirs.gates, strict=True):
        assert a.angles == pytest.approx(b.angles, abs=1e-9)
    assert made.sha256 == theirs.sha256


@needs_shared
@pytest.mark.parametrize("path", sorted((BENCH / "networks").glob("*_n32.json")), ids=str)
def test_networks_that_peers_ran_are_the_very_same(path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    made = bench_network(path.stem)
    sizes = [(s["data_qubits"], s["comm_qubits"]) for s in data["servers"]]
    assert sizes == [(v.qubits, v.comm) for v in made.nodes]
    assert {frozenset(k) for k in data["links"]} == {frozenset((k.a, k.b)) for k in made.links}


@pytest.mark.parametrize("name", ["hom1_n8", "het4_n8", "mesh4_n8", "hom2", "", "hom2_n8x"])
def test_other_networks_are_refused(name: str) -> None:
    with pytest.raises(UnknownSuiteNetwork):
        bench_network(name)


def test_a_stored_result_stands_beside_the_same_gates_only() -> None:
    qft = frozen("qft", 16)
    best = best_peer(qft.sha256, "hom2_n16")
    assert best is not None
    assert (best.ebits, best.valid) == (7, "yes")
    other = gate_list("qft_n16", 16, qft.gates[:-1])
    assert best_peer(other.sha256, "hom2_n16") is None
    assert {r.peer for r in stored()} == {"pytket-dqc", "disqco", "memq-dqc"}


def test_what_cannot_be_executed_is_no_best_peer() -> None:
    invalid = [r for r in stored() if r.valid.startswith("no")]
    assert invalid
    for r in invalid:
        best = best_peer(r.gates, r.network)
        assert best is None or best.valid == "yes"


def test_the_suite_has_all_families_and_is_cut_as_asked() -> None:
    assert {c.gates.name.rpartition("_n")[0] for c in cases()} == set(FAMILIES)
    assert all(c.gates.n_qubits == 8 for c in cases(quick=True))
    assert all(c.gates.two_qubit_gates <= 20 for c in cases(most_gates=20))
    assert all(c.network.qubits > c.gates.n_qubits for c in cases())
    with pytest.raises(NoCircuits, match="no family 'shor'"):
        cases(("shor",))


def test_the_peer_gets_gates_that_it_knows() -> None:
    text = qasm3(gate_list("two", 2, [NamedGate("rzz", (0, 1), (0.5,)), NamedGate("cx", (0, 1))]))
    assert "rzz" not in text
    assert "cp(-1.0" in text
    topology = topology_of(bench_network("line4_n8"))
    comm = topology["processors"]["1"]["qubits"]["communication"]  # type: ignore[index]
    assert len(comm) == 4


def test_a_peer_that_is_not_there_is_named() -> None:
    with pytest.raises(PeerMissing, match="no interpreter"):
        interpreter("no-such-python")


def run(*arguments: str | Path) -> tuple[int, str]:
    ended = CliRunner().invoke(command, [*map(str, arguments), "--quiet"])
    return ended.exit_code, ended.output


def test_the_command_writes_the_same_bytes_again(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    asked = ("--quick", "--family", "ghz", "--family", "qft", "--json", "--write", page)
    code, first = run(*asked)
    assert code == 0
    found = json.loads(first)
    assert [c["circuit"] for c in found["cases"]] == ["ghz_n8", "qft_n8"]
    assert all(c["proved"] for c in found["cases"])
    assert found["cases"][1]["peer"]["ebits"] == 3
    assert "| qft_n8 |" in page.read_text(encoding="utf-8")
    assert run(*asked)[1] == first


def test_the_table_fits_a_terminal() -> None:
    code, text = run("--quick", "--family", "ghz_star")
    assert code == 0
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_folder_of_files(tmp_path: Path) -> None:
    (tmp_path / "mine.qasm").write_text(frozen("ghz", 5).qasm2(), encoding="utf-8")
    (tmp_path / "broken.qasm").write_text("OPENQASM 2.0; nonsense", encoding="utf-8")
    found, left_out = cases_of_folder(tmp_path)
    assert [c.name for c in found] == ["mine on hom4_n5"]
    assert [file for file, why in left_out if why] == ["broken.qasm"]
    assert run("--circuits", tmp_path)[0] == 0
    (tmp_path / "mine.qasm").unlink()
    code, text = run("--circuits", tmp_path)
    assert code == 2
    assert "no OpenQASM files" in text


@pytest.mark.parametrize(
    "arguments",
    [("--family", "shor"), ("--max-gates", "0"), ("--against", "shor"), ("--optimum", "0")],
)
def test_what_is_not_there_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    code, text = run(*arguments)
    assert code == 2
    assert "Traceback" not in text


def test_small_programs_beside_their_optimum() -> None:
    code, text = run("--optimum", "2", "--json")
    assert code == 0
    found = json.loads(text)
    assert found["below"] == []
    assert found["programs"] == 2


def test_the_totals_replace_what_stands_between_their_marks() -> None:
    results = [OptimumComparison(0, 4, 2, 3, 3, True), OptimumComparison(1, 5, 2, 4, 3, True)]
    page = rewritten_page(f"above\n{BEGIN}\nold\n{END}\nbelow\n", results)
    assert page.startswith(f"above\n{BEGIN}\n") and page.endswith(f"\n{END}\nbelow\n")
    assert "old" not in page and "16.7% more" in page
    assert rewritten_page(page, results) == page
