"""What a batch of gradient circuits gives: exactly, or as a number of shots would show it.

`shots` is the number of executions for a derivative of unit range: a parameter that turns one
word of an observable of unit norm gets that many, spread over its circuits in proportion to what
each contributes. Circuits that serve several derivatives get the most that any of them wants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

import numpy as np
import numpy.typing as npt

from qdsl.analysis.joining import FinalPlaces
from qdsl.diagnostics.request_error import Refused
from qdsl.gradient.profile import ExecutionProfile
from qdsl.gradient.states import Setting, chunks, distribution, settings, states
from qdsl.gradient.telling import followers, reader_of, telling, told_at
from qdsl.ir.batch import CircuitBatch
from qdsl.ir.paulis import PauliWord
from qdsl.ir.stages import Circuit
from qdsl.ir.values import real_numbers
from qdsl.passes.derive_gradient.sites import chain, parameter_slots
from qdsl.records import dataclass

Floats = npt.NDArray[np.float64]


class WrongValues(Refused):
    """A vector has no values, or values of another size."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A gradient, or for several items or outputs a Jacobian.

    - `jacobian` float64[items, outputs, parameters]: parameters in the order of their slots;
    - `variance`: the same shape: of the estimate, 0 where it is exact; of a protocol the square
      of the accuracy asked for;
    - `unit_variance`: of the estimate times the number of shots, exact: what one shot for a
      derivative of unit range is worth;
    - `circuits`: executions; `templates`: distinct circuits, numbers aside;
    - `ebits`, `classical_bits`: of all executions, None where the templates have no price;
    - `parameters`: (vector, start, size, shape) of the parameters, in order.
    """

    method: str
    jacobian: Floats
    variance: Floats
    unit_variance: Floats
    shots: int | None
    circuits: int
    templates: int
    ebits: int | None
    classical_bits: int | None
    bias: float
    parameters: tuple[tuple[str, int, int, tuple[int, ...]], ...]

    def by_vector(self, item: int = 0, output: int = 0) -> dict[str, Floats]:
        """The gradient of one output for one item, an array for each parameter vector."""
        row = self.jacobian[item, output]
        return {
            name: row[start : start + size].reshape(shape)
            for name, start, size, shape in self.parameters
        }


def parameters_of(circuit: Circuit) -> tuple[tuple[str, int, int, tuple[int, ...]], ...]:
    """(name, start, size, shape) of every parameter vector, `start` counting parameters only."""
    found, start = [], 0
    for v in circuit.values.vectors:
        if v.role == "param":
            found.append((v.name, start, v.size, v.shape))
            start += v.size
    return tuple(found)


def flat_values(circuit: Circuit, values: Mapping[str, npt.ArrayLike]) -> Floats:
    """float64[items, n_slots]: a vector given with one more axis varies from item to item."""
    parts: list[Floats] = []
    for v in circuit.values.vectors:
        if v.name not in values:
            raise WrongValues(f"'{v.name}' has no values")
        array = real_numbers(values[v.name])
        if (v.size and array.size % v.size) or array.ndim > len(v.shape) + 1:
            raise WrongValues(f"'{v.name}' has {array.size} numbers, and {v.size} are wanted")
        parts.append(array.reshape(-1, v.size) if v.size else np.zeros((1, 0)))
    items = max((len(p) for p in parts), default=1)
    if any(len(p) not in (1, items) for p in parts):
        raise WrongValues("vectors that vary from item to item have different numbers of items")
    return np.concatenate(
        [np.zeros((items, 0)), *(np.broadcast_to(p, (items, p.shape[1])) for p in parts)], axis=1
    )


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A batch with its templates built, to be run for many values. `shares`: the distributions of
    all settings of a job for slot values, where these are not those of its template."""

    batch: CircuitBatch
    templates: tuple[Circuit, ...]
    settings: tuple[tuple[tuple[Setting, ...], Floats], ...]
    shares: Callable[[int, Floats], list[Floats]] | None = None
    _at: dict[tuple[int, frozenset[PauliWord]], tuple[Setting, ...]] = field(default_factory=dict)

    @staticmethod
    def of(batch: CircuitBatch) -> Prepared:
        templates = tuple(batch.template(k) for k in range(len(batch.jobs)))
        return Prepared(batch, templates, tuple(settings(t) for t in templates))

    def at_point(self, k: int, p: int) -> tuple[Setting, ...]:
        """The settings of job k, for the words that point p is read for."""
        groups, words = self.settings[k][0], self.batch.jobs[k].words
        if not words:
            return groups
        key = (k, words[p])
        if key not in self._at:
            self._at[key] = tuple(g.of_words(words[p]) for g in groups)
        return self._at[key]


