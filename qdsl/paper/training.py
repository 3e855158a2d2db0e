"""Training of two parties: sampled gradients counted, beside exact ones and what is classical."""

from __future__ import annotations

import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qdsl.paper.findings import NOT_SHOWN, SHOWN, Finding, Part, Settings, Table

if TYPE_CHECKING:
    from qdsl.report.data import Training

EXPERIMENT = """
experiment fit of layers {{
  set n = 2, layers = 2
  data x from "points.npz:x", label y from "points.npz:y"
  loss mse
  gradient {gradient}
  train adam(lr = 0.1) {{ steps {steps}, batch 20, seed {seed}, validation 0.25 }}
}}
"""
ITEMS = 80


def two_parties(settings: Settings) -> Part:
    """The paper's model on two noisy classes: alice holds the data, both hold layers."""
    steps = 15 if settings.is_quick else 60
    results = {
        name: _train(gradient, steps, settings.seed)
        for name, gradient in (("exact", "exact"), ("sampled", "kick { shots 100 }"))
    }
    sampled = results["sampled"]
    assert sampled.ebits and sampled.classical_bits
    best = min(sampled.alternatives, key=lambda a: a.bits, default=None)
    rows = tuple(
        (name, f"{t.loss_before:.3f}", f"{t.loss_after:.3f}",
         "-" if t.held_out_accuracy is None else f"{t.held_out_accuracy:.2f}",
         f"{t.ebits[-1]:,}" if t.ebits else "-",
         f"{t.classical_bits[-1]:,}" if t.classical_bits else "-")
        for name, t in results.items()
    )  # fmt: skip
    return Part(
        "training",
        "Training of two parties",
        (
            Finding(
                "both parties train their layers by sending quantum states",
                "abstract",
                f"sampled gradients: loss {sampled.loss_before:.3f} to {sampled.loss_after:.3f} in "
                f"{steps} steps, {sampled.ebits[-1]:,} ebits; exact gradients: "
                f"{results['exact'].loss_after:.3f}",
                "-",
                SHOWN,
                sampled.loss_after < sampled.loss_before,
            ),
            Finding(
                "that saves communication exponentially",
                "abstract, for families of growing N with enough private freedom on both sides",
                "not at this size: "
                + (f"'{best.name}' is {best.bits:,} bits" if best else "a few bits do it"),
                "-",
                NOT_SHOWN,
            ),
        ),
        (
            Table(
                f"{ITEMS} items in 4 dimensions, {steps} steps of 20 items",
                ("gradients", "loss before", "after", "held out", "ebits", "classical bits"),
                rows,
            ),
        ),
        "A demonstration that it works and is counted, not of an advantage: with few parameters "
        "on bob's side, his angles sent once are cheaper.",
    )


def _train(gradient: str, steps: int, seed: int) -> Training:
    from qdsl.api import loads

    rng = np.random.default_rng((seed, 8))
    labels = rng.choice((-1.0, 1.0), ITEMS)
    centres = np.array([[1.0, 0.6, 0.2, 0.4], [0.2, 0.5, 1.0, -0.3]])
    points = centres[(labels > 0).astype(int)] + 0.25 * rng.normal(size=(ITEMS, 4))
    text = files("qdsl.paper").joinpath("models", "layers.qdm").read_text(encoding="utf-8")
    text += EXPERIMENT.format(gradient=gradient, steps=steps, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "points.npz", x=points, y=labels)
        program = loads(text, str(Path(folder) / "layers.qdm"), (Path(folder),))
        trained = program.compile(experiment="fit").run().training
    assert trained is not None
    return trained
