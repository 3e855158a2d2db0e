"""What a run and a training gave: plain data."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from qdsl.records import dataclass
from qdsl.runtime.traffic import NetworkRun

EXACT = 1e-12  # a mean of exact values below it is 0


class ShownInALine:
    """Short at the prompt: what is plain, but no long sequence."""

    __slots__ = ()

    def __repr__(self) -> str:
        shown = ((f.name, getattr(self, f.name)) for f in fields(self))  # type: ignore[arg-type]
        told = (f"{name} {_short(x)}" for name, x in shown if _is_plain(x))
        return f"<{type(self).__name__} {', '.join(told)}>"


def _is_plain(x: Any) -> bool:
    return isinstance(x, str | int | float) and not isinstance(x, bool) and x != ""


def _short(x: Any) -> str:
    return f"{x:.6g}" if isinstance(x, float) else str(x)


@dataclass(frozen=True, slots=True)
class OutputResult(ShownInALine):
    """One output of a run. `values`: for expectations, overlaps one number an item (the first
    100 items), for samples and probabilities {outcome: share} of the first item; `mean` is over
    all items; `standard_error` is None for exact results. `success`: the chance that no block
    encoding fails, failures counting as 0 in the value; `scale`: what one execution is multiplied
    by, the square of what the encodings divide by. Both are means over the items, and None for
    outputs without encodings to undo."""

    text: str
    kind: str
    values: Any
    mean: float | None = None
    standard_error: float | None = None
    success: float | None = None
    scale: float | None = None

    @property
    def shown_mean(self) -> float | None:
        """The mean for a reader: of exact values 0 where nothing but rounding is left of it."""
        is_rounding = self.standard_error is None and abs(self.mean or 0.0) < EXACT
        return 0.0 if self.mean is not None and is_rounding else self.mean


@dataclass(frozen=True, slots=True)
class Alternative:
    """A classical way to train without a quantum computer, and the bits it sends, in all."""

    name: str
    bits: int
    formula: str


@dataclass(frozen=True, slots=True)
class Training(ShownInALine):
    """A training run. `losses[k]` is the loss before step k (on that step's batch).

    - `held_out`: items kept from training; `held_out_losses[k]`: their loss after step k;
    - `tested`: items that nothing looked at before the end, and what they gave then;
    - `kept_step`: the step after which the parameters were taken: with held-out items that of
      the least loss of theirs, else the last;
    - `executions`, `ebits`, `classical_bits`: of all steps up to each, those for the held-out
      items included; empty where gradients are exact;
    - `noise`: the formula that the values were put through.
    """

    optimiser: str
    steps: int
    batch: int
    losses: tuple[float, ...]
    loss_before: float
    loss_after: float
    accuracy_before: float | None
    accuracy_after: float | None
    gradient: str
    held_out: int = 0
    held_out_losses: tuple[float, ...] = ()
    held_out_loss: float | None = None
    held_out_accuracy: float | None = None
    tested: int = 0
    test_loss: float | None = None
    test_accuracy: float | None = None
    kept_step: int | None = None
    stopped_early: bool = False
    noise: str | None = None
    executions: tuple[int, ...] = ()
    ebits: tuple[int, ...] = ()
    classical_bits: tuple[int, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class NoiseSimulation:
    """How noise was simulated, gate by gate. `method`: "density matrix", or "trajectories",
    "stabilisers" or "twirled stabilisers", whose number is `trajectories`; `fidelity`: of the final
    state to the one without noise, the mean over all items, with its standard error; None where
    the program measures on its way."""

    method: str
    trajectories: int | None
    fidelity: float | None
    fidelity_error: float | None


@dataclass(frozen=True, slots=True)
class RunResult(ShownInALine):
    """What a run gave. `random_inputs` names vectors that had no source and were drawn;
    `network` is what was counted where nodes ran in processes of their own. `of_source`: the
    source circuit was simulated, to which the compiled program was proved equal; `noise`: the
    formula that the values were put through; `classes`: the two labels for which the loss had -1
    and 1, None where they were these, or more than two, one an output; `parameters`: the model's,
    by name as nested lists, where they were trained or given; `simulation`: of the noise, where it
    was asked for. `settings`: the choices of a basis for every qubit that between them read all
    outputs; each was run `shots` times, and what one setting reads is from the same shots. None
    where values are exact."""

    experiment: str | None
    backend: str
    shots: int | None
    seed: int
    items: int
    outputs: tuple[OutputResult, ...]
    loss: float | None = None
    accuracy: float | None = None
    training: Training | None = None
    random_inputs: tuple[str, ...] = ()
    network: NetworkRun | None = None
    of_source: bool = False
    noise: str | None = None
    classes: tuple[float, ...] | None = None
    parameters: Any = None
    simulation: NoiseSimulation | None = None
    settings: int | None = None
