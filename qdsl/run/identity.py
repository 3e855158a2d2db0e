"""Everything that decides a run, as plain facts for a digest.

Of a program, its network and its compiled form all fields count, exactly: what they print leaves
out fields and digits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from qdsl import __version__
from qdsl.run.job import RunJob

if TYPE_CHECKING:
    from qdsl.language.typed.program import Experiment

# where lines come from; of an experiment: its name, what its data and its loss are read from, and
# what may differ from one part of a training run to the next
PLACES: Final = frozenset({"span", "spans"})
NOT_TRAINING: Final = frozenset({"name", "sources", "loss_expression", "steps", "shots"})


def exact_facts(value: Any) -> Any:
    """JSON-ready: of records all fields but their places in a source, of arrays type, shape and
    SHA-256. TypeError for what is neither these nor a plain value."""
    if is_dataclass(value) and not isinstance(value, type):
        names = (f.name for f in fields(value) if f.name not in PLACES)
        return [type(value).__name__, {n: exact_facts(getattr(value, n)) for n in names}]
    if isinstance(value, np.ndarray):
        content = hashlib.sha256(np.asarray(value, order="C").tobytes()).hexdigest()
        return [value.dtype.str, list(value.shape), content]
    if isinstance(value, np.generic):
        return exact_facts(value.item())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        value = {n: getattr(value, n) for n in value._fields if n not in PLACES}
    if isinstance(value, Mapping):
        return {str(k): exact_facts(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [exact_facts(v) for v in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a run may not depend on a {type(value).__name__}")


def training_facts(job: RunJob, seed: int) -> dict[str, Any]:
    """What decides how a run trains, but for its data: not how many steps, nor with which backend
    and how many shots the trained program is run."""
    experiment: Experiment | None = job.experiment
    assert experiment is not None
    names = (f.name for f in fields(experiment) if f.name not in NOT_TRAINING | PLACES)
    return {
        "qdsl": __version__,
        "program": exact_facts(job.circuit),
        "compiled": exact_facts(job.scheduled),
        "options": exact_facts(job.options),
        "experiment": {name: exact_facts(getattr(experiment, name)) for name in names},
        "seed": seed,
    }
