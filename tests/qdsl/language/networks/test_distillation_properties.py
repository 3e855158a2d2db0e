"""What links say of distillation, in programs, files and graphs, and what it does to a program."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import pytest

import qdsl
from qdsl.analysis.error_budget import error_budget
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.language.check import check_text
from qdsl.network.models import Distillation
from qdsl.network.network import Link
from qdsl.run.noisy.simulate import process_fidelity, slots_of
from tests.sources import EXAMPLES

MODEL = (
    "model m() on lan { qubits a, b; at %s { h a }; cx a, b; at %s { t b }; return sample(a, b) }"
)
EXAMPLE = EXAMPLES / "distilled.qdm"


def link_of(properties: str, nodes: str = "qubits 2, comm 6") -> Link:
    text = f"network lan = line(2) {{ {nodes}, fidelity 0.9, rate 1 kHz{properties} }}"
    program, problems = check_text(text)
    assert program is not None and not list(problems), list(problems)
    return program.networks["lan"].links[0]


@pytest.mark.parametrize(
    ("said", "asked", "levels"),
    [
        ("", None, 0),
        (", distillation dejmps", Distillation("dejmps"), 1),
        (", distillation bbpssw, distillation_levels 3", Distillation("bbpssw", 3), 3),
        (", distillation dejmps, distillation_levels 0", Distillation("dejmps", 0), 0),
        (", min_fidelity 97%", Distillation(None, None, 0.97), 2),
        (", distillation bbpssw, min_fidelity 0.92", Distillation("bbpssw", None, 0.92), 1),
        (", min_fidelity 0.9", Distillation(None, None, 0.9), 0),
    ],
)
def test_what_a_link_says(said: str, asked: Distillation | None, levels: int) -> None:
    link = link_of(said)
    assert link.physics.distillation == asked
    assert link.levels == levels
    assert (link.model is None) == (asked is None)


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ("distillation purify", "QDM403"),
        ("distillation_levels 2", "QDM403"),
        ("distillation dejmps, distillation_levels 11", "QDM403"),
        ("distillation dejmps, distillation_levels 1.5", "QDM403"),
        ("distillation dejmps, distillation_levels 1, min_fidelity 0.9", "QDM411"),
        ("distillation 2", "QDM104"),
        ("min_fidelity 2", "QDM403"),
        ("buffer 1, distillation dejmps", "QDM413"),
        ("fidelity 0.45, min_fidelity 0.9", "QDM607"),
        ("distillation dejmps, distillation_levels 2", "QDM608"),
    ],
)
def test_impossible_distillation(properties: str, code: str) -> None:
    text = f"network lan = line(2) {{ qubits 2, rate 1 kHz, {properties} }}"
    assert [p.code for p in check_text(text)[1]][:1] == [code]


LAB = """network lab {{
  node a {{ qubits 2, comm 4{node} }}
  node b {{ qubits 2, comm 4 }}
  link a -- b {{ fidelity 0.9, rate 250 Hz, {link} }}
}}"""


@pytest.mark.parametrize(
    ("node", "link", "help"),
    [
        (", t2 5 ms", "distillation bbpssw", "leave out `distillation`: 0.9 in 4 ms"),
        (", gate_fidelity 0.9", "distillation dejmps", "leave out `distillation`: 0.9 in 4 ms"),
        (", t2 10 ms", "distillation dejmps, distillation_levels 3",
         "write `distillation dejmps, distillation_levels 2`"),
        ("", "distillation dejmps", ""),
        (", t2 200 ms", "distillation dejmps", ""),
        (", t2 40 ms", "min_fidelity 0.9", ""),
        (", t2 40 ms", "distillation bbpssw, distillation_levels 0", ""),
    ],
)  # fmt: skip
def test_distillation_in_vain_is_warned_of(node: str, link: str, help: str) -> None:
    text = LAB.format(node=node, link=link)
    program, problems = check_text(text)
    assert program is not None
    assert [p.code for p in problems] == ["QDM414"] * bool(help)
    assert all((p.help or "").startswith(help) for p in problems)
    made = program.networks["lab"].links[0]
    if not help:
        assert made.pair_fidelity >= 0.9
    elif help.startswith("leave"):
        assert made.pair_fidelity < 0.9 and "raw pairs have 0.9" in str(problems[0].labels)
        dejmps = text.replace("bbpssw", "dejmps")
        assert qdsl.loads(dejmps).checked.networks["lab"].links[0].pair_fidelity < 0.9
    else:
        fewer = text.replace("distillation_levels 3", "distillation_levels 2")
        better = qdsl.loads(fewer).checked.networks["lab"].links[0]
        assert better.pair_fidelity > made.pair_fidelity


def test_links_that_are_alike_are_warned_of_once() -> None:
    figures = "qubits 2, comm 4, t2 5 ms, fidelity 0.9, rate 250 Hz, distillation bbpssw"
    _, problems = check_text(f"network lab = ring(5) {{ {figures} }}")
    assert [p.code for p in problems] == ["QDM414"]


def graph(**edge: object) -> networkx.Graph[str]:
    made: networkx.Graph[str] = networkx.Graph()
    made.add_nodes_from(["alice", "bob"], qubits=1, comm=3)
    made.add_edge("alice", "bob", fidelity=0.9, rate=1000.0, **edge)
    return made


EDGE = {"distillation": "dejmps", "distillation_levels": 2}


@pytest.mark.parametrize("ending", ["json", "graphml"])
def test_distillation_in_files(ending: str, tmp_path: Path) -> None:
    if ending == "json":
        text = json.dumps(networkx.node_link_data(graph(**EDGE), edges="edges"))
    else:
        text = "\n".join(networkx.generate_graphml(graph(**EDGE)))
    (tmp_path / f"lab.{ending}").write_text(text, encoding="utf-8")
    path = tmp_path / "m.qdm"
    path.write_text(f'network lan = from "lab.{ending}"\n', encoding="utf-8")
    (link,) = qdsl.load(path).checked.networks["lan"].links
    assert link.physics.distillation == Distillation("dejmps", 2) and link.levels == 2


def test_distillation_in_graphs_and_what_is_refused_there() -> None:
    text = 'OPENQASM 3; include "stdgates.inc"; qubit[2] q; cx q[0], q[1];'
    plain, distilled = (qdsl.distribute(text, graph(**edge)) for edge in ({}, EDGE))
    assert distilled.cost.ebits == plain.cost.ebits == 1
    assert distilled.cost.makespan_ns > 4 * plain.cost.makespan_ns
    assert distilled.cost.fidelity > plain.cost.fidelity
    with pytest.raises(InvalidProgram, match="needs 5 to distil"):
        qdsl.distribute(text, graph(distillation="dejmps", distillation_levels=4))


# ---- what a program has of it ----------------------------------------------------------------


def test_a_single_pair_is_as_good_as_it_was_distilled() -> None:
    """Without other errors the process has the fidelity of the pair, estimated and simulated."""
    text = "network lan = line(2) { qubits 1, comm 3, fidelity 0.9, min_fidelity 0.97 }\n"
    compiled = qdsl.loads(text + MODEL % ("node0", "node1")).compile()
    ir = compiled.scheduled
    (link,) = ir.network.links
    assert link.levels == 2 and link.pair_fidelity > 0.97
    assert error_budget(ir).fidelity == pytest.approx(link.pair_fidelity, abs=1e-12)
    assert compiled.cost.fidelity == pytest.approx(link.pair_fidelity, abs=1e-12)
    assert process_fidelity(ir, slots_of(ir, {})).value == pytest.approx(link.pair_fidelity)


def test_the_example_reaches_what_it_asks_for_and_its_estimate_holds() -> None:
    ir = qdsl.load(EXAMPLE).compile().scheduled
    (link,) = ir.network.links
    assert link.fidelity < 0.97 <= link.pair_fidelity
    budget = error_budget(ir)
    found = process_fidelity(ir, slots_of(ir, {}), seed=1)
    spread = 4 * (found.error or 0.0) + 1e-3
    assert budget.fidelity - spread < found.value < budget.fidelity + budget.uncertainty + spread


def test_levels_and_a_least_fidelity_can_be_swept() -> None:
    program = qdsl.load(EXAMPLE)
    found = qdsl.sweep(program, {"link.distillation_levels": "0..2"})
    low, time = found.columns["fidelity"], found.columns["makespan"]
    assert list(low) == sorted(low) and list(time) == sorted(time)
    asked = qdsl.sweep(program, {"link.min_fidelity": [0.9, 0.97, 0.9999]})
    levels = asked.points
    assert levels[0].fidelity == pytest.approx(low[0]) and levels[1].fidelity == pytest.approx(
        low[2]
    )
    assert levels[2].note is not None and levels[2].note.startswith("QDM607")


def test_gates_that_are_swept_change_what_is_distilled() -> None:
    found = qdsl.sweep(qdsl.load(EXAMPLE), {"node.gate_fidelity": [0.9, 0.9985, 0.9995]})
    bad, worse, good = found.points
    assert good.budget is not None and worse.budget is not None
    assert good.budget.link < worse.budget.link
    assert bad.note is not None and bad.note.startswith("QDM607")
