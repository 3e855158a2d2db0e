"""A graph network trained on MUTAG through the circuits of its gradients: the same model trained
classically, by derived circuits without shot noise, and by their shots, which are counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from qdsl.analysis.cost import cost
from qdsl.backends.jax.jax import precise
from qdsl.gradient.planning import plan
from qdsl.gradient.running import GradientPlan
from qdsl.ir.stages import Circuit
from qdsl.records import dataclass
from qdsl.run.training.communication import alternatives
from qdsl.run.training.gradients import (
    Batch,
    Each,
    Method,
    Params,
    Shots,
    Used,
    exact,
    first_output,
    joined_by_term,
    loss_slope,
    sampled,
)
from qdsl.run.training.loop import DescentPlan, chosen, descend
from qdsl.run.training.optimisers import optimiser
from qdsl.studies.paper.accuracy import Score, stratified, without_data
from qdsl.studies.paper.datasets.folder import data_sets
from qdsl.studies.paper.datasets.sets import Floats, GraphSet, Ints
from qdsl.studies.paper.diffusions import Hops, branches, in_order
from qdsl.studies.paper.findings import (
    FALSE_AS_READ,
    NOT_SHOWN,
    SHOWN,
    ClaimFinding,
    FindingTable,
    Part,
    Settings,
)
from qdsl.studies.paper.inference import model
from qdsl.studies.paper.ridge_networks import RowMap

CLAIM = "a graph network is trained on MUTAG by gradients from circuits"
WHERE = "abstract: training by sending quantum states"
TITLE = "A graph network trained through its circuits, on MUTAG"
SET = "mutag"
NODES, FEATURES = 32, 16
HOPS = Hops(ppr=3)
SCALE = 4.0  # of the mean, which is compared with -1 and 1
BATCH, SHOTS, FOLDS = 20, 100, 10
METHOD = "commuting_block"
KINDS = ("adjoint", "circuits", "shots")
SAYS = {
    "adjoint": "classical, adjoint method",
    "circuits": "derived circuits, exact",
    "shots": f"derived circuits, {SHOTS} shots",
}


@dataclass(frozen=True, slots=True)
class MoleculeRun:
    """One training: losses of the batches by step, shares right of the graphs trained on and of the
    test fold, the trained parameters and what was executed and sent."""

    losses: tuple[float, ...]
    trained: float
    tested: float
    params: Mapping[str, Floats]
    used: Used


@dataclass(frozen=True, slots=True, eq=False)
class Molecules:
    """Amplitudes float[graphs, NODES, FEATURES], labels -1 and 1, and the fold of every graph."""

    x: Floats
    labels: Floats
    fold: Ints


def trained_molecules(settings: Settings) -> Part:
    there = {} if settings.folder is None else data_sets(Path(settings.folder))
    if SET not in there:
        return without_data("trained-molecules", TITLE, CLAIM, WHERE)
    data = there[SET]()
    assert isinstance(data, GraphSet)
    molecules = loaded(in_order(data), settings.seed)
    steps, folds = (5, 1) if settings.is_quick else (100, 4)
    with precise():
        methods = methods_of(settings)
        found = {
            kind: [
                trained(methods[kind], molecules, fold, steps, settings, SAYS[kind])
                for fold in range(1 if kind == "circuits" else folds)
            ]
            for kind in KINDS
        }
    once = _at_once(molecules)
    return Part(
        "trained-molecules",
        TITLE,
        (_agrees(found), _learns(found, molecules, settings), _saves(found, once)),
        _tables(found, once),
        f"{steps} steps of Adam (0.1) on batches of {BATCH}, on {folds} of {FOLDS} folds, the "
        "parameters of the last step: nothing is chosen by the test folds; exact circuits on the "
        "first fold alone. Features: degrees as "
        "labels, 3 terms of personalised PageRank, 15 principal components of equal variance, and "
        "a constant; alice loads them for all nodes and keeps the qubits of the nodes, 4 qubits of "
        "features go back and forth through 2 layers of either party. The loss is (4 mean - "
        "label)**2. A step by shots executes the circuits of commuting blocks for every graph of "
        "the batch, and the program itself for its value; all are counted, as are the bits that "
        "correct teledata. Gradients of exact circuits are what infinitely many shots give, and "
        "nothing is counted for them. Bits at once: all data or parameters of others to one "
        "party, who trains alone. Test accuracies of single folds of 18 or 19 graphs move in "
        "steps of 5 points.",
    )


def loaded(data: GraphSet, seed: int) -> Molecules:
    """What alice loads for every graph; the map of features is made without labels."""
    x = np.concatenate(list(branches(data, "degrees", HOPS)), axis=1)
    rows = RowMap.of(x, FEATURES - 1, 1.0).rows(x)
    found = np.zeros((len(data.labels), NODES, FEATURES))
    for graph in range(len(found)):
        own = rows[data.graph_of == graph]
        found[graph, : len(own), : own.shape[1]] = own
    labels = np.where(data.labels > 0, 1.0, -1.0)
    return Molecules(found, labels, stratified(data.labels, FOLDS, seed))


def circuit_of() -> Circuit:
    return model("molecules").lower(settings={"nodes": NODES, "features": FEATURES})


# ---- gradients ---------------------------------------------------------------------------


def loss(values: Any, labels: Any) -> Any:
    """Of every graph."""
    return (SCALE * values - labels) ** 2


def methods_of(settings: Settings) -> dict[str, Method]:
    """How losses and gradients are taken, by `KINDS`."""
    settings.say("circuits of the gradients are derived and compiled")
    circuit = circuit_of()
    reference = exact(circuit, loss, [lambda values: values])
    planned = plan(circuit, METHOD)
    compiled = model("molecules").compile(
        settings={"nodes": NODES, "features": FEATURES}, verify=False
    )
    own, output = cost(compiled.scheduled), first_output(circuit)
    joined = joined_by_term(compiled.scheduled.distributed, output)
    each = Each(own.ebits, own.classical_bits, joined=joined)
    return {
        "adjoint": reference,
        "circuits": by_circuits(planned, reference),
        "shots": sampled(circuit, loss, planned, Shots(SHOTS, SHOTS, "as asked for"), each),
    }


def by_circuits(planned: GradientPlan, reference: Method) -> Method:
    """Gradients from the exact means of derived circuits."""
    slope_of: Callable[[Floats, Floats], Floats] = loss_slope(loss)

    def gradient(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        values, _ = reference.forward(params, batch, key)
        found = planned.estimate({**batch.shared, **params, **batch.items})
        total = slope_of(values, batch.labels) @ found.jacobian[:, 0]
        slope = {
            name: total[start : start + size].reshape(shape)
            for name, start, size, shape in found.parameters
        }
        return float(np.mean(loss(values, batch.labels))), slope, Used()

    return replace(reference, name=METHOD, gradient=gradient)


def trained(
    method: Method, data: Molecules, fold: int, steps: int, settings: Settings, name: str
) -> MoleculeRun:
    """On all graphs but those of a fold; the same start and batches for every method."""
    layers = model("molecules").checked.models["molecules"].parameters["layers"] or 1
    rng = np.random.default_rng((settings.seed, fold, 188))
    width = 2 * (FEATURES.bit_length() - 1)
    start = {owner: rng.normal(scale=0.5, size=(layers, width)) for owner in ("a", "b")}
    everything = Batch({}, {"X": data.x}, data.labels)
    seen, kept = np.flatnonzero(data.fold != fold), np.flatnonzero(data.fold == fold)
    made = optimiser("adam", {"lr": 0.1})
    descent = DescentPlan(method, loss, made, steps, BATCH, settings.seed, None)

    def step(k: int, of: int, value: float) -> None:
        settings.say(f"fold {fold}, {name}: step {k} of {of}, loss {value:.3f}")

    done = descend(descent, start, chosen(everything, seen), None, None, step)
    reference = exact(circuit_of(), loss, [lambda values: values])
    values = reference.forward(done.params, everything, (0,))[0]
    right = np.sign(values) == data.labels
    used = Used()
    for one in done.used:
        used = used.plus(one)
    return MoleculeRun(tuple(done.losses), float(right[seen].mean()), float(right[kept].mean()),
                       done.params, used)  # fmt: skip


def _at_once(data: Molecules) -> int:
    found = alternatives(circuit_of(), len(data.labels), frozenset({"X"}))
    return min((a.bits for a in found), default=0)


# ---- what is said ------------------------------------------------------------------------

Runs = dict[str, list[MoleculeRun]]


def largest_difference(runs: Runs) -> float:
    """Between losses of the classical training and of that by exact circuits, step by step."""
    pairs = zip(runs["adjoint"], runs["circuits"], strict=False)
    return max(float(np.abs(np.subtract(a.losses, b.losses)).max()) for a, b in pairs)


def _agrees(runs: Runs) -> ClaimFinding:
    worst = largest_difference(runs)
    return ClaimFinding(
        "gradients of derived circuits train the model as classical ones do",
        "follows from the abstract",
        f"losses of {len(runs['adjoint'][0].losses)} steps differ by at most {worst:.0e} without "
        "shot noise",
        "-",
        SHOWN,
        worst < 1e-6,
    )


def _learns(runs: Runs, data: Molecules, settings: Settings) -> ClaimFinding:
    by = {kind: _score(runs[kind]) for kind in KINDS}
    first, last = (_mean_loss(runs["shots"], ends) for ends in ("first", "last"))
    commoner = 100 * max((data.labels > 0).mean(), (data.labels < 0).mean())
    beats = settings.is_quick or by["shots"].mean > commoner
    return ClaimFinding(
        CLAIM,
        WHERE,
        f"by shots {by['shots']} per cent of the test folds right, classically {by['adjoint']}, "
        f"commoner class {commoner:.1f}; loss {first:.2f} to {last:.2f}",
        "-",
        SHOWN if beats else NOT_SHOWN,
        settings.is_quick or last < first,
    )


def _mean_loss(runs: list[MoleculeRun], ends: str) -> float:
    """Of the first or last tenth of the steps."""
    few = max(1, len(runs[0].losses) // 10)
    return float(np.mean([r.losses[:few] if ends == "first" else r.losses[-few:] for r in runs]))


def _saves(runs: Runs, once: int) -> ClaimFinding:
    ebits = runs["shots"][0].used.ebits
    return ClaimFinding(
        "training by quantum states saves communication on MUTAG",
        "often read so",
        f"a training takes {ebits:,} ebits; {once:,} bits at once do without",
        "-",
        FALSE_AS_READ,
        once < ebits,
    )


def _score(runs: list[MoleculeRun]) -> Score:
    return Score.of(np.array([r.tested for r in runs]))


def _tables(runs: Runs, once: int) -> tuple[FindingTable, ...]:
    """What came out, and what it took."""
    learned, taken = [], []
    for kind in KINDS:
        mine, used = runs[kind], runs[kind][0].used
        right = 100 * np.mean([r.trained for r in mine])
        learned.append(
            (
                SAYS[kind],
                str(len(mine)),
                f"{_mean_loss(mine, 'first'):.3f}",
                f"{_mean_loss(mine, 'last'):.3f}",
                f"{right:.1f}",
                str(_score(mine)),
            )
        )
        counted = (used.executions, used.ebits, used.classical_bits)
        taken.append((SAYS[kind], *(f"{n:,}" if n else "-" for n in counted)))
    return (
        FindingTable(
            "Losses of batches at the start and the end, accuracy in per cent on the graphs "
            "trained on and on the test folds",
            ("gradients", "folds", "before", "after", "trained on", "test"),
            tuple(learned),
        ),
        FindingTable(
            "What one training executes and sends",
            ("gradients", "executions", "ebits", "bits"),
            (*taken, ("parameters of others, once", "-", "-", f"{once:,}")),
        ),
    )
