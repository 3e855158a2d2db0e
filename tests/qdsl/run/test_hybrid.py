"""Programs with cut pairs against the same programs with pairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import qdsl
from qdsl.analysis.cutting import GAMMA_OF_PAIR, cut_links
from qdsl.api import Compiled
from qdsl.cli.commands import cli
from qdsl.ir.operations import BY_NAME
from qdsl.ir.rules import RULES
from qdsl.ir.state_vectors import unitary
from qdsl.run.cutting.files import variant_files
from qdsl.run.cutting.hybrid import CannotCut, HybridProgram
from qdsl.run.cutting.preparations import COEFFICIENTS, PREPARED, PROBABILITIES, TURNED
from qdsl.run.cutting.prepared import LIFTED
from qdsl.run.cutting.result import HybridOutput
from qdsl.run.job import CannotRun

FIGURES = "comm 2, fidelity 0.9, rate 100 Hz"
PAIR = f"network g = line(2) {{{{ qubits {{}}, {FIGURES} }}}}\n"
LINE = f"network g = line(3) {{ qubits 1, {FIGURES} }}\n"
BOTH = "return expect(Z a * Z b + 0.5 * X a + 0.2), probability(a, b), expect(X a * X b)"
APART = "model m() on g { qubits a, b\nat node0 { ry(0.4) a; rz(0.3) a }\nat node1 { ry(0.9) b }\n"
PROGRAMS = {
    "telegate": PAIR.format(1) + APART + f"cx a, b\nat node1 {{ rx(0.3) b }}\n{BOTH} }}",
    "one copy for several gates": PAIR.format(2)
    + "model m() on g { qubits a, b, c\nat node0 { ry(0.4) a }\nat node1 { ry(0.9) b; ry(0.2) c }\n"
    f"cp(0.7) a, b\ncx a, c\ncz a, b\nat node1 {{ h b }}\n{BOTH} }}",
    "teledata": PAIR.format(2)
    + "model m() on g { qubits a, b\nat node0 { ry(0.4) a; rz(0.3) a }\nmove a to node1\n"
    f"at node1 {{ ry(0.9) b; ch a, b; rx(0.3) a; cx b, a }}\n{BOTH} }}",
    "swapping": LINE.replace("qubits 1", "qubits 2")
    + "model m() on g { qubits a, b\nat node0 { ry(0.4) a; rz(0.3) a }\nat node2 { ry(0.9) b }\n"
    f"cx a, b\nat node0 {{ rx(0.3) a }}\n{BOTH} }}",
    "overlap": PAIR.format(1) + APART + "return overlap(a, b) }",
    "feed-forward": PAIR.format(1)
    + "model m() on g { qubits a, b\nbits m\nat node0 { ry(0.4) a }\nat node1 { ry(0.9) b }\n"
    "cx a, b\nat node0 { rx(0.3) a; m = measure a }\nat node1 { if m { ry(0.8) b } }\n"
    "return expect(X b), sample(b, m) }",
}
LINKS = {"swapping": ("node0--node1", "node2 -- node1")}


@cache
def compiled(name: str) -> Compiled:
    return qdsl.loads(PROGRAMS[name]).compile(verify=False)


def cuts(name: str) -> Iterator[HybridProgram]:
    for link in LINKS.get(name, ("node1--node0",)):
        yield compiled(name).cut(link)


def number(output: HybridOutput) -> Any:
    return output.values if output.mean is None else output.mean


def mean(output: HybridOutput) -> float:
    assert output.mean is not None
    return output.mean


def spread(output: HybridOutput) -> Iterator[tuple[float, float]]:
    """Differences from the uncut program, and standard errors."""
    if output.mean is not None:
        yield output.mean - output.uncut, output.standard_error
        return
    for name, share in output.values.items():
        yield share - output.uncut.get(name, 0.0), output.standard_error[name]


# ---- a pair ------------------------------------------------------------------------------


def test_the_preparations_are_a_pair() -> None:
    total = np.zeros((4, 4), np.complex128)
    for pair in PREPARED:
        halves = [
            unitary(BY_NAME[s.gate], (TURNED,) * s.has_angle)[:, 0] for s in (pair.left, pair.right)
        ]
        state = np.kron(*halves)
        total += pair.coefficient * np.outer(state, state.conj())
    bell = np.array([1, 0, 0, 1]) / 2**0.5
    assert total == pytest.approx(np.outer(bell, bell), abs=1e-12)


def test_the_weights_are_the_least_possible() -> None:
    """gamma of a pair by Vidal and Tarrach: 1 + 2 R, with R = 1."""
    assert np.abs(COEFFICIENTS).sum() == pytest.approx(GAMMA_OF_PAIR)
    assert COEFFICIENTS.sum() == pytest.approx(1)
    assert PROBABILITIES[COEFFICIENTS > 0].sum() == pytest.approx(2 / 3)
    assert PROBABILITIES.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "state"),
    [("+", [1, 1]), ("-", [1, -1]), ("+i", [1, 1j]), ("-i", [1, -1j]),
     ("0", [1, 0]), ("1", [0, 1])],
)  # fmt: skip
def test_states_are_named_as_they_are(name: str, state: list[complex]) -> None:
    (found,) = {s for p in PREPARED for s in (p.left, p.right) if s.name == name}
    column = unitary(BY_NAME[found.gate], (TURNED,) * found.has_angle)[:, 0]
    wanted = np.array(state) / np.linalg.norm(state)
    assert abs(np.vdot(wanted, column)) == pytest.approx(1)


# ---- the sum over all variants -----------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_sum_is_the_uncut_program(name: str) -> None:
    for hybrid in cuts(name):
        assert hybrid.pairs == 1
        result = hybrid.run()
        assert (result.shots, result.variants) == (None, 12)
        for output in result.outputs:
            assert output.standard_error is None
            assert number(output) == pytest.approx(output.uncut, abs=1e-9), output.text


def test_the_uncut_outputs_are_those_of_a_run() -> None:
    base = compiled("telegate")
    (hybrid,) = cuts("telegate")
    for output, known in zip(hybrid.run().outputs, base.run().outputs, strict=True):
        assert output.text == known.text and output.kind == known.kind
        wanted = known.values if known.mean is None else known.mean
        assert output.uncut == pytest.approx(wanted, abs=1e-9)


@pytest.mark.slow
def test_both_links_at_once() -> None:
    hybrid = compiled("swapping").cut("node0--node1", ("node1", "node2"))
    assert (hybrid.pairs, hybrid.ebits, hybrid.gamma, hybrid.variants) == (2, 0, 9.0, 144)
    assert hybrid.link_names == ("node0--node1", "node1--node2")
    for output in hybrid.run().outputs:
        assert number(output) == pytest.approx(output.uncut, abs=1e-9)


def test_a_single_variant_is_not_the_uncut_program() -> None:
    """Else the sums above would say nothing."""
    (hybrid,) = cuts("telegate")
    result = hybrid.run(shots=1, seed=2)
    assert result.variants == 1
    assert result.outputs[0].values != pytest.approx(result.outputs[0].uncut, abs=0.1)


def test_items_and_values() -> None:
    text = PAIR.format(1) + (
        "model m() on g { data x: real[1]\nqubits a, b\nat node0 { ry(x[0]) a }\ncx a, b\n"
        "return expect(Z b) }"
    )
    values = {"x": np.array([[0.2], [0.9], [2.5]])}
    hybrid = qdsl.loads(text).compile(verify=False).cut("node0--node1")
    (output,) = hybrid.run(values).outputs
    assert output.values == pytest.approx(np.cos(values["x"][:, 0]), abs=1e-9)
    (drawn,) = hybrid.run(values, shots=300, seed=1).outputs
    assert drawn.standard_error == pytest.approx(3 / np.sqrt(300 * 3), rel=0.05)
    assert abs(mean(drawn) - drawn.uncut) < 4 * drawn.standard_error


# ---- executions that are drawn -----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_drawn_means_are_within_their_errors(name: str) -> None:
    for hybrid in cuts(name):
        result = hybrid.run(shots=4000, seed=3)
        assert (result.shots, result.variants) == (4000, 12)
        for output in result.outputs:
            for gap, error in spread(output):
                assert abs(gap) <= 4 * error, (output.text, gap, error)


@pytest.mark.slow
def test_errors_are_the_spread_of_repeated_runs() -> None:
    (hybrid,) = cuts("telegate")
    runs = [hybrid.run(shots=200, seed=s).outputs[0] for s in range(30)]
    seen = np.std([mean(r) for r in runs], ddof=1)
    told = np.mean([r.standard_error for r in runs])
    assert seen == pytest.approx(told, rel=0.35)


def test_the_variance_measured_is_that_of_the_sum() -> None:
    (hybrid,) = cuts("telegate")
    exact, drawn = hybrid.run().outputs, hybrid.run(shots=4000, seed=5).outputs
    for e, d in zip(exact, drawn, strict=True):
        assert d.variance == pytest.approx(e.variance, rel=0.1)
        assert e.factor is not None and e.factor > 9
    word = exact[2]  # of results 1 and -1: gamma**2 less the square of the mean
    assert word.variance == pytest.approx(9 - mean(word) ** 2, abs=1e-9)
    assert word.uncut_variance == pytest.approx(1 - mean(word) ** 2, abs=1e-9)


def test_a_seed_tells_everything() -> None:
    (hybrid,) = cuts("feed-forward")
    one, same, other = (hybrid.run(shots=300, seed=s) for s in (1, 1, 2))
    assert one == same and one.outputs != other.outputs
    assert hybrid.drawn(300, 1) == hybrid.drawn(300, 1) != hybrid.drawn(300, 2)


def test_draws_have_the_probabilities_of_the_variants() -> None:
    (hybrid,) = cuts("telegate")
    drawn = hybrid.drawn(20_000)
    for variant in hybrid.all_variants():
        share, p = drawn[variant.choice] / 20_000, variant.probability
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / 20_000)
        assert variant.coefficient == pytest.approx(variant.sign * hybrid.gamma * p)


# ---- what is cut, and what stays ---------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_rules_hold_but_the_one_that_is_lifted(name: str) -> None:
    for hybrid in cuts(name):
        stage = hybrid.variant((7,)).stage
        for each in (stage.distributed, stage):
            broken = {r.name for r in RULES[type(each)] if r.check(each) is not None}
            assert broken <= set(LIFTED)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_rest_of_the_program_stays(name: str) -> None:
    before = compiled(name).scheduled.distributed
    for hybrid in cuts(name):
        after = hybrid.stage.distributed
        for kind in ("send", "measure", "swap", "cx"):
            assert after.table.codes(kind).sum() == before.table.codes(kind).sum()
        assert before.table.codes("ebit").sum() == hybrid.ebits + hybrid.pairs
        assert len(after.table) == len(before.table) + hybrid.pairs
        (cut,) = (c for c in cut_links(before) if c.link == hybrid.links[0])
        assert (cut.pairs, cut.one_by_one) == (hybrid.pairs, hybrid.overhead)


def test_halves_are_prepared_just_before_they_are_used() -> None:
    (hybrid,) = cuts("teledata")
    stage = hybrid.stage
    for row in hybrid.program.rows.reshape(-1).tolist():
        wire = stage.distributed.table.row(row).operands[0]
        later = [r.index for r in stage.distributed.table if wire in r.operands and r.index != row
                 and r.op.name != "send"]  # fmt: skip
        assert min(stage.start_ns[later]) == stage.end_ns[row]


def test_no_link_is_waited_for() -> None:
    """At 100 pairs a second a pair takes 10 ms."""
    assert compiled("telegate").scheduled.makespan_ns >= 10**7
    assert next(cuts("telegate")).stage.makespan_ns == 0


# ---- noise -------------------------------------------------------------------------------

NOISY = LINE.replace("rate", "gate_fidelity 0.995, readout_fidelity 0.998, rate") + (
    "model m() on g { qubits a, b, c\nh a\ncx a, b\ncx b, c\nreturn expect(Z a * Z c) }"
)


def test_cuts_are_free_of_the_errors_of_the_link() -> None:
    """The fidelity is what `qdsl sweep` says it would be, and the bias falls."""
    program = qdsl.loads(NOISY)
    base = program.compile(verify=False)
    sweep = qdsl.sweep(program, {"link.rate": "100"})
    assert sweep.bottleneck is not None
    said = {c.name: c for c in sweep.bottleneck.cuts}
    hybrid = base.cut("node0--node1")
    found = hybrid.process_fidelity()
    assert found.error == 0
    assert found.value == pytest.approx(said["node0 -- node1"].fidelity, abs=1e-3)
    (output,) = hybrid.run(noise=True).outputs
    assert output.ideal == pytest.approx(1, abs=1e-9)
    assert output.uncut == pytest.approx(base.run(backend="noisy").outputs[0].mean, abs=1e-9)
    assert abs(mean(output) - output.ideal) < 0.6 * abs(output.uncut - output.ideal)


def test_noise_of_executions_that_are_drawn() -> None:
    hybrid = qdsl.loads(NOISY).compile(verify=False).cut("node0--node1")
    exact, drawn = (hybrid.run(noise=True, shots=n, seed=1) for n in (None, 3000))
    assert drawn.is_noisy and drawn.method == "density matrix"
    (e,), (d,) = exact.outputs, drawn.outputs
    assert abs(mean(e) - mean(d)) < 4 * d.standard_error


@pytest.mark.slow
def test_large_clifford_programs_are_drawn() -> None:
    pytest.importorskip("stim")
    text = PAIR.format(16) + (
        "model m() on g { qubits q[32]\nh q[0]\nfor i in 0..31 { cx q[i], q[i+1] }\n"
        "return expect(Z q[0] * Z q[31]) }"
    )
    hybrid = qdsl.loads(text).compile(verify=False).cut("node0--node1")
    (output,) = hybrid.run(shots=300, seed=4, noise=True).outputs
    assert output.standard_error == pytest.approx(hybrid.gamma / np.sqrt(300), rel=0.1)
    assert output.uncut is not None and output.ideal is None


# ---- files -------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_files_add_up_to_the_uncut_program() -> None:
    """Every OpenQASM file is read and run by Qiskit, and weighted as the manifest says."""
    from qiskit import qasm3
    from qiskit_aer import AerSimulator

    simulator = AerSimulator(seed_simulator=1, max_parallel_threads=1)
    (hybrid,) = cuts("telegate")
    files = dict(variant_files(hybrid, "qasm3"))
    manifest = json.loads(files.pop("manifest.json"))
    assert sorted(files) == sorted(f for v in manifest["variants"] for f in v["files"])
    shots, shares = 800, np.zeros(4)
    for variant in manifest["variants"]:
        circuit = qasm3.loads(files[variant["files"][0]])
        counts = simulator.run(circuit, shots=shots).result().get_counts()
        for bits, times in counts.items():  # the outcome is the last register, its first bit last
            a, b = bits.split()[0][::-1]
            shares[int(a + b, 2)] += variant["weight"] * times / shots
    known = hybrid.run().outputs[1].uncut
    wanted = [known.get(f"{j:02b}", 0.0) for j in range(4)]
    assert shares == pytest.approx(wanted, abs=4 * hybrid.gamma / np.sqrt(12 * shots))


def test_drawn_files_have_the_weights_of_their_executions() -> None:
    hybrid = compiled("swapping").cut("node0--node1", "node1--node2")
    files = dict(variant_files(hybrid, "nodes", shots=30, seed=1))
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["shots"] == 30 and manifest["gamma"] == 9
    assert sum(v["executions"] for v in manifest["variants"]) == 30
    assert len(files) == 3 * len(manifest["variants"])
    for variant in manifest["variants"]:
        assert variant["weight"] == pytest.approx(variant["sign"] * 9 * variant["executions"] / 30)
        assert len(variant["preparations"]) == 2
    again = dict(variant_files(hybrid, "nodes", shots=30, seed=1))
    assert {name: again[name] for name in files} == files


# ---- requests that cannot be met ---------------------------------------------------------


def many(pairs: int) -> HybridProgram:
    body = "cx a, b\nat node0 { ry(0.1) a }\nat node1 { ry(0.1) b }\n" * pairs
    text = PAIR.format(1) + f"model m() on g {{ qubits a, b\nh a\n{body}return expect(Z b) }}"
    return qdsl.loads(text).compile(verify=False).cut("node0--node1")


def test_many_pairs_are_drawn_and_not_enumerated() -> None:
    hybrid = many(5)
    assert hybrid.variants == 12**5
    with pytest.raises(CannotCut, match=r"5 pairs are cut, in 12\*\*5 variants; up to 1,728"):
        hybrid.run()
    with pytest.raises(CannotCut, match="different variants; up to 1,728 are written"):
        list(variant_files(hybrid, "qasm3", shots=3000))
    (output,) = hybrid.run(shots=100, seed=1).outputs
    assert abs(mean(output) - output.uncut) < 4 * output.standard_error


@pytest.mark.parametrize(
    ("links", "message"),
    [
        (("node0--nobody",), "no link 'node0--nobody'; there are: node0--node1, node1--node2"),
        ((("node0", "node2"),), "no link 'node0--node2'"),
        ((), r"name a link to cut; those with pairs are node0--node1 \(1\)"),
        (("node1--node2",), r"node1--node2 makes no pairs here; others do: node0--node1 \(1\)"),
    ],
)
def test_links_that_cannot_be_cut(links: tuple[Any, ...], message: str) -> None:
    text = LINE + (
        "model m() on g { qubits a, b\nat node0 { h a }\nat node1 { h b }\ncx a, b\n"
        "return expect(Z b) }"
    )
    with pytest.raises(CannotCut, match=message):
        qdsl.loads(text).compile(verify=False).cut(*links)


def test_programs_without_pairs() -> None:
    text = PAIR.format(2) + "model m() on g { qubits a\nh a\nreturn expect(Z a) }"
    with pytest.raises(CannotCut, match="makes no pairs"):
        qdsl.loads(text).compile().cut("node0--node1")


def test_outputs_that_cannot_be_weighted() -> None:
    text = PAIR.format(1) + (
        "model m() on g { data M: real[2, 2]\nqubits a, b\nat node0 { h a }\ncx a, b\n"
        "return expect(M, b) }"
    )
    hybrid = qdsl.loads(text).compile(verify=False).cut("node0--node1")
    with pytest.raises(CannotRun, match=r"`expect\(M, b\)` cannot be cut"):
        hybrid.run({"M": np.eye(2)})


# ---- the command -------------------------------------------------------------------------


def command(folder: Path, *words: str) -> Result:
    (folder / "m.qdm").write_text(PROGRAMS["telegate"])
    return CliRunner().invoke(cli, ["cut", str(folder / "m.qdm"), *words])


def test_the_command_shows_both_programs(tmp_path: Path) -> None:
    shown = command(tmp_path, "--link", "node0--node1").stdout
    assert "ebits       0 instead of 1 an execution" in shown
    assert "executions  x 9 for 1 cut pair: gamma 3, squared" in shown
    assert "quasi-probabilities" in shown and max(map(len, shown.splitlines())) <= 80
    noisy = command(tmp_path, "--link", "node0--node1", "--noise", "--shots", "50").stdout
    assert "drawn for 50 executions by seed 0, under the network's noise" in " ".join(noisy.split())


def test_outcomes_that_no_execution_showed_are_listed(tmp_path: Path) -> None:
    shown = command(tmp_path, "--link", "node0--node1", "--shots", "1").stdout
    rows = [line.split() for line in shown.splitlines() if line.startswith("  ")]
    assert {row[0] for row in rows} >= {"00", "01", "10", "11"}
    assert sum(row[2:4] == ["0.0000", "-"] for row in rows) == 3


def test_the_command_as_json(tmp_path: Path) -> None:
    ended = command(tmp_path, "--link", "node0--node1", "--json", "--shots", "20", "--seed", "3")
    document = json.loads(ended.stdout)
    assert document["schema"] == "qdsl-cut/1"
    assert (document["ebits_uncut"], document["ebits"], document["overhead"]) == (1, 0, 9)
    assert document["result"]["shots"] == 20 and document["result"]["seed"] == 3
    assert len(document["result"]["outputs"]) == 3


def test_the_command_writes_variants(tmp_path: Path) -> None:
    words = ("--link", "node0--node1", "--emit", "qasm3", "-o", str(tmp_path / "out"))
    ended = command(tmp_path, *words)
    assert "1 pair cut: 12 files" in ended.stdout
    assert len(list((tmp_path / "out").glob("*.qasm"))) == 12
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["pairs"] == 1
    assert command(tmp_path, *words[:4]).exit_code == 2
    assert command(tmp_path, *words, "--noise").exit_code == 2
    unknown = command(tmp_path, *words[:3], "qasm", *words[4:])
    assert unknown.exit_code == 1 and "QDM755" in unknown.stderr
