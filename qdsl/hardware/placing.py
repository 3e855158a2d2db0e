"""Where the qubits of a node begin on its device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from qdsl.network.devices import Device

if TYPE_CHECKING:
    from pytket.architecture import Architecture

Weights = Mapping[tuple[int, int], int]  # how often two of a node's qubits meet, the lower first


def architecture(device: Device) -> Architecture:
    """pytket's: the joined qubits of the device, whatever the direction of their gates."""
    from pytket.architecture import Architecture
    from pytket.circuit import Node

    edges = sorted({(min(c.a, c.b), max(c.a, c.b)) for c in device.couplings})
    return Architecture([(Node(a), Node(b)) for a, b in edges])


def first_places(
    device: Device, qubits: Sequence[int], meetings: Sequence[tuple[int, int]],
    fixed: Mapping[int, int],
) -> dict[int, int]:  # fmt: skip
    """A qubit of the device for each of the node's: `fixed` ones where they have to be, the others
    by pytket's noise-aware placement, or where some are fixed, near those that they meet."""
    places = dict(fixed)
    if not fixed and meetings:
        places |= _by_pytket(device, qubits, meetings)
    weights = Counter((min(pair), max(pair)) for pair in meetings)
    return dict(sorted(_near(device, qubits, weights, places).items()))


def _by_pytket(
    device: Device, qubits: Sequence[int], meetings: Iterable[tuple[int, int]]
) -> dict[int, int]:
    from pytket.circuit import Circuit, Node
    from pytket.placement import NoiseAwarePlacement

    circuit = Circuit(len(qubits))
    index = {q: k for k, q in enumerate(qubits)}
    for a, b in meetings:
        circuit.CX(index[a], index[b])
    errors = {Node(k): q.error or 0.0 for k, q in enumerate(device.qubits)}
    readout = {Node(k): q.readout_error or 0.0 for k, q in enumerate(device.qubits)}
    links = {}
    for (a, b), c in device.figures().items():
        links[Node(a), Node(b)] = links[Node(b), Node(a)] = c.error or 0.0
    limits = {"maximum_matches": 500, "timeout": 60_000}  # the number decides, not the clock
    method = NoiseAwarePlacement(architecture(device), errors, links, readout, **limits)
    found = method.get_placement_map(circuit)
    usable = set(device.usable())
    chosen = {qubits[q.index[0]]: place for q, place in found.items()}
    return {
        q: place.index[0]
        for q, place in chosen.items()
        if place.reg_name == "node" and place.index[0] in usable
    }


def _near(
    device: Device, qubits: Sequence[int], weights: Weights, places: Mapping[int, int]
) -> dict[int, int]:
    """The rest, those that meet placed ones most often first, each as near to them as can be; of
    equal places the one of the least error."""
    found, near = dict(places), device.neighbours()
    error = [(q.error or 0.0) + (q.readout_error or 0.0) for q in device.qubits]
    free = [p for p in device.usable() if p not in found.values()]
    away = {q: distances(near, p) for q, p in found.items()}
    while left := [q for q in qubits if q not in found]:
        pull = {q: sum(_weight(weights, q, r) for r in found) for q in left}
        q = max(left, key=lambda q: (pull[q], -q))

        met = {r: _weight(weights, q, r) for r in found if pull[q] == 0 or _weight(weights, q, r)}
        far = {p: sum((met[r] or 1) * away[r][p] for r in met) for p in free}
        place = min((far[p], error[p], p) for p in free)[2]
        free.remove(place)
        found[q] = place
        away[q] = distances(near, place)
    return found


def _weight(weights: Weights, a: int, b: int) -> int:
    return weights.get((min(a, b), max(a, b)), 0)


def distances(near: Sequence[Sequence[int]], start: int) -> dict[int, int]:
    """Couplings from `start` to every qubit that can be reached."""
    found, reached = {start: 0}, [start]
    while reached:
        further = []
        for here in reached:
            for there in near[here]:
                if there not in found:
                    found[there] = found[here] + 1
                    further.append(there)
        reached = further
    return found


def shortest_path(
    near: Sequence[Sequence[int]], start: int, ends: Iterable[int]
) -> tuple[int, ...]:
    """From `start` to the nearest of `ends`, both included; of equal paths that of lower places."""
    wanted, before, reached = set(ends), {start: start}, [start]
    while reached:
        for here in reached:
            if here in wanted:
                path = [here]
                while path[-1] != start:
                    path.append(before[path[-1]])
                return tuple(reversed(path))
        further = []
        for here in reached:
            for there in near[here]:
                if there not in before:
                    before[there] = here
                    further.append(there)
        reached = sorted(further)
    raise ValueError("no path")
