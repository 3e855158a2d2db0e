"""Networks of other compilers: devices of TeleSABRE and dSABRE, and DISQCO's objects by NetworkX.

The devices are written by hand in the form that dSABRE's drivers write (`export_device_json`).
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import networkx
import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.interchange.programs import network_of

DEVICE: dict[str, Any] = {
    "device": {
        "name": "two rows of two",
        "num_cores": 3,
        "num_qubits": 12,
        "intra_core_edges": [[0, 1], [2, 3], [0, 2], [1, 3]],
        "inter_core_edges": [[1, 4], [7, 8], [10, 5], [3, 6]],
        "node_positions": [[0.0, 0.0]] * 12,
    }
}


def read(folder: Path, data: Any) -> Any:
    file = folder / "device.json"
    file.write_text(json.dumps(data))
    return network_of(file)


def test_cores_are_nodes_and_ports_communication_qubits(tmp_path: Path) -> None:
    network = read(tmp_path, DEVICE)
    assert [(n.qubits, n.comm) for n in network.nodes] == [(2, 2), (0, 4), (3 - 1, 2)]
    found = {(link.a, link.b): link.physics.channels for link in network.links}
    assert found == {(0, 1): 2, (1, 2): 2}


def test_a_circuit_is_distributed_over_it(tmp_path: Path) -> None:
    network = read(tmp_path, DEVICE)
    model = "model m() { qubits q[4]; h q[0]; cx q[0], q[3]; cx q[1], q[2]; return sample(q) }"
    compiled = qdsl.loads(model).compile(network=network)
    assert compiled.verification.verified


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("num_qubits", 13, "not shared out evenly"),
        ("num_cores", 0, "is no number from 1"),
        ("num_cores", "3", "is no number from 1"),
        ("inter_core_edges", [[0, 1]], "in one core"),
        ("inter_core_edges", [[0, 12]], "two qubits that are there"),
        ("inter_core_edges", [[0, 4, 8]], "two qubits that are there"),
        ("inter_core_edges", [[-1, 4]], "two qubits that are there"),
        ("inter_core_edges", [[0, True]], "two qubits that are there"),
        ("cores", [], "`cores` is unknown"),
        ("num_qubits", None, "`num_qubits` is missing"),
    ],
)
def test_devices_with_mistakes(tmp_path: Path, key: str, value: Any, problem: str) -> None:
    data = copy.deepcopy(DEVICE)
    data["device"][key] = value
    if value is None:
        del data["device"][key]
    with pytest.raises(InvalidProgram, match=problem):
        read(tmp_path, data)


def test_a_device_is_all_of_its_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidProgram, match="all of the file"):
        read(tmp_path, DEVICE | {"nodes": []})


def test_disqco_networks_by_networkx() -> None:
    """As docs/reference/files.md says: DISQCO's networks are Python objects."""
    sizes, comm, connectivity = {0: 2, 1: 3}, {0: 1, 1: 2}, [(0, 1)]
    graph = networkx.Graph(connectivity)
    networkx.set_node_attributes(graph, sizes, "qubits")
    networkx.set_node_attributes(graph, comm, "comm")
    network = network_of(graph)
    assert [(n.qubits, n.comm) for n in network.nodes] == [(2, 1), (3, 2)]
    assert len(network.links) == 1
