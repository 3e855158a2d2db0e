"""What stands in a network file is used or refused, whatever the format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx
import pytest

from qdsl.language.check import check_text
from qdsl.network.network import Network

A_B = [{"id": "a", "qubits": 2}, {"id": "b", "qubits": 2}]
SERVERS = [{"id": "a", "data_qubits": 2}, {"id": "b", "data_qubits": 2}]
LINK = [{"source": "a", "target": "b"}]


def read(tmp_path: Path, data: Any) -> Network | str:
    """The network, or why there is none."""
    text = data if isinstance(data, str) else json.dumps(data)
    (tmp_path / "lab.json").write_text(text, encoding="utf-8")
    checked, problems = check_text('network lab = from "lab.json"', folders=(tmp_path,))
    if problems:
        (problem,) = problems
        assert problem.code == "QDM410", problem
        return problem.message
    assert checked is not None
    return checked.networks["lab"]


def accepted(tmp_path: Path, data: Any) -> Network:
    found = read(tmp_path, data)
    assert isinstance(found, Network), found
    return found


def refused(tmp_path: Path, data: Any) -> str:
    found = read(tmp_path, data)
    assert isinstance(found, str), found
    return found


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"fidelity": 0.8}, "`fidelity` stands beside its nodes and links: give it to every link"),
        ({"rate": 100}, "`rate` stands beside its nodes and links: give it to every link"),
        ({"t1": 100}, "`t1` stands beside its nodes and links: give it to every node"),
        ({"serves": []}, "its `serves` is unknown; did you mean `servers`?"),
        ({"nodes": A_B}, "it has `servers` and `nodes`"),
        ({"edges": LINK}, "it has `servers` and `edges`"),
        ({"directed": True}, "links are undirected"),
        ({"multigraph": True}, "links are undirected"),
        ({"graph": {"fidelity": 0.8}}, "`fidelity` is an attribute of the whole graph"),
        ({"links": ["ab"]}, 'every link beside `servers` is a list of two ids, like ["a", "b"]'),
        ({"links": [{"a": "x", "b": 10}]}, "every link beside `servers` is a list of two ids"),
        ({"links": [{"source": "a", "target": "b", "rate": 5}]}, "have no figures"),
        ({"links": [["a", "b", "c"]]}, "every link beside `servers` is a list of two ids"),
        ({"links": None}, "its `links` is missing"),
        ({"servers": {"a": 2}}, "its `servers` is missing, or no list"),
        ({"servers": [{"data_qubits": 2}]}, "every server is an object with an `id`"),
    ],
)
def test_nothing_of_servers_is_dropped(tmp_path: Path, extra: Any, says: str) -> None:
    data: Any = {"name": "lab", "servers": SERVERS, "links": [["a", "b"]]}
    assert len(accepted(tmp_path, data).links) == 1
    assert says in refused(tmp_path, {**data, **extra})


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("one", "other"), [("data_qubits", "qubits"), ("comm_qubits", "comm")])
def test_a_server_says_each_property_once(tmp_path: Path, one: str, other: str, order: int) -> None:
    server = {"id": "a", **dict([(one, 2), (other, 3)][::order])}
    says = refused(tmp_path, {"servers": [{"data_qubits": 1, **server}], "links": []})
    assert f"server 'a' has `{one}` and `{other}`, which are the same" in says


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"fidelity": 0.8}, "`fidelity` stands beside its nodes and links: give it to every link"),
        ({"links": [["a", "b"]]}, "every link is an object with `source` and `target`"),
        ({"nodes": ["a"]}, "every node is an object with an `id`"),
        ({"links": [], "edges": []}, "it has `edges` and `links`, which are the same"),
        ({"graph": [1]}, "its `graph` is no object with attributes"),
        (
            {"graph": {"rate": 5}},
            "`rate` is an attribute of the whole graph: give it to every link",
        ),
        (
            {"graph": {"comm": 5}},
            "`comm` is an attribute of the whole graph: give it to every node",
        ),
        ({"graph": {"fidelty": 1}}, "if `fidelity` is meant, give it to every link"),
        ({"graph": {"loss": 1}}, "an unknown attribute `loss`; remove it"),
        ({"graph": {"edge_default": 1}}, "`node_default` and `edge_default` are objects"),
        ({"graph": {"edge_default": {"loss": 1}}}, "the link a -- b has an unknown `loss`"),
    ],
)
def test_nothing_of_node_link_is_dropped(tmp_path: Path, extra: Any, says: str) -> None:
    data: Any = {"name": "lab", "nodes": A_B, "links": LINK, "graph": {"name": "lab", "doi": 1}}
    assert len(accepted(tmp_path, data).links) == 1
    assert says in refused(tmp_path, {**data, **extra})


def test_defaults_of_networkx_graphs(tmp_path: Path) -> None:
    defaults = {"edge_default": {"fidelity": 0.9}, "node_default": {"comm": 5}}
    nodes = [{**A_B[0], "comm": 1}, A_B[1]]
    found = accepted(tmp_path, {"nodes": nodes, "links": LINK, "graph": defaults})
    assert [node.comm for node in found.nodes] == [1, 5]
    assert found.links[0].fidelity == 0.9


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"fidelity": "0.9"}, ""),
        ({"fidelity": " 90 % "}, ""),
        ({"fidelity": "0,9"}, '"0,9": write a number above 0 and up to 1, like "0.97"'),
        ({"fidelity": "1.5"}, "is not possible"),
        ({"fidelity": "nan"}, "is not possible"),
        ({"fidelity": "9_0"}, 'like "0.97"'),
        ({"rate": "200"}, 'write a rate in Hz, kHz or MHz, like "200 Hz"'),
    ],
)
def test_numbers_as_text(tmp_path: Path, figures: Any, says: str) -> None:
    nodes = [{"id": "a", "qubits": "2"}, {"id": "b", "qubits": "3", "comm": "1"}]
    data = {"nodes": nodes, "links": [{**LINK[0], **figures}]}
    if says:
        assert says in refused(tmp_path, data)
    else:
        found = accepted(tmp_path, data)
        assert [(node.qubits, node.comm) for node in found.nodes] == [(2, 2), (3, 1)]
        assert found.links[0].fidelity == 0.9


# ---- GraphML ---------------------------------------------------------------------------

QUBITS = '<key id="q" for="node" attr.name="qubits" attr.type="int"/>'
NODES = '<node id="a"><data key="q">2</data></node><node id="b"><data key="q">2</data></node>'
EDGE = '<edge source="a" target="b"/>'
HEADS = ['<graphml xmlns="http://graphml.graphdrawing.org/xmlns">', "<graphml>"]


def graphml(keys: str, parts: str = NODES + EDGE, head: str = HEADS[0]) -> str:
    return f'{head}{QUBITS}{keys}<graph edgedefault="undirected">{parts}</graph></graphml>'


def key(name: str, of: str, default: str = "", sort: str = "double", ident: str = "f") -> str:
    inner = f"<default>{default}</default>" if default else ""
    return f'<key id="{ident}" {of} attr.name="{name}" attr.type="{sort}">{inner}</key>'


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("sort", ["double", "string"])
@pytest.mark.parametrize("of", ['for="edge"', 'for="all"', ""])
def test_defaults_of_keys(tmp_path: Path, of: str, sort: str, head: str) -> None:
    declared = key("fidelity", of, "0.9", sort)
    (link,) = accepted(tmp_path, graphml(declared, head=head)).links
    assert link.fidelity == 0.9
    own = '<edge source="a" target="b"><data key="f">0.8</data></edge>'
    (link,) = accepted(tmp_path, graphml(declared, NODES + own, head)).links
    assert link.fidelity == 0.8


def test_a_default_for_all_of_a_property_of_nodes(tmp_path: Path) -> None:
    found = accepted(tmp_path, graphml(key("comm", 'for="all"', "7", "int")))
    assert [node.comm for node in found.nodes] == [7, 7]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    ("keys", "parts", "says"),
    [
        (key("fidelity", 'for="graph"', "0.9"), NODES, "an attribute of the whole graph"),
        (
            key("fidelity", 'for="graph"'),
            NODES + '<data key="f">0.9</data>',
            "an attribute of the whole graph",
        ),
        (key("fidelity", 'for="port"', "0.9"), NODES, 'is for "port", which is not read'),
        (key("fidelity", 'for="links"', "0.9"), NODES, 'is for "links", which is not read'),
        (key("fidelty", 'for="all"', "0.9"), NODES, "did you mean `fidelity`?"),
        (key("fidelty", 'for="edge"', "0.9"), NODES + EDGE, "did you mean `fidelity`?"),
        (
            key("fidelity", 'for="edge"', "0.9") + key("fidelity", "", "0.8", ident="g"),
            NODES + EDGE,
            "two keys give `fidelity` a default",
        ),
        (
            key("fidelity", 'for="edge"') + key("fidelity", "", ident="g"),
            NODES + EDGE.replace("/>", '><data key="f">1</data><data key="g">.5</data></edge>'),
            "two values of one key",
        ),
        (key("fidelity", "", ident="q"), NODES, "two keys have the same id, 'q'"),
        ("", NODES + NODES, "the node 'a' is there twice"),
        (
            key("qubits", "", "2", "int", "g"),
            NODES + '<edge source="a" target="c"/>',
            "a link names a node that does not exist",
        ),
        (
            key("fidelity", ""),
            f'{NODES}<node id="c"><port name="p"><data key="f">1</data></port></node>',
            "it gives attributes to a `port`",
        ),
    ],
)
def test_nothing_of_graphml_is_dropped(
    tmp_path: Path, keys: str, parts: str, says: str, head: str
) -> None:
    assert says in refused(tmp_path, graphml(keys, parts, head))


def test_whole_and_broken_figures_of_one_name(tmp_path: Path) -> None:
    """NetworkX writes a key for each type."""
    graph = networkx.Graph(name="lab")
    graph.add_nodes_from("abc", qubits=2)
    graph.add_edge("a", "b", fidelity=1)
    graph.add_edge("b", "c", fidelity=0.5)
    found = accepted(tmp_path, "\n".join(networkx.generate_graphml(graph)))
    assert [link.fidelity for link in found.links] == [1, 0.5]
