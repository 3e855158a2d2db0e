"""Devices in programs, files and Python: what is taken, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import qdsl
from qdsl.diagnostics.request_error import MissingExtra, Refused, WrongArgument
from qdsl.hardware.errors import DeviceUnavailable
from qdsl.hardware.loading import given_device, named_device
from qdsl.network.devices import Coupling, DeviceQubit, NoDevice, device_of_json, fake_devices
from qdsl.report.data import Report
from qdsl.report.text import render_report
from tests.qdsl.hardware.programs import LOCAL, compiled

NODE = "network n { node a { qubits 2, %s } node b { qubits 1 } link a -- b }\n"
BODY = "model m() on n { qubits q[2]; at a { h q[0]; cx q[0], q[1] } return sample(q) }"


def problems(properties: str) -> str:
    with pytest.raises(qdsl.InvalidProgram) as found:
        qdsl.loads(NODE % properties + BODY)
    return str(found.value)


def test_a_file_says_edges_errors_and_times() -> None:
    made = device_of_json(
        json.dumps({
            "qubits": [{"t1": 1e-3}, {}, {"error": 0.01}],
            "edges": [[0, 1], {"edge": [1, 2], "error": 0.05}],
            "each_qubit": {"error": 0.002},
            "each_edge": {"error": 0.02, "time": 1e-7},
            "gate": "cz",
        }),
        "lab",
    )  # fmt: skip
    assert made.qubits[0] == DeviceQubit(0.002, t1_s=1e-3)
    assert made.qubits[2].error == 0.01
    assert made.couplings == (Coupling(0, 1, 0.02, 1e-7), Coupling(1, 2, 0.05, 1e-7))
    assert made.gate == "cz" and made.usable() == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[]", "`edges`"),
        ('{"edges": []}', "no list of pairs"),
        ('{"edges": [[0]]}', "edge 0 is no pair"),
        ('{"edges": [[0, 0]]}', "does not join two"),
        ('{"edges": [[0, 5]], "qubits": 3}', "does not join two of its 3 qubits"),
        ('{"edges": [[0, 1], [2, 3]]}', "not connected: no path from 0 to 2"),
        ('{"edges": [[0, 1]], "eges": 1}', "unknown `eges`"),
        ('{"edges": [[0, 1]], "edges": [[0, 1]]}', "stands twice"),
        ('{"edges": [[0, 1]], "each_edge": {"error": 1.5}}', "from 0 to below 1"),
        ('{"edges": [[0, 1]], "gate": "iswap"}', "two-qubit gate is 'iswap'"),
        ('{"edges": [[0, 1]], "one_qubit_gates": ["q"]}', "gate 'q' is unknown"),
        ('{"edges": [[0, 1]], "qubits": 100000000}', "up to 10,000"),
        ('{"edges": [[0, 1]], "directed": 1}', "neither true nor false"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, said: str) -> None:
    with pytest.raises(NoDevice, match=said.replace("[", r"\[")):
        device_of_json(text, "lab")


def test_unknown_names_are_refused_with_what_was_meant() -> None:
    from qdsl.language.networks.named_devices import UnknownNodeDevice

    with pytest.raises(qdsl.InvalidProgram) as found:
        qdsl.loads(NODE % 'device "fake_manilla"' + BODY)
    (problem,) = found.value.diagnostics
    assert isinstance(problem, UnknownNodeDevice) and problem.meant == "fake_manila"
    assert "fake_torino" in fake_devices()


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ("device fake_manila", "QDM104"),
        ("device 3", "QDM104"),
        ('device ""', "QDM104"),
        ("comm_at [0, 1]", "QDM403"),
        ('device "fake_manila", comm_at [1, 1]', "QDM403"),
        ('device "fake_manila", comm_at 1', "QDM104"),
        ('device "fake_manila", comm_at [-1]', "QDM403"),
        ('device "fake_manila", comm_at [0.5]', "QDM403"),
    ],
)
def test_properties_of_another_kind_are_refused(properties: str, code: str) -> None:
    assert code in problems(properties)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ('comm 4, device "fake_manila"', "6 data and communication qubits, and the device 5"),
        ('device "fake_manila", comm_at [0, 9]', "`comm_at` names qubit 9"),
        ('device "fake_manila", comm_at [0]', "`comm_at` names 1 qubits, and the node's `comm`"),
        ('device "map.json"', "cannot be read"),
    ],
)
def test_devices_that_do_not_fit_are_refused(properties: str, said: str) -> None:
    made = qdsl.loads(NODE % properties + BODY, folders=(Path(__file__).parent,)).compile()
    with pytest.raises(qdsl.InvalidProgram, match=said):
        made.hardware()


def test_a_real_device_is_never_asked_for_by_default() -> None:
    made = qdsl.loads(NODE % 'device "ibm_torino"' + BODY).compile()
    with pytest.raises(DeviceUnavailable, match="account"):
        made.hardware()


def test_without_an_account_it_is_said_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import qiskit_ibm_runtime

    def service() -> None:
        raise ValueError("Unable to find account.")

    monkeypatch.setattr(qiskit_ibm_runtime, "QiskitRuntimeService", service)
    with pytest.raises(DeviceUnavailable, match=r"Unable to find account.*save_account"):
        named_device("a", "ibm_torino", None, True)


def test_without_qiskit_ibm_runtime_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "qiskit_ibm_runtime", None)
    for name, online in (("fake_manila", False), ("ibm_torino", True)):
        with pytest.raises(MissingExtra, match="pip install qiskit-ibm-runtime"):
            named_device("a", name, None, online)


def test_a_file_is_read_in_the_programs_folder(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text('{"edges": [[0, 1], [1, 2], [2, 3]]}')
    (tmp_path / "m.qdm").write_text(NODE % 'device "map.json", comm_at [0, 3]' + BODY)
    made = qdsl.load(tmp_path / "m.qdm").compile()
    facts = made.hardware().facts
    assert [n.device for n in facts.nodes] == ["map.json"]
    (tmp_path / "m.qdm").write_text(NODE % 'device "../map.json"' + BODY)
    with pytest.raises(qdsl.InvalidProgram, match="outside"):
        qdsl.load(tmp_path / "m.qdm").compile().hardware()


def test_a_network_file_says_devices(tmp_path: Path) -> None:
    nodes = [
        {"id": "a", "qubits": 2, "device": "fake_manila", "comm_at": [0, 4]},
        {"id": "b", "qubits": 1},
    ]
    links = [{"source": "a", "target": "b"}]
    (tmp_path / "net.json").write_text(json.dumps({"nodes": nodes, "links": links}))
    (tmp_path / "m.qdm").write_text('network n = from "net.json"\n' + BODY)
    model = qdsl.load(tmp_path / "m.qdm").compile().scheduled.network.nodes[0].physics
    assert (model.device, model.comm_at) == ("fake_manila", (0, 4))
    nodes[0]["comm_at"] = [0, 0]
    (tmp_path / "net.json").write_text(json.dumps({"nodes": nodes, "links": links}))
    with pytest.raises(qdsl.InvalidProgram, match="different qubits"):
        qdsl.load(tmp_path / "m.qdm")


def test_objects_of_qiskit_and_pytket_are_devices() -> None:
    from pytket.architecture import Architecture
    from qiskit.providers.fake_provider import GenericBackendV2

    backend = GenericBackendV2(5, coupling_map=[[0, 1], [1, 2], [2, 3], [3, 4]], seed=1)
    for given in (backend, backend.target, Architecture([(0, 1), (1, 2), (2, 3), (3, 4)])):
        made = given_device(given, "a")
        assert len(made.qubits) == 5 and (made.gate, len(made.usable())) == ("cx", 5)
        assert compiled(LOCAL).hardware({"a": given}).simulate(20).shots == 20
    with pytest.raises(WrongArgument, match="Target"):
        given_device(3, "a")


def test_nodes_and_devices_have_to_be_there() -> None:
    made = compiled(LOCAL)
    with pytest.raises(Refused, match="no node has a device"):
        made.hardware()
    with pytest.raises(Refused, match="the network has no node 'c'"):
        made.hardware({"c": "fake_manila"})
    assert not made.has_devices


def test_a_device_is_the_backends_own_figures() -> None:
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    target, made = FakeManilaV2().target, named_device("a", "fake_manila", None, False)
    assert made.figures()[1, 2].error == target["cx"][1, 2].error
    assert made.qubits[3].readout_error == target["measure"][3,].error
    assert made.qubits[3].t1_s == target.qubit_properties[3].t1


def test_the_report_holds_the_devices_in_every_form() -> None:
    from dataclasses import replace

    text = LOCAL.replace("comm 1 }", 'comm 1, device "fake_manila" }', 1)
    made = qdsl.loads(text).compile()
    report = replace(made.report(), hardware=made.hardware().facts)
    document = report.to_json()
    assert document["hardware"]["nodes"][0]["device"] == "fake_manila"
    assert document["network"]["nodes"][0]["model"]["device"] == "fake_manila"
    assert Report.from_json(json.loads(json.dumps(document))).hardware == report.hardware
    shown = render_report(report)
    assert "Devices" in shown and "by calibration: product over all" in shown
    first = " ".join(shown.partition("\nverified")[0].split())
    on = report.hardware
    assert on is not None
    range_of = f"fidelity {on.fidelity:.3g} to {on.fidelity_at_most:.3g}, by their calibrations"
    assert "on the nodes' devices" in first and range_of in first
    assert "hardware" not in made.report().to_json()


def test_an_architecture_that_joins_all_qubits_is_a_device() -> None:
    from pytket.architecture import FullyConnected

    found = given_device(FullyConnected(4), "a")
    assert {(c.a, c.b) for c in found.couplings} == {
        (a, b) for a in range(4) for b in range(a + 1, 4)
    }
