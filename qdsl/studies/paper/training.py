"""Training of several parties: sampled gradients counted, beside exact ones and what is classical.

Three arrangements: the paper's two parties in turn, features split between two parties, and a
pipeline of three parties.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.files.writing import write_bytes
from qdsl.records import dataclass
from qdsl.studies.paper.datasets.folder import data_sets
from qdsl.studies.paper.datasets.sets import Floats, GraphSet
from qdsl.studies.paper.findings import NOT_SHOWN, SHOWN, ClaimFinding, FindingTable, Part, Settings

if TYPE_CHECKING:
    from qdsl.run.result import Training

EXPERIMENT = """
experiment fit of {model} {{
  set {sizes}
  {data}
  label y from "points.npz:y"
  loss mse
  gradient {gradient}
  train adam(lr = 0.1) {{ steps {steps}, batch 20, seed {seed}, validation 0.25 }}
}}
"""
ITEMS = 80
GRADIENTS = {"exact": "exact", "sampled": "commuting_block { shots 100 }"}


@dataclass(frozen=True, slots=True, eq=False)
class TrainingCase:
    """A model beside this file, its sizes, and arrays by the names of its data; labels -1, 1."""

    title: str
    model: str
    sizes: str
    data: Mapping[str, Floats]
    labels: Floats


def several_parties(settings: Settings) -> Part:
    steps = 15 if settings.is_quick else 60
    results = []
    for case in cases(settings):
        for name, gradient in GRADIENTS.items():
            settings.say(f"{case.title}: {name} gradients")
            results.append((case, name, train(case, gradient, steps, settings.seed)))
    sampled = [(case, t) for case, name, t in results if name == "sampled"]
    return Part(
        "training",
        "Training of several parties",
        (_trains(sampled, steps), *_saves(sampled)),
        (
            FindingTable(
                f"Loss before and after {steps} steps of 20 items; accuracy on the quarter that "
                "was held out, beside the share of the commoner class; bits: all data and "
                "parameters of others sent to one party once, who trains alone; sampled gradients "
                "take twice as many classical bits as ebits",
                ("data", "gradients", "before", "after", "held out", "commoner", "ebits", "bits"),
                tuple(_row(case, name, t) for case, name, t in results),
            ),
        ),
        "A demonstration that it works and is counted, not of an advantage. Two classes are drawn "
        "points in 4 dimensions; iris is Fisher's, virginica against the others, petal length at "
        "alice and petal width at bob; mutag is molecules through three parties, by their numbers "
        "of atoms of each kind, brought to mean 0 and variance 1, and a constant.",
    )


def _trains(sampled: list[tuple[TrainingCase, Training]], steps: int) -> ClaimFinding:
    return ClaimFinding(
        "parties train their layers by sending quantum states",
        "abstract",
        f"sampled gradients, {steps} steps: "
        + "; ".join(
            f"{case.title}: loss {t.loss_before:.3f} to {t.loss_after:.3f}, {t.ebits[-1]:,} ebits"
            for case, t in sampled
        ),
        "-",
        SHOWN,
        all(t.loss_after < t.loss_before for _, t in sampled),
    )


def _saves(sampled: list[tuple[TrainingCase, Training]]) -> tuple[ClaimFinding, ...]:
    bits = [(case, _at_once(t), t.ebits[-1]) for case, t in sampled]
    return (
        ClaimFinding(
            "that saves communication exponentially",
            "abstract, for families of growing N with enough private freedom on both sides",
            "not at these sizes: "
            + "; ".join(f"{case.title}: {once:,} bits at once" for case, once, _ in bits),
            "-",
            NOT_SHOWN,
            all(once < ebits for _, once, ebits in bits),
        ),
    )


def _at_once(t: Training) -> int:
    return min((a.bits for a in t.alternatives), default=0)


def _row(case: TrainingCase, name: str, t: Training) -> tuple[str, ...]:
    return (
        case.title,
        name,
        f"{t.loss_before:.3f}",
        f"{t.loss_after:.3f}",
        "-" if t.held_out_accuracy is None else f"{t.held_out_accuracy:.2f}",
        f"{max((case.labels > 0).mean(), (case.labels < 0).mean()):.2f}",
        f"{t.ebits[-1]:,}" if t.ebits else "-",
        f"{_at_once(t):,}" if t.alternatives else "-",
    )


# ---- data ------------------------------------------------------------------------------


def cases(settings: Settings) -> list[TrainingCase]:
    """All three; the third where MUTAG is at hand."""
    return [_two_classes(settings.seed), _iris(), *_molecules(settings)]


def _two_classes(seed: int) -> TrainingCase:
    rng = np.random.default_rng((seed, 8))
    labels = rng.choice((-1.0, 1.0), ITEMS)
    centres = np.array([[1.0, 0.6, 0.2, 0.4], [0.2, 0.5, 1.0, -0.3]])
    points = centres[(labels > 0).astype(int)] + 0.25 * rng.normal(size=(ITEMS, 4))
    return TrainingCase("two classes", "layers", "n = 2, layers = 2", {"x": points}, labels)


def _iris() -> TrainingCase:
    """Lengths of petals at alice, widths at bob, as angles around their means."""
    text = files("qdsl.studies.paper").joinpath("models", "iris.csv").read_text(encoding="utf-8")
    heads, *rows = (line.split(",") for line in text.split())
    columns = {name: [row[k] for row in rows] for k, name in enumerate(heads)}
    length, width = (np.array(columns[f"petal_{of}"], float) for of in ("length", "width"))
    data = {"x": _standard(length)[:, None], "z": _standard(width)[:, None]}
    labels = np.array(columns["virginica"], float)
    return TrainingCase("iris, split", "vertical", "n = 1, layers = 2", data, labels)


def _standard(values: Floats) -> Floats:
    """Every column brought to mean 0 and variance 1."""
    found: Floats = (values - values.mean(axis=0)) / values.std(axis=0)
    return found


def _molecules(settings: Settings) -> list[TrainingCase]:
    there = {} if settings.folder is None else data_sets(Path(settings.folder))
    if "mutag" not in there:
        return []
    data = there["mutag"]()
    assert isinstance(data, GraphSet)
    counts = np.zeros((len(data.labels), data.features.shape[1]))
    np.add.at(counts, data.graph_of, data.features)
    points = np.ones((len(counts), 8))
    points[:, : counts.shape[1]] = _standard(counts)
    labels = np.where(data.labels > 0, 1.0, -1.0)
    return [TrainingCase("mutag", "pipeline", "n = 3, layers = 2", {"x": points}, labels)]


# ---- training --------------------------------------------------------------------------


def train(case: TrainingCase, gradient: str, steps: int, seed: int) -> Training:
    from qdsl.api import loads

    text = (
        files("qdsl.studies.paper")
        .joinpath("models", f"{case.model}.qdm")
        .read_text(encoding="utf-8")
    )
    text += EXPERIMENT.format(
        model=case.model,
        sizes=case.sizes,
        gradient=gradient,
        steps=steps,
        seed=seed,
        data=", ".join(f'data {name} from "points.npz:{name}"' for name in case.data),
    )
    with tempfile.TemporaryDirectory() as folder:
        arrays: dict[str, Any] = {"y": case.labels, **case.data}
        packed = BytesIO()
        np.savez(packed, **arrays)
        write_bytes(Path(folder) / "points.npz", packed.getvalue())
        program = loads(text, str(Path(folder) / f"{case.model}.qdm"), (Path(folder),))
        trained = program.compile(experiment="fit").run().training
    assert trained is not None
    return trained
