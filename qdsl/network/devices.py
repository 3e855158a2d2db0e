"""A device as its calibration describes it: qubits, couplings, native gates, errors and times.

Errors of gates are one minus the average gate fidelity, as Qiskit's targets have them; times are in
seconds. What is not known is None, and counts as no error and no time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import Any, Final

from qdsl.files.json_objects import RepeatedKey, once
from qdsl.records import dataclass

MOST_QUBITS = 10_000
TWO_QUBIT: Final = {"cx": "CX", "cz": "CZ", "ecr": "ECR"}  # ours -> pytket's
ONE_QUBIT: Final = {
    "rz": "Rz", "rx": "Rx", "ry": "Ry", "sx": "SX", "x": "X", "h": "H", "s": "S", "sdg": "Sdg",
    "p": "U1", "u": "U3", "r": "PhasedX",
}  # fmt: skip
DEFAULT_GATES: Final = ("rz", "sx", "x")
_QUBIT = ("error", "time", "readout_error", "readout_time", "t1", "t2")
_EDGE = ("error", "time")
_KEYS = ("qubits", "edges", "directed", "gate", "one_qubit_gates", "each_qubit", "each_edge",
         "reset_time", "name")  # fmt: skip


class NoDevice(ValueError):
    """Why this describes no device."""


@dataclass(frozen=True, slots=True)
class DeviceQubit:
    """`error`, `time_s`: of a gate on this qubit alone that takes time; `readout_error`: the
    probability of a wrong outcome; `t1_s`, `t2_s`: None, no decay."""

    error: float | None = None
    time_s: float | None = None
    readout_error: float | None = None
    readout_time_s: float | None = None
    t1_s: float | None = None
    t2_s: float | None = None


@dataclass(frozen=True, slots=True)
class Coupling:
    """The two-qubit gate from `a` to `b`, and also back unless the device is directed."""

    a: int
    b: int
    error: float | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """`gate`: "cx", "cz" or "ecr"; `one_qubit_gates` by the names of Qiskit, universal with it.
    `reset_time_s`: None, as long as a read-out. NoDevice for what is not possible."""

    name: str
    qubits: tuple[DeviceQubit, ...]
    couplings: tuple[Coupling, ...]
    gate: str = "cx"
    one_qubit_gates: tuple[str, ...] = DEFAULT_GATES
    is_directed: bool = False
    reset_time_s: float | None = None

    def __post_init__(self) -> None:
        n = len(self.qubits)
        if self.gate not in TWO_QUBIT:
            raise NoDevice(f"its two-qubit gate is '{self.gate}': there are {', '.join(TWO_QUBIT)}")
        for name in self.one_qubit_gates:
            if name not in ONE_QUBIT:
                raise NoDevice(f"its gate '{name}' is unknown: there are {', '.join(ONE_QUBIT)}")
        for c in self.couplings:
            if not (0 <= c.a < n and 0 <= c.b < n and c.a != c.b):
                raise NoDevice(f"its edge [{c.a}, {c.b}] does not join two of its {n} qubits")
        joined = [part for part in self.parts() if len(part) > 1]
        if len(joined) > 1:
            one, other = (min(part) for part in joined[:2])
            raise NoDevice(f"its coupling map is not connected: no path from {one} to {other}")

    def neighbours(self) -> list[list[int]]:
        """Of every qubit those that a gate joins it with, in either direction, ascending."""
        near: list[set[int]] = [set() for _ in self.qubits]
        for c in self.couplings:
            near[c.a].add(c.b)
            near[c.b].add(c.a)
        return [sorted(n) for n in near]

    def parts(self) -> list[set[int]]:
        """The connected parts, the one of qubit 0 first."""
        return connected_parts(self.neighbours())

    def usable(self) -> list[int]:
        """The qubits that gates join, ascending; those that nothing joins are not used."""
        parts = self.parts()
        return max((len(part), sorted(part)) for part in parts)[1] if parts else []

    def figures(self) -> dict[tuple[int, int], Coupling]:
        """The coupling by its qubits in the order of the gate's operands; both orders, unless the
        device is directed."""
        found = {(c.a, c.b): c for c in self.couplings}
        if not self.is_directed:
            found = {(c.b, c.a): c for c in self.couplings} | found
        return found


def fake_devices() -> tuple[str, ...]:
    """Names of Qiskit's fake backends, by their folders: nothing is imported. Empty where
    qiskit-ibm-runtime is not installed."""
    found = find_spec("qiskit_ibm_runtime")
    if found is None or found.origin is None:
        return ()
    folder = Path(found.origin).parent / "fake_provider" / "backends"
    names = (f.name for f in folder.glob("*") if any(f.glob("conf_*.json")))
    return tuple(sorted(f"fake_{name}" for name in names))


def is_file_name(name: str) -> bool:
    """Whether a node's `device` is a coupling-map file, and no backend."""
    return name.endswith(".json")


