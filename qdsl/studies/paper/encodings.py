"""One hop on the karate club in three constructions, for either owner of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qdsl.data.karate import one_hop
from qdsl.ir.stages import Eigenvalue, Expectation
from qdsl.studies.paper.findings import SHOWN, ClaimFinding, FindingTable, Part, Settings
from qdsl.studies.paper.inference import ebits, model

if TYPE_CHECKING:
    from qdsl.api import Compiled

Floats = npt.NDArray[np.float64]

NODES, FEATURES = 64, 4
CALLED = {"dilation": "dilation", "lcu": "coloured edges", "eigenbasis": "eigenbasis measured"}


def encodings(settings: Settings) -> Part:
    arrays, wanted = one_hop(NODES, 3, settings.seed)
    x, w = np.zeros((NODES, FEATURES)), np.zeros((FEATURES, FEATURES))
    x[:, :3], w[:3, :3] = arrays["X"], arrays["W"]
    a, s = arrays["A"], w @ w.T
    given: dict[str, Floats] = {
        "X": x,
        "A": a,
        "W": w,
        "Y": a @ x,
        "S": s,
        "M": np.kron(a @ a, s).astype(np.float64),
    }
    rows, worst = [], 0.0
    for owner in ("alice", "bob"):
        for kind, called in CALLED.items():
            settings.say(f"encodings: {called}, the graph at {owner}")
            compiled = model("one_hop").compile(model=f"{owner}_{kind}")
            error, success, scale = _run(compiled, given, wanted)
            worst = max(worst, error)
            sent = str(ebits(compiled))
            rows.append((owner, called, sent, f"{scale:.4g}", f"{success:.3f}", f"{error:.0e}",
                         _gram(compiled)))  # fmt: skip
    return Part(
        "encodings",
        "Block encodings, and a measurement that cannot fail: one hop on the karate club",
        (
            ClaimFinding(
                "the network is a circuit by dilation, by a combination of unitaries, and by a "
                "measurement in an eigenbasis",
                "constructions of our own",
                f"largest relative error against NumPy {worst:.0e}, for both owners of the graph",
                "-",
                SHOWN,
                worst < 1e-9,
            ),
        ),
        (
            FindingTable(
                "Qubits sent for one copy, what the squared norm is in units of (the square of "
                "all that the encodings divide by), chance that none fails (a failure counts as "
                "0), error, and bits of the protocol that sends the Gram matrix, to 0.1 of "
                "these units",
                ("graph at", "construction", "qubits", "unit", "success", "error", "Gram"),
                tuple(rows),
            ),
        ),
        "Where alice has features and graph, bits for her Gram matrix (10 numbers, however many "
        "nodes there are) replace the qubits; where bob has the graph there is none. "
        "The unit of a measured eigenbasis is the squared norm of alice's numbers; its outcomes "
        "are the eigenvalues of the matrix times that, so that its spread is a matter of the "
        "matrix and not of failures.",
    )


def _run(compiled: Compiled, given: dict[str, Floats], wanted: float) -> tuple[float, float, float]:
    """Relative error, chance of success, unit."""
    (output,) = compiled.circuit.outputs
    assert isinstance(output, Expectation | Eigenvalue)
    names = {v.name for v in compiled.circuit.values.vectors}
    (found,) = compiled.run({k: v for k, v in given.items() if k in names}).outputs
    assert found.mean is not None and found.success is not None and found.scale is not None
    return abs(found.mean - wanted) / wanted, found.success, found.scale


def _gram(compiled: Compiled) -> str:
    """Bits of the Gram matrix, "-" where it is none of the classical protocols."""
    baselines = compiled.assess().baselines
    assert baselines is not None
    bits = next(p.bits for p in baselines.protocols if p.name == "Gram matrix")
    return "-" if bits is None else str(bits)
