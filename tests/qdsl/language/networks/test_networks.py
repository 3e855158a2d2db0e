"""Networks as programs declare them, and from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx
import pytest

from qdsl.language.check import check_text
from qdsl.language.networks.network_properties import LINK, NODE, is_possible
from qdsl.language.networks.presets import Preset, link_presets, presets
from qdsl.language.syntax.units import UNITS
from qdsl.network.network import Network


def network(text: str, folder: Path | None = None) -> Network:
    checked, problems = check_text(text, folders=(folder,) if folder else ())
    assert checked is not None, [p.message for p in problems]
    return next(iter(checked.networks.values()))


def codes(text: str, folder: Path | None = None) -> list[str]:
    _, problems = check_text(text, folders=(folder,) if folder else ())
    return [p.code for p in problems]


def test_listed() -> None:
    found = network("""network lan {
      node alice { qubits 12, comm 3 }
      node bob { qubits 4, gate_fidelity 99.9 %, gate_time 1 us, readout_time 0.3 ms }
      link bob -- alice { fidelity 0.97, rate 0.2 kHz, latency 50 us }
    }""")
    alice, bob = found.nodes
    assert (alice.qubits, alice.comm, alice.gate_fidelity) == (12, 3, 1.0)
    assert bob.gate_time_ns == (1_000, 1_000, 300_000)
    assert bob.comm == 2
    assert abs(bob.gate_fidelity - 0.999) < 1e-12
    (link,) = found.links
    assert (link.a, link.b, link.rate_hz, link.latency_ns) == (0, 1, 200.0, 50_000)
    assert link.pair_time_ns == 5_000_000


@pytest.mark.parametrize(
    ("shape", "nodes", "links"),
    [
        ("ring(5)", 5, 5),
        ("ring(2)", 2, 1),
        ("line(4)", 4, 3),
        ("star(4)", 4, 3),
        ("complete(5)", 5, 10),
        ("grid(2, 3)", 6, 7),
        ("line(2**3)", 8, 7),
    ],
)
def test_generated(shape: str, nodes: int, links: int) -> None:
    found = network(f"network net = {shape} {{ qubits 8, comm 1, rate 5 Hz, fidelity 0.9 }}")
    assert (len(found.nodes), len(found.links)) == (nodes, links)
    assert {n.qubits for n in found.nodes} == {8}
    assert {link.rate_hz for link in found.links} == {5.0}
    assert found.name == "net"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("network n = ring(0) { qubits 2 }", "QDM407"),
        ("network n = ring(2, 2) { qubits 2 }", "QDM407"),
        ("network n = grid(3) { qubits 2 }", "QDM407"),
        ("network n = rings(3) { qubits 2 }", "QDM407"),
        ("network n = ring(10**30) { qubits 2 }", "QDM409"),
        ("network n = complete(5000) { qubits 2 }", "QDM409"),
        ("network n { node a { qubits 1e9 } }", "QDM409"),
        ("network n = line(2) { qubits 2, comm 1000000000 }", "QDM409"),
        ("network n = ring(2.5) { qubits 2 }", "QDM104"),
        ("network n = ring(4)", "QDM403"),
        ("network n { node a { qubits -1 } }", "QDM403"),
        ("network n { node a { qubits 1.5 } }", "QDM403"),
        ("network n { node a { qubits 10**400 } }", "QDM403"),
        ("network n { node a { qubits two } }", "QDM101"),
        ("network n { node a { qubits 2, gate_fidelity 0 } }", "QDM403"),
        ("network n { node a { qubits 2, qubits 3 } }", "QDM402"),
        ("network n { node a { qubits 2 }; node a { qubits 3 } }", "QDM102"),
        ("network n { node a { qubits 2 }; link a -- a { } }", "QDM405"),
        ("network n = line(2) { qubits 2, rate 0 Hz }", "QDM403"),
        ("network n = line(2) { qubits 2, preset nv }", "QDM408"),
        ("network n = line(2) { qubits 2, preset 3 }", "QDM104"),
    ],
)
def test_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


# ---- presets ---------------------------------------------------------------------------


@pytest.mark.parametrize("preset", presets().values(), ids=lambda p: str(p.name))
def test_presets_are_sensible(preset: Preset) -> None:
    assert preset.name.isidentifier()
    assert preset.kind in ("demonstrated", "projected", "ideal")
    assert preset.source and (preset.link or preset.node)
    assert preset.kind == "ideal" or int(preset.date[:4]) >= 2015
    assert all(doi.startswith("10.") for doi in preset.doi)
    assert preset.link.keys() <= LINK.keys() and preset.node.keys() <= NODE.keys()
    for name, value in (*preset.link.items(), *preset.node.items()):
        assert is_possible({**NODE, **LINK}[name], value), name


@pytest.mark.parametrize(
    ("name", "pair_time_ns"),
    [
        ("ideal", 0),
        ("ion_2020_demonstrated", 5_506_790),
        ("ion_2025_demonstrated", 100_000_000),
        ("ion_fast_demonstrated", 4_000_000),
        ("ion_timebin_demonstrated", 2_857_142_857),
        ("nv_demonstrated", 25_641_026),
        ("sc_cable_demonstrated", 100),
        ("sc_heralded", 0),
        ("atom_projected", 10_000),
    ],
)
def test_the_time_for_a_pair(name: str, pair_time_ns: int) -> None:
    found = network(f"network n = line(2) {{ qubits 2, preset {name} }}")
    (link,) = found.links
    assert link.pair_time_ns == pair_time_ns
    assert link.preset == name
    assert link.source is not None and presets()[name].source in link.source


def test_every_preset_of_links_has_its_time_tested() -> None:
    marks = test_the_time_for_a_pair.pytestmark  # type: ignore[attr-defined]
    assert {name for name, _ in marks[0].args[1]} == set(link_presets())


def test_properties_replace_a_preset() -> None:
    text = "network n { node a { qubits 1 }; node b { qubits 1 }\n"
    text += "link a -- b = ion_2025_demonstrated { rate 20 Hz } }"
    (link,) = network(text).links
    assert (link.rate_hz, link.fidelity) == (20.0, 0.97)


# ---- files -----------------------------------------------------------------------------


def sample() -> Any:
    graph = networkx.Graph()
    graph.add_node("alice", qubits=4, comm=1, gate_time=1e-6)
    graph.add_node("bob", qubits=5)
    graph.add_node(7, qubits=6)
    graph.add_edge("alice", "bob", rate=200.0, fidelity=0.97, latency=5e-5)
    graph.add_edge("bob", 7)
    return graph


def check_sample(found: Network) -> None:
    assert [(n.name, n.qubits, n.comm) for n in found.nodes] == [
        ("alice", 4, 1),
        ("bob", 5, 2),
        ("node7", 6, 2),
    ]
    assert found.nodes[0].gate_time_ns == (1000, 1000, 1000)
    first, second = found.links
    assert (first.rate_hz, first.fidelity, first.latency_ns) == (200.0, 0.97, 50_000)
    assert (second.a, second.b, second.rate_hz) == (1, 2, None)


@pytest.mark.parametrize("edges", ["edges", "links"])
def test_node_link_json(tmp_path: Path, edges: str) -> None:
    data = networkx.node_link_data(sample(), edges=edges)
    (tmp_path / "lab.json").write_text(json.dumps(data))
    check_sample(network('network lab = from "lab.json"', tmp_path))


def test_graphml(tmp_path: Path) -> None:
    networkx.write_graphml(sample(), tmp_path / "lab.graphml")
    check_sample(network('network lab = from "lab.graphml"', tmp_path))


def test_servers_json(tmp_path: Path) -> None:
    data = {
        "name": "het",
        "servers": [{"id": i, "data_qubits": 3 + i, "comm_qubits": 4} for i in range(3)],
        "links": [[0, 1], [1, 2]],
    }
    (tmp_path / "lab.json").write_text(json.dumps(data))
    found = network('network lab = from "lab.json"', tmp_path)
    assert [(n.name, n.qubits, n.comm) for n in found.nodes] == [
        ("node0", 3, 4),
        ("node1", 4, 4),
        ("node2", 5, 4),
    ]
    assert len(found.links) == 2


BAD_FILES = {
    "empty.json": "",
    "list.json": "[]",
    "number.json": "1",
    "deep.json": "[" * 100_000,
    "half.json": '{"nodes": [{"id": 0',
    "no_qubits.json": '{"nodes": [{"id": 0}], "edges": []}',
    "text_qubits.json": '{"nodes": [{"id": 0, "qubits": "many"}], "edges": []}',
    "bool_qubits.json": '{"nodes": [{"id": 0, "qubits": true}], "edges": []}',
    "nan.json": '{"nodes": [{"id": 0, "qubits": NaN}], "edges": []}',
    "huge.json": '{"nodes": [{"id": 0, "qubits": 1e999}], "edges": []}',
    "digits.json": '{"nodes": [{"id": 0, "qubits": ' + "9" * 10_000 + '}], "edges": []}',
    "loop.json": '{"nodes": [{"id": 0, "qubits": 1}], "edges": [{"source": 0, "target": 0}]}',
    "edge.json": '{"nodes": [{"id": 0, "qubits": 1}], "edges": [{"source": 0, "target": 9}]}',
    "twice.json": '{"nodes": [{"id": 0, "qubits": 1}, {"id": "node0", "qubits": 1}], "edges": []}',
    "directed.json": '{"directed": true, "nodes": [{"id": 0, "qubits": 1}], "edges": []}',
    "list_id.json": '{"nodes": [{"id": [0], "qubits": 1}], "edges": [{"source": {}}]}',
    "servers.json": '{"servers": {"a": 1}, "links": 3}',
    "broken.graphml": "<graphml><graph>",
    "other.graphml": "<html></html>",
    "laughs.graphml": '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>'
    "<graphml>&b;</graphml>",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(BAD_FILES[name])
    assert codes(f'network lab = from "{name}"', tmp_path) == ["QDM410"]


def test_binary_files(tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_bytes(b"\xff\xfe\x00\x01")
    assert codes('network lab = from "lab.json"', tmp_path) == ["QDM702"]


def test_units_have_a_base() -> None:
    assert {u.dimension for u in UNITS.values() if u.scale == 1.0} >= {"rate", "time", "length"}


def with_link(tmp_path: Path, **link: Any) -> str:
    nodes = [{"id": "A", "qubits": 1}, {"id": "B", "qubits": 1}]
    data = {"nodes": nodes, "edges": [{"source": "A", "target": "B", **link}]}
    (tmp_path / "lab.json").write_text(json.dumps(data))
    return 'network lab = from "lab.json"'


def test_figures_with_units(tmp_path: Path) -> None:
    text = with_link(tmp_path, rate="0.2 kHz", fidelity="97 %", latency="50 \u00b5s", color="red")
    (link,) = network(text, tmp_path).links
    assert (link.rate_hz, link.fidelity, link.latency_ns) == (200.0, 0.97, 50_000)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("fidelty", 0.5, "did you mean `fidelity`?"),
        ("rate_hz", 10, "did you mean `rate`?"),
        ("distance", 10, "there are fidelity, rate, latency"),
        ("rate", "200", 'write a rate in Hz, kHz or MHz, like "200 Hz"'),
        ("rate", "200 us", 'write a rate in Hz, kHz or MHz, like "200 Hz"'),
        ("fidelity", 1.5, "a number above 0 and up to 1"),
    ],
)
def test_unknown_keys_and_units(tmp_path: Path, key: str, value: Any, says: str) -> None:
    text = with_link(tmp_path, **{key: value})
    _, problems = check_text(text, folders=(tmp_path,))
    assert any(says in p.message for p in problems)


@pytest.mark.parametrize("figures", [{"qubits": 10**9}, {"qubits": 2, "comm": 10**9}])
def test_a_file_with_more_qubits_than_fit_is_refused(
    figures: dict[str, int], tmp_path: Path
) -> None:
    data = {"nodes": [{"id": "a", **figures}], "edges": []}
    (tmp_path / "lab.json").write_text(json.dumps(data))
    assert codes('network lab = from "lab.json"', tmp_path) == ["QDM409"]


def test_names_in_other_scripts_are_told_apart(tmp_path: Path) -> None:
    ids = ["北京", "上海", "Zürich"]
    data: Any = {"nodes": [{"id": i, "qubits": 2} for i in ids],
            "edges": [{"source": ids[0], "target": i} for i in ids[1:]]}  # fmt: skip
    (tmp_path / "lab.json").write_text(json.dumps(data))
    found = network('network lab = from "lab.json"', tmp_path)
    assert [n.name for n in found.nodes] == ["u5317u4eac", "u4e0au6d77", "Z_rich"]
    data["nodes"][2]["id"] = "北京"
    (tmp_path / "lab.json").write_text(json.dumps(data))
    assert codes('network lab = from "lab.json"', tmp_path) == ["QDM410"]