def connected_parts(near: list[list[int]]) -> list[set[int]]:
    """The parts of a graph by neighbours, in the order of their first vertices."""
    parts: list[set[int]] = []
    left = set(range(len(near)))
    while left:
        part, todo = set(), [min(left)]
        while todo:
            here = todo.pop()
            if here not in part:
                part.add(here)
                todo += near[here]
        parts.append(part)
        left -= part
    return parts


def device_of_json(text: str, name: str) -> Device:
    """The device that a coupling-map file describes; NoDevice where it is none.

    `{"edges": [[0, 1], {"edge": [1, 2], "error": 0.01, "time": 3e-7}], "qubits": 3}` is enough;
    `qubits` may be a list of objects with `error`, `time`, `readout_error`, `readout_time`, `t1`
    and `t2`. `each_qubit` and `each_edge` hold what is the same for all.
    """
    try:
        data = json.loads(text, object_pairs_hook=once)
    except RepeatedKey as problem:
        raise NoDevice(str(problem)) from None
    except (ValueError, RecursionError):
        raise NoDevice("it is no JSON") from None
    if not isinstance(data, dict) or "edges" not in data:
        raise NoDevice("it is no object with `edges`, such as [[0, 1], [1, 2]]")
    _only(data, _KEYS, "it")
    couplings = tuple(_couplings(data))
    qubits = tuple(_qubits(data, couplings))
    gates = data.get("one_qubit_gates", list(DEFAULT_GATES))
    if not isinstance(gates, list) or not all(isinstance(g, str) for g in gates):
        raise NoDevice("its `one_qubit_gates` are no list of names")
    is_directed = data.get("directed", False)
    if not isinstance(is_directed, bool):
        raise NoDevice("its `directed` is neither true nor false")
    reset = _figure(data, "reset_time", "its")
    gate = str(data.get("gate", "cx"))
    return Device(name, qubits, couplings, gate, tuple(gates), is_directed, reset)


def _couplings(data: Mapping[str, Any]) -> Iterable[Coupling]:
    each = _object(data.get("each_edge", {}), _EDGE, "`each_edge`")
    if not isinstance(data["edges"], list) or not data["edges"]:
        raise NoDevice("its `edges` are no list of pairs of qubits")
    for k, edge in enumerate(data["edges"]):
        where = f"edge {k}"
        own = _object(edge, ("edge", *_EDGE), where) if isinstance(edge, dict) else {"edge": edge}
        ends = own.get("edge")
        if not isinstance(ends, list) or len(ends) != 2 or not all(_is_index(v) for v in ends):
            raise NoDevice(f"{where} is no pair of qubits, such as [0, 1]")
        known = {**each, **own}
        yield Coupling(*ends, *(_figure(known, key, where) for key in _EDGE))


def _qubits(data: Mapping[str, Any], couplings: tuple[Coupling, ...]) -> Iterable[DeviceQubit]:
    each = _object(data.get("each_qubit", {}), _QUBIT, "`each_qubit`")
    given = data.get("qubits", 1 + max(max(c.a, c.b) for c in couplings))
    if _is_index(given):
        given = [{}] * given if given <= MOST_QUBITS else None
    if not isinstance(given, list) or not 0 < len(given) <= MOST_QUBITS:
        raise NoDevice(f"its `qubits` are no number or list, up to {MOST_QUBITS:,}")
    for k, qubit in enumerate(given):
        known = {**each, **_object(qubit, _QUBIT, f"qubit {k}")}
        yield DeviceQubit(*(_figure(known, key, f"qubit {k}") for key in _QUBIT))


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _object(value: Any, known: tuple[str, ...], where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NoDevice(f"{where} is no object")
    _only(value, known, where)
    return value


def _only(data: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in data:
        if key not in known:
            raise NoDevice(f"{where} has an unknown `{key[:40]}`; there are {', '.join(known)}")


def _figure(data: Mapping[str, Any], key: str, where: str) -> float | None:
    """An error from 0 to below 1, or a time in s."""
    value = data.get(key)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    most = 1.0 if key.endswith("error") else 1e6
    if not is_number or not isfinite(value) or not 0 <= value < most:
        wanted = "from 0 to below 1" if key.endswith("error") else "a time in seconds"
        raise NoDevice(f"`{key}` of {where} is not possible: it is {wanted}")
    return float(value)