def estimated(
    batch: CircuitBatch | Prepared,
    values: Mapping[str, npt.ArrayLike],
    shots: int | None = None,
    seed: int = 0,
    prices: Sequence[ExecutionProfile] | None = None,
    fidelities: Sequence[float] | None = None,
) -> Estimate:
    """The gradient that the batch gives at these values; `shots` None: exactly. `fidelities` of
    its templates: under global depolarising noise."""
    ready = batch if isinstance(batch, Prepared) else Prepared.of(batch)
    source = ready.batch.source
    rng, kept = np.random.default_rng(seed), fidelities or (1.0,) * len(ready.templates)
    run = _EstimateRun(ready, flat_values(source, values), shots, rng, kept)
    run.places = [p.places for p in prices] if prices is not None else run.places
    executions = [run.job(k) for k in range(len(ready.templates))]
    ebits = bits = None
    if prices is not None:
        ebits = sum(n * p.ebits for n, p in zip(executions, prices, strict=True))
        bits = sum(n * p.classical_bits for n, p in zip(executions, prices, strict=True))
        bits += run.joined
    return Estimate(
        ready.batch.method, run.total, run.variance, run.unit, shots, sum(executions),
        len(ready.templates), ebits, bits, ready.batch.bias, parameters_of(source),
    )  # fmt: skip


def exact_means(circuit: Circuit, values: Mapping[str, npt.ArrayLike]) -> Floats:
    """The outputs, all expectations, float64[items, outputs]."""
    flat = flat_values(circuit, values)
    groups, constant = settings(circuit)
    found = np.tile(constant, (len(flat), 1))
    for part in chunks(circuit, len(flat)):
        state = states(circuit, flat[part])
        for g in groups:
            seen = distribution(state, circuit.n_qubits, g) @ g.signs * g.coefficients
            np.add.at(found[part].T, g.outputs, seen.T)
    return found


def point_slots(prepared: Prepared, k: int, flat: Floats) -> Floats:
    """Slot values of all points of job k, for all items: [points * items, n_slots]."""
    points = prepared.batch.jobs[k].points
    n = prepared.templates[k].values.n_slots
    slots = np.zeros((points.count, len(flat), n))
    slots[:, :, : flat.shape[1]] = flat
    added = np.zeros((points.count, n))
    np.add.at(added, (points.point, points.slot), points.value)
    slots += added[:, None]
    return slots.reshape(points.count * len(flat), n)


def distributions(prepared: Prepared, k: int, slots: Floats) -> list[Floats]:
    """For every setting of job k the outcomes' probabilities, [len(slots), outcomes]."""
    if prepared.shares is not None:
        return prepared.shares(k, slots)
    circuit, (groups, _) = prepared.templates[k], prepared.settings[k]
    found: list[list[Floats]] = [[] for _ in groups]
    for part in chunks(circuit, len(slots)):
        state = states(circuit, slots[part])
        for shares, group in zip(found, groups, strict=True):
            shares.append(distribution(state, circuit.n_qubits, group))
    return [np.concatenate(shares) for shares in found]


def depolarized(shares: Floats, fidelity: float) -> Floats:
    """Outcomes that are right with this probability, and else uniform."""
    mixed: Floats = fidelity * shares + (1 - fidelity) / shares.shape[-1]
    return mixed


class _EstimateRun:
    def __init__(
        self,
        prepared: Prepared,
        flat: Floats,
        shots: int | None,
        rng: np.random.Generator,
        fidelities: Sequence[float],
    ) -> None:
        self.fidelities = fidelities
        self.prepared, self.flat, self.shots, self.rng = prepared, flat, shots, rng
        source = prepared.batch.source
        shape = (len(flat), len(source.outputs), len(parameter_slots(source.values)))
        self.total = np.zeros(shape)
        self.variance = np.zeros(shape)
        self.unit = np.zeros(shape)
        self.weights = Weights(prepared, flat)
        self.places: list[FinalPlaces | None] = [None] * len(prepared.templates)
        self.joined = 0  # bits that put outcomes of several nodes together
        self.following = followers(prepared.batch)

    def job(self, k: int) -> int:
        """Add what job k gives, and the bits that join its outcomes; the number of its
        executions."""
        job = self.prepared.batch.jobs[k]
        reader = reader_of(self.prepared.batch, job)
        constant = self.prepared.settings[k][1]
        items, executions = len(self.flat), 0
        exact = [
            depolarized(shares, self.fidelities[k])
            for shares in distributions(self.prepared, k, point_slots(self.prepared, k, self.flat))
        ]
        for p in range(self.prepared.batch.jobs[k].points.count):
            matrix = self.weights.of_point(k, p)
            self.total += np.einsum("w,iwtj->itj", constant, matrix)
            groups = self.prepared.at_point(k, p)
            to = told_at(job, p, self.following) if self.places[k] else {}
            for setting, shares, part in zip(groups, exact, parts_of(groups), strict=True):
                share = self.weights.share(k, p) * part
                wanted = 0 if self.shots is None else shots_of(self.shots, share)
                executions += wanted * items
                each = telling(setting, self.places[k], to, reader).joined
                self.joined += wanted * items * each
                mine = shares[p * items : (p + 1) * items]
                self._measure(setting, mine, matrix, wanted, share)
        return executions

    def _measure(
        self, setting: Setting, exact: Floats, matrix: Floats, wanted: int, share: float
    ) -> None:
        """Add the mean of what one setting contributes, and its variance."""
        moved = matrix[:, setting.outputs]
        columns = np.flatnonzero(moved.any(axis=(0, 1, 2)))
        if not len(columns) or not share:
            return
        scale = setting.coefficients[:, None, None] * moved[..., columns]
        worth = np.einsum("ow,iwtj->iotj", setting.signs, scale)
        mean, spread = _moments(exact, worth)
        self.unit[:, :, columns] += spread / share
        if self.shots is not None:
            drawn = self.rng.multinomial(wanted, exact)
            mean, seen = _moments(drawn / wanted, worth)
            self.variance[:, :, columns] += seen / max(wanted - 1, 1)
        self.total[:, :, columns] += mean


