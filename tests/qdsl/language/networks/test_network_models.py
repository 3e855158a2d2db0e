"""How links make pairs, and what is known of nodes, in programs and in files."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import pytest

from qdsl import distribute, load, loads
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.language.check import check_text
from qdsl.language.networks.presets import presets
from qdsl.network.models import LinkModel, NodeModel
from qdsl.network.network import Network
from qdsl.report.data import Report
from qdsl.report.text import render_report

LAN = """
network lan {
  node alice { qubits 2, hardware ionq_forte_2026, one_qubit_fidelity 99.99 % }
  node bob { qubits 2, t1 1 s, t2 0.5 s, comm_t2 10 ms, readout_fidelity 0.99, reset_time 3 us }
  link bob -- alice {
    attempt_rate 1 MHz, success_probability 0.001, heralding_latency 20 us, channels 2
    pair_state [0.94, 0.03, 0.02, 0.01], buffer 3, cutoff 5 ms, latency 10 us, latency_back 30 us
  }
}
"""


def network(text: str, name: str = "lan") -> Network:
    program, problems = check_text(text)
    assert program is not None and not list(problems)
    return program.networks[name]


def codes(text: str) -> list[str]:
    return [p.code for p in check_text(text)[1]]


def test_all_figures_of_a_link() -> None:
    (link,) = network(LAN).links
    assert link.model == LinkModel(
        1e6, 0.001, 20_000, 2, (0.94, 0.03, 0.02, 0.01), 3, 5_000_000, 10_000
    )
    assert (link.fidelity, link.rate_hz, link.pair_rate_hz) == (0.94, None, 1000.0)
    assert link.pair_time_ns == 1_020_000


def test_messages_each_way() -> None:
    """`latency` is that from the node on the left."""
    found = network(LAN)
    assert (found.message_time_ns(1, 0), found.message_time_ns(0, 1)) == (10_000, 30_000)


def test_all_figures_of_a_node() -> None:
    alice, bob = network(LAN).nodes
    assert alice.gate_time_ns == (63_000, 650_000, 250_000)
    assert alice.physics.one_qubit_fidelity == pytest.approx(0.9999)
    assert alice.physics.t2_ns == alice.physics.comm_t2_ns == 950_000_000
    said = presets()["ionq_forte_2026"].origin
    assert alice.physics.source == f"{said}; not from the preset here: one_qubit_fidelity"
    assert bob.model == NodeModel(
        readout_fidelity=0.99, reset_time_ns=3_000, t1_ns=10**9, t2_ns=5 * 10**8,
        comm_t1_ns=10**9, comm_t2_ns=10**7,
    )  # fmt: skip
    assert (alice.reset_time_ns, bob.reset_time_ns) == (250_000, 3_000)


def test_what_is_written_replaces_a_preset() -> None:
    def link(properties: str) -> tuple[object, ...]:
        text = f"network lan = line(2) {{ qubits 2, preset ion_2020_demonstrated{properties} }}"
        (found,) = network(text).links
        return found.physics.attempt_hz, found.physics.success, found.pair_rate_hz or 0.0

    assert link("") == (833_000.0, 0.000218, pytest.approx(181.594))
    assert link(", attempt_rate 1 MHz") == (1e6, 0.000218, 218.0)
    assert link(", success_probability 0.001") == (833_000.0, 0.001, 833.0)
    assert link(", rate 10 Hz") == (None, 1.0, 10.0)


def test_an_old_network_has_no_models_and_says_nothing_of_them() -> None:
    text = "network n = line(2) { qubits 1, comm 1, rate 200 Hz, fidelity 0.97, gate_time 1 us }\n"
    text += "model m() on n { qubits a, b; cx a, b; return sample(a, b) }"
    report = loads(text).compile().report()
    assert all(node.model is None for node in report.network.nodes)
    assert all(link.model is None for link in report.network.links)
    document = report.to_json()["network"]
    assert all("model" not in member for member in (*document["nodes"], *document["links"]))


MODEL = """
model m() on lan { qubits a, b; at alice { h a }; cx a, b; at bob { h b }; return sample(a, b) }
"""


def test_reports_say_what_is_known_and_where_from() -> None:
    compiled = loads(LAN + MODEL).compile()
    text = " ".join(render_report(compiled.report()).split())
    assert "1,000,000 attempts a second, 0.001 of them succeed" in text
    assert "gate_fidelity uncertain" in text
    again = Report.from_json(json.loads(json.dumps(compiled.report().to_json())))
    assert again.network == compiled.report().network


@pytest.mark.parametrize(
    ("own", "replaced", "uncertain"),
    [
        ("rate 5 Hz", "attempt_rate, success_probability", "fidelity"),
        ("success_probability 0.5", "success_probability", "attempt_rate fidelity"),
        ("fidelity 0.99", "fidelity", "attempt_rate success_probability"),
        ("pair_state [0.9, 0.1, 0, 0]", "fidelity", "attempt_rate success_probability"),
    ],
)
def test_a_figure_that_is_replaced_is_no_longer_the_presets(
    own: str, replaced: str, uncertain: str
) -> None:
    text = f"network n = line(2) {{ qubits 1, preset ion_2020_demonstrated, {own} }}\n"
    source = network(text, "n").links[0].source
    assert source is not None and f"not from the preset here: {replaced}" in source
    doubtful = [part.split()[0] for part in source.split("; ") if " uncertain: " in part]
    assert doubtful == uncertain.split()


def test_the_doi_of_a_link_preset_is_in_every_report() -> None:
    text = "network n = line(2) { qubits 1, preset ion_2025_demonstrated }\n"
    text += "model m() on n { qubits a, b; cx a, b; return sample(a, b) }"
    said = " ".join(render_report(loads(text).compile().report()).split())
    assert "doi:10.1038/s41586-024-08404-x" in said and "rate uncertain" in said


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ("rate 1 Hz, attempt_rate 1 Hz", "QDM411"),
        ("fidelity 0.9, pair_state [0.9, 0.1, 0, 0]", "QDM411"),
        ("t1 1 s, t2 3 s", "QDM412"),
        ("t2 3 s, comm_t1 1 s", "QDM412"),
        ("success_probability 0.5", "QDM403"),
        ("pair_state [0.9, 0.1, 0.1, 0]", "QDM403"),
        ("pair_state [0.9, 0.1]", "QDM403"),
        ("pair_state 0.9", "QDM104"),
        ("channels 0", "QDM403"),
        ("cutoff 0 s", "QDM403"),
        ("latency -1 ms", "QDM403"),
        ("latency -1", "QDM403"),
        ("rate 1 Hz, cutoff 1 us, heralding_latency 1 us", "QDM403"),
        ("hardware ion_2025_demonstrated", "QDM408"),
        ("preset ionq_forte_2026", "QDM408"),
        ("t1 5 Hz", "QDM211"),
        ("t1 5", "QDM211"),
        ("gates_at_once 0", "QDM403"),
        ("gates_at_once 1.5", "QDM403"),
        ("gates_at_once 2 us", "QDM211"),
        ("two_qubit_gates_at_once -1", "QDM403"),
    ],
)
def test_impossible_figures(properties: str, code: str) -> None:
    assert codes(f"network lan = line(2) {{ qubits 2, {properties} }}") == [code]


# ---- files -------------------------------------------------------------------------------


def lab(as_text: bool) -> networkx.Graph[str]:
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_node("alice", qubits=2, t1=1.0, t2="0.5 s", hardware="ionq_forte_2026")
    graph.add_node("bob", qubits=2, comm_t2=0.01, readout_fidelity="99 %", gates_at_once=1)
    graph.nodes["bob"]["two_qubit_gates_at_once"] = "2" if as_text else 2
    state = "0.94, 0.03, 0.02, 0.01" if as_text else [0.94, 0.03, 0.02, 0.01]
    graph.add_edge(
        "bob", "alice", attempt_rate="1 MHz", success_probability=0.001, heralding_latency=2e-5,
        channels=2, pair_state=state, buffer=3, cutoff="5 ms", latency=3e-5, latency_back=1e-5,
    )  # fmt: skip
    return graph


def check_lab(found: Network) -> None:
    (link,) = found.links
    assert link.model == LinkModel(
        1e6, 0.001, 20_000, 2, (0.94, 0.03, 0.02, 0.01), 3, 5_000_000, 10_000
    )
    assert link.latency_ns == 30_000
    alice, bob = found.nodes
    assert (alice.physics.t1_ns, alice.physics.t2_ns) == (10**9, 5 * 10**8)
    assert alice.physics.hardware == "ionq_forte_2026"
    assert bob.physics.readout_fidelity == pytest.approx(0.99)
    assert (bob.physics.gates_at_once, bob.physics.two_qubit_gates_at_once) == (1, 2)
    assert (alice.physics.gates_at_once, alice.physics.two_qubit_gates_at_once) == (None, None)


@pytest.mark.parametrize("ending", ["json", "graphml"])
def test_models_from_files(ending: str, tmp_path: Path) -> None:
    if ending == "json":
        text = json.dumps(networkx.node_link_data(lab(False), edges="edges"))
    else:
        text = "\n".join(networkx.generate_graphml(lab(True)))
    (tmp_path / f"lab.{ending}").write_text(text, encoding="utf-8")
    path = tmp_path / "m.qdm"
    path.write_text(f'network lan = from "lab.{ending}"\n{MODEL}', encoding="utf-8")
    check_lab(load(path).checked.networks["lan"])


@pytest.mark.parametrize("ending", ["json", "graphml"])
def test_latency_goes_from_source_to_target(ending: str, tmp_path: Path) -> None:
    """Also where the nodes stand in the other order."""
    json_text = """{"nodes": [{"id": "v", "qubits": 1}, {"id": "u", "qubits": 1}], "edges":
      [{"source": "u", "target": "v", "latency": "4 ms", "latency_back": "1 ms"}]}"""
    graphml = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
      <key id="q" for="node" attr.name="qubits" attr.type="int"/>
      <key id="l" for="edge" attr.name="latency" attr.type="string"/>
      <key id="b" for="edge" attr.name="latency_back" attr.type="string"/>
      <graph edgedefault="undirected">
      <node id="v"><data key="q">1</data></node><node id="u"><data key="q">1</data></node>
      <edge source="u" target="v"><data key="l">4 ms</data><data key="b">1 ms</data></edge>
      </graph></graphml>"""
    text = json_text if ending == "json" else graphml
    (tmp_path / f"lab.{ending}").write_text(text, encoding="utf-8")
    path = tmp_path / "m.qdm"
    path.write_text(f'network lan = from "lab.{ending}"\n', encoding="utf-8")
    lan = load(path).checked.networks["lan"]
    v, u = lan.index["v"], lan.index["u"]
    assert lan.message_time_ns(u, v) == 4_000_000
    assert lan.message_time_ns(v, u) == 1_000_000


