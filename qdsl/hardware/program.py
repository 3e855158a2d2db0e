"""A compiled program, routed for the devices of its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qdsl.backends._readout import settings
from qdsl.backends.nodes.split import split
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.extras import require
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.request_error import Refused, by_name
from qdsl.diagnostics.source import Source, Span
from qdsl.hardware.aer import SimulatedFidelity, depolarising, sampled_outcomes, simulated_fidelity
from qdsl.hardware.calibration import declared_device
from qdsl.hardware.errors import NoDeviceOfNode
from qdsl.hardware.loading import given_device, named_device
from qdsl.hardware.routed import RoutedProgram
from qdsl.hardware.routing import route
from qdsl.hardware.text import routed_texts
from qdsl.ir.random_values import random_slot_values
from qdsl.ir.stages import ScheduledCircuit
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.files import Folders
from qdsl.language.syntax.spelling import closest
from qdsl.network.devices import Device, NoDevice, is_file_name
from qdsl.network.network import Node

MOST_DECLARED = 100  # qubits of a node without a device, all joined


class HardwareProgram(RoutedProgram):
    """A compiled program on the devices of its nodes, which Aer can simulate."""

    def sample(self, shots: int = 2000, seed: int = 0, *, noise: bool = True) -> dict[str, int]:
        """Outcomes of the whole program on Aer, by the bits of the qubits that its first setting
        reads, the source's first qubit leftmost. Refused beyond 20 qubits."""
        return sampled_outcomes(self, shots, seed, noise)

    def texts(self) -> dict[str, str]:
        """OpenQASM 3 by file name, a file for every node: its routed program in the gates of its
        device, in the form of the target `nodes`; see `qdsl.hardware.text`. Angles have the values
        that the program was routed with."""
        return routed_texts(self)

    def simulate(
        self, shots: int = 2000, seed: int = 0, *, noise: bool = True
    ) -> SimulatedFidelity:
        """The whole program on Aer under the devices' and links' noise: a
        `SimulatedFidelity`. Refused beyond 20 qubits of devices, or 10 of the program."""
        return simulated_fidelity(self, shots, seed, depolarising if noise else None)


def hardware_program(
    compiled: Any, devices: Mapping[str, Any] | None, values: Mapping[str, Any] | None, online: bool
) -> HardwareProgram:
    """The program of `compiled`, a `qdsl.api.Compiled`; see `DeviceProgram.hardware`."""
    stage: ScheduledCircuit = compiled.scheduled
    given = by_name(devices, "devices", '{"alice": "fake_torino"}')
    names = [node.name for node in stage.network.nodes]
    if unknown := [n for n in given if n not in names]:
        meant = closest(str(unknown[0]), names)
        hint = f"did you mean '{meant}'?" if meant else f"there are {', '.join(names)}"
        raise Refused(f"the network has no node '{unknown[0]}': {hint}")
    require("pytket", "placing and routing on a device")
    known = {}
    loaded: dict[tuple[Any, str], Device] = {}
    for node in stage.network.nodes:
        asked = given.get(node.name, node.physics.device)
        if asked is not None:
            key = (asked if isinstance(asked, str) else id(asked), "")
            if key not in loaded:
                loaded[key] = _device(node, asked, compiled.program.folders, online)
            known[node.name] = loaded[key]
    if not known:
        raise Refused('no node has a device: write `device "fake_torino"`, for example')
    return _routed(stage, known, set(given), values)


def _routed(
    stage: ScheduledCircuit, known: Mapping[str, Device], replaced: set[str],
    values: Mapping[str, Any] | None,
) -> HardwareProgram:  # fmt: skip
    wanted = stage.distributed.values
    flat = random_slot_values(wanted, 0) if values is None else wanted.flatten(values)
    numbers = {v.name: flat[v.start : v.start + v.size] for v in wanted.vectors}
    found = {}
    for node, program in zip(stage.network.nodes, split(stage, _bases(stage)), strict=True):
        if program.steps or any(program.readings):
            device = known.get(node.name) or _declared(node)
            places = node.physics.comm_at if node.name not in replaced else None
            found[node.name] = route(program, device, numbers, places)
    return HardwareProgram(stage, found, tuple(known), numbers)


def _bases(stage: ScheduledCircuit) -> list[Any]:
    return list(settings(stage.distributed.placed.circuit.outputs))


def _declared(node: Node) -> Device:
    if node.qubits + node.comm > MOST_DECLARED:
        raise Refused(
            f"node '{node.name}' has no device, and more than {MOST_DECLARED} qubits: give it one"
        )
    return declared_device(node)


def _device(node: Node, asked: Any, folders: tuple[Path, ...], online: bool) -> Device:
    try:
        if not isinstance(asked, str):
            return given_device(asked, node.name)
        text = _text(node.name, asked, folders) if is_file_name(asked) else None
        return named_device(node.name, asked, text, online)
    except NoDevice as problem:
        name = getattr(asked, "name", None) or type(asked).__name__
        raise InvalidProgram((NoDeviceOfNode(node.name, str(name), str(problem)),)) from None


def _text(node: str, name: str, folders: tuple[Path, ...]) -> str:
    """A coupling-map file, read where programs may read files."""
    source = Source("<device>", f'"{name}"')
    try:
        place = StringLit(name, Span(source, 0, len(source.text)))
        return Folders(tuple(Path(f).resolve() for f in folders)).read_text(place)
    except Refusal as refusal:
        reason = refusal.problem.message
        raise InvalidProgram((NoDeviceOfNode(node, name, str(reason)),)) from None
