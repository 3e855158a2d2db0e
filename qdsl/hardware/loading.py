"""Devices by name, from files, and from objects of Qiskit and pytket.

Nothing here reaches the network but `real_device`, which is called only if that is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import MissingExtra, WrongArgument
from qdsl.hardware.errors import DeviceUnavailable, NoDeviceOfNode
from qdsl.language.syntax.spelling import closest
from qdsl.network.devices import (
    DEFAULT_GATES,
    ONE_QUBIT,
    TWO_QUBIT,
    Coupling,
    Device,
    DeviceQubit,
    NoDevice,
    connected_parts,
    device_of_json,
    fake_devices,
    is_file_name,
)

_WANTED = (
    "a name, a `qdsl.network.devices.Device`, a Qiskit `Target` or backend, or a pytket backend "
    "or architecture"
)


def named_device(node: str, name: str, text: str | None, online: bool) -> Device:
    """The device that a node names; `text`: what is in its file. InvalidProgram where there is
    none, DeviceUnavailable for a real one that may not or cannot be reached, MissingExtra without
    qiskit-ibm-runtime."""
    try:
        if is_file_name(name):
            return device_of_json(text or "", name)
        if name.startswith("fake_"):
            return _fake_device(node, name)
    except NoDevice as problem:
        raise InvalidProgram((NoDeviceOfNode(node, name, str(problem)),)) from None
    if not name.startswith("ibm_"):
        meant = closest(name, fake_devices())
        reason = "it is neither a fake backend nor a file that ends with .json"
        raise InvalidProgram((NoDeviceOfNode(node, name, reason, meant),))
    if not online:
        raise DeviceUnavailable(
            f"'{name}' of node '{node}' is a real device, whose calibration is fetched over the "
            "internet: that has to be allowed (--online, or `online=True`), and takes an account "
            "that qiskit-ibm-runtime has saved"
        )
    return real_device(node, name)


def _fake_device(node: str, name: str) -> Device:
    try:
        from qiskit_ibm_runtime import fake_provider
    except ImportError:
        raise MissingExtra(
            f"'{name}' of node '{node}' comes with qiskit-ibm-runtime, which is not installed: "
            "pip install qiskit-ibm-runtime"
        ) from None
    kinds = (getattr(fake_provider, k) for k in dir(fake_provider) if k.startswith("Fake"))
    found = {getattr(kind, "backend_name", None): kind for kind in kinds}
    if name not in found:
        meant = closest(name, fake_devices())
        raise InvalidProgram((NoDeviceOfNode(node, name, "no fake backend is called so", meant),))
    return device_of_target(found[name]().target, name)


def real_device(node: str, name: str) -> Device:
    """The device of the account that qiskit-ibm-runtime has saved, as calibrated now."""
    try:
        from qiskit_ibm_runtime import QiskitRuntimeService

        return device_of_target(QiskitRuntimeService().backend(name).target, name)
    except ImportError:
        raise MissingExtra(
            f"'{name}' of node '{node}' is reached by qiskit-ibm-runtime: pip install "
            "qiskit-ibm-runtime"
        ) from None
    except Exception as problem:  # accounts, permissions and the internet, each in its own class
        said = str(problem).strip().split("\n")[0][:200]
        raise DeviceUnavailable(
            f"'{name}' of node '{node}' could not be reached: {said}. An account is saved by "
            "`QiskitRuntimeService.save_account(token=...)`; a fake backend needs none"
        ) from None


def given_device(given: Any, name: str) -> Device:
    """A device from an object: a `Device`, a Qiskit `Target` or backend, a pytket backend or
    architecture. WrongArgument for something else, NoDevice where it has no gates of ours."""
    if isinstance(given, Device):
        return given
    if hasattr(given, "build_coupling_map"):  # Qiskit's Target
        return device_of_target(given, name)
    if hasattr(given, "target") and hasattr(given.target, "build_coupling_map"):
        return device_of_target(given.target, str(getattr(given, "name", name) or name))
    if hasattr(given, "backend_info"):
        return _of_pytket(given.backend_info, name)
    if hasattr(given, "nodes") and (hasattr(given, "coupling") or _joins_all(given)):
        return _of_architecture(given, name, {}, {}, {})
    raise WrongArgument(f"the device of '{name}' is of type {type(given).__name__}: give {_WANTED}")


# ---- Qiskit ------------------------------------------------------------------------------


def device_of_target(target: Any, name: str) -> Device:
    """The device of a Qiskit `Target`: the first of cx, cz and ecr that it has, and its one-qubit
    gates. Couplings of error 1, which calibration found broken, are left out, and so is what is
    joined with the rest by these alone."""
    there = set(target.operation_names)
    gate = next((g for g in TWO_QUBIT if g in there), None)
    if gate is None:
        raise NoDevice(f"it has none of the gates {', '.join(TWO_QUBIT)}")
    n = int(target.num_qubits or 0)
    known = target[gate]
    if None in known:  # the same everywhere
        known = {(a, b): known[None] for a in range(n) for b in range(n) if a != b}
    couplings = [Coupling(a, b, *_error_time(found)) for (a, b), found in known.items()]
    couplings = [c for c in couplings if (c.error or 0) < 1]
    ends = {(c.a, c.b) for c in couplings}
    is_directed = any((b, a) not in ends for a, b in ends)
    one = tuple(g for g in ONE_QUBIT if g in there)
    qubits = tuple(_qubit(target, q, one) for q in range(n))
    reset = _error_time(_at(target, "reset", 0))[1] if "reset" in there else None
    kept = _kept(n, couplings)
    return Device(name, qubits, kept, gate, one or DEFAULT_GATES, is_directed, reset)


def _kept(n: int, couplings: list[Coupling]) -> tuple[Coupling, ...]:
    """Those of the whole device; NoDevice where broken couplings take it apart."""
    near: list[list[int]] = [[] for _ in range(n)]
    for c in couplings:
        near[c.a].append(c.b)
        near[c.b].append(c.a)
    parts = connected_parts(near)
    largest = max(parts, key=len, default=set())
    if len(largest) < n / 2:
        raise NoDevice("its coupling map is not connected")
    return tuple(c for c in couplings if c.a in largest)


def _qubit(target: Any, q: int, gates: Iterable[str]) -> DeviceQubit:
    """Of the gates on the qubit the one of the largest error that takes time."""
    timed = [_error_time(_at(target, g, q)) for g in gates]
    taking = [(e or 0.0, t) for e, t in timed if t]
    error, time = max(taking) if taking else (None, None)
    readout, readout_time = _error_time(_at(target, "measure", q))
    kept = (target.qubit_properties or [None] * (q + 1))[q]
    t1, t2 = (getattr(kept, k, None) for k in ("t1", "t2"))
    t2 = min(t2, 2 * t1) if t1 and t2 else t2  # calibrations now and then say more
    return DeviceQubit(error, time, readout, readout_time, t1, t2)


def _at(target: Any, name: str, q: int) -> Any:
    try:
        known = target[name]
    except KeyError:
        return None
    return known.get((q,)) or known.get(None)


def _error_time(found: Any) -> tuple[float | None, float | None]:
    return getattr(found, "error", None), getattr(found, "duration", None)


# ---- pytket ------------------------------------------------------------------------------


def _of_pytket(info: Any, name: str) -> Device:
    there = {op.name for op in info.gate_set}
    gate = next((g for g, theirs in TWO_QUBIT.items() if theirs in there), None)
    if gate is None:
        raise NoDevice(f"it has none of the gates {', '.join(TWO_QUBIT)}")
    one = tuple(g for g, theirs in ONE_QUBIT.items() if theirs in there)
    nodes = _averaged(info.averaged_node_gate_errors)
    edges = _averaged(info.averaged_edge_gate_errors)
    readout = _averaged(info.averaged_readout_errors)
    return _of_architecture(
        info.architecture, str(info.device_name or name), nodes, edges, readout, gate, one
    )


def _joins_all(architecture: Any) -> bool:
    """Is it pytket's `FullyConnected`, which lists no couplings?"""
    return type(architecture).__name__ == "FullyConnected"


def _averaged(found: Mapping[Any, float] | None) -> dict[Any, float]:
    return dict(found or {})


def _of_architecture(
    architecture: Any, name: str, nodes: Mapping[Any, float], edges: Mapping[Any, float],
    readout: Mapping[Any, float], gate: str = "cx", one: tuple[str, ...] = DEFAULT_GATES,
) -> Device:  # fmt: skip
    """Qubits in the order of the architecture's nodes, which is that of their names."""
    order = {node: k for k, node in enumerate(architecture.nodes)}
    joined = combinations(order, 2) if _joins_all(architecture) else architecture.coupling
    couplings = tuple(
        Coupling(order[a], order[b], edges.get((a, b), edges.get((b, a)))) for a, b in joined
    )
    qubits = tuple(DeviceQubit(nodes.get(v), None, readout.get(v)) for v in order)
    return Device(name, qubits, couplings, gate, one)