def test_models_from_a_graph() -> None:
    check_lab(distribute("OPENQASM 3; qubit[2] q; ", lab(False)).scheduled.network)


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"pair_state": [0.5, 0.6, 0, 0]}, "`pair_state` of the link alice -- bob"),
        ({"attempt_rates": 1.0}, "did you mean `attempt_rate`?"),
        ({"rate": 1.0, "attempt_rate": 2.0}, "'rate' and 'attempt_rate' are given together"),
        ({"preset": "ion_2050"}, "no preset is called 'ion_2050'"),
    ],
)
def test_wrong_figures_in_files(figures: dict[str, object], said: str, tmp_path: Path) -> None:
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_nodes_from(["alice", "bob"], qubits=2)
    graph.add_edge("alice", "bob", **figures)
    text = json.dumps(networkx.node_link_data(graph, edges="edges"))
    (tmp_path / "lab.json").write_text(text, encoding="utf-8")
    path = tmp_path / "m.qdm"
    path.write_text('network lan = from "lab.json"\n', encoding="utf-8")
    with pytest.raises(InvalidProgram) as refused:
        load(path)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["1_0", "\u0661\u0660", "ten"])
def test_numbers_of_graphml_are_decimal(text: str, tmp_path: Path) -> None:
    """NetworkX reads what Python reads."""
    for plain in ("<default>1</default>", "<default>10</default>"):
        with pytest.raises(InvalidProgram, match=f"'{text}' is no number|not valid GraphML"):
            wrong = GRAPHML.format(more="").replace(plain, f"<default>{text}</default>")
            network_of(wrong, "graphml", tmp_path)