def parts_of(groups: Sequence[Setting]) -> list[float]:
    """How a point's shots are spread over its settings: by their ranges."""
    spans = np.array([g.span for g in groups])
    return [float(x) for x in spans / max(spans.sum(), 1e-300)]


def shots_of(shots: int, share: float) -> int:
    """Executions of a point, or a setting of one, for `shots` of a derivative of unit range."""
    return int(np.ceil(shots * share - 1e-9))


def _moments(shares: Floats, worth: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of `worth` [items, outcomes, ...] over outcomes with these shares."""
    mean = np.einsum("io,iotj->itj", shares, worth)
    square = np.einsum("io,iotj->itj", shares, worth**2)
    return mean, np.maximum(square - mean**2, 0.0)


class Weights:
    """How much every point contributes to every derivative, at given values.

    `parameters`: derivatives that are not identically 0, over all outputs; `spread`: the range
    of the widest.
    """

    def __init__(self, prepared: Prepared, flat: Floats) -> None:
        batch, self._prepared = prepared.batch, prepared
        self.batch = batch
        self.templates = prepared.templates
        values = batch.source.values
        self._place = {s: k for k, s in enumerate(parameter_slots(values))}
        self._outputs = len(batch.source.outputs)
        if batch.by_site:
            rows = [values.extend(row) for row in flat]
            self._chain = np.zeros((len(flat), len(batch.sites), len(self._place)))
            for k, site in enumerate(batch.sites):
                for i, row in enumerate(rows):
                    for slot, factor in chain(site, row).items():
                        self._chain[i, k, self._place[slot]] += factor
        else:
            one = np.eye(len(self._place))
            self._chain = np.broadcast_to(one, (len(flat), *one.shape))
        self._shares = self._all_shares()

    def of_point(self, k: int, p: int) -> Floats:
        """float64[items, template outputs, outputs, parameters]."""
        c = self.batch.jobs[k].contributions
        mine = np.flatnonzero(c.point == p)
        n_outputs = len(self.templates[k].outputs)
        shape = (len(self._chain), n_outputs, self._outputs, len(self._place))
        found = np.zeros(shape)
        for m in mine.tolist():
            found[:, c.output[m], c.target[m]] += c.factor[m] * self._chain[:, c.column[m]]
        return found

    def share(self, k: int, p: int) -> float:
        """Executions of the point for one shot of a derivative of unit range."""
        return float(self._shares[k][p])

    def _all_shares(self) -> list[Floats]:
        """Hoeffding: a derivative of range W wants W**2 times the shots of one of range 1, of
        which a point that contributes up to w gets the part w / W."""
        ranges = [
            [self._range(k, p) for p in range(job.points.count)]
            for k, job in enumerate(self.batch.jobs)
        ]
        whole = np.zeros((self._outputs, len(self._place)))
        for points in ranges:
            for mine in points:
                whole += mine
        self.columns = tuple(self._place)
        self.parameters = int((whole > 0).sum())
        self.spread = float(whole.max(initial=0.0))
        shares = [
            np.array([float((mine * whole).max(initial=0.0)) for mine in points])
            for points in ranges
        ]
        if self.batch.bias:  # half of epsilon is the bias's, so shots have the other half
            return [4 * s for s in shares]
        if self.batch.method in (
            "shadow",
            "global_shadow",
        ):  # a basis is drawn before it is known what it serves
            return [np.full(len(s), s.max(initial=0.0)) for s in shares]
        return shares

    def _range(self, k: int, p: int) -> Floats:
        """float64[outputs, parameters]: the most that the point's outcome can contribute."""
        matrix = np.abs(self.of_point(k, p)).max(axis=0)
        norms = np.zeros(len(matrix))
        for setting in self._prepared.at_point(k, p):
            np.add.at(norms, setting.outputs, np.abs(setting.coefficients))
        found: Floats = np.einsum("w,wtj->tj", norms, matrix)
        return found