GRAPHML = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="q" for="node" attr.name="qubits" attr.type="int"><default>1</default></key>
  <key id="r" for="edge" attr.name="rate" attr.type="double"><default>10</default></key>
  <graph edgedefault="undirected"><node id="u"/><node id="v"/><edge source="u" target="v"/></graph>
  {more}</graphml>"""
TWO = '{"nodes": [{"id": "u", "qubits": 1}, {"id": "v", "qubits": 1}], %s}'
EDGES = '[{"source": "u", "target": "v", "rate": 10}]'


def network_of(text: str, ending: str, folder: Path) -> Network:
    (folder / f"lab.{ending}").write_text(text, encoding="utf-8")
    path = folder / "m.qdm"
    path.write_text(f'network lan = from "lab.{ending}"\n', encoding="utf-8")
    return load(path).checked.networks["lan"]


def test_defaults_of_graphml_hold(tmp_path: Path) -> None:
    lan = network_of(GRAPHML.format(more=""), "graphml", tmp_path)
    assert [node.qubits for node in lan.nodes] == [1, 1]
    assert lan.links[0].rate_hz == 10


@pytest.mark.parametrize(
    ("text", "ending", "said"),
    [
        (GRAPHML.format(more='<graph edgedefault="undirected"/>'), "graphml", "several graphs"),
        (TWO % f'"edges": {EDGES}, "links": {EDGES}', "json", "`edges` and `links`"),
        (TWO % f'"edges": {EDGES}, "edges": {EDGES}', "json", "`edges` stands twice"),
        (
            TWO % '"edges": [{"source": "u", "target": "v", "rate": 10, "rate": 20}]',
            "json",
            "`rate` stands twice",
        ),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(
    text: str, ending: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidProgram) as refused:
        network_of(text, ending, tmp_path)
    assert said in str(refused.value)
