"""The training loop: batches, steps, held-out items, early stop, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.records import dataclass
from qdsl.run.checkpoint import BadCheckpoint, Keeper, Snapshot
from qdsl.run.job import CannotRun, OnStep
from qdsl.run.losses import Loss, mean_loss
from qdsl.run.splits import Items
from qdsl.run.training.gradients import Array, Batch, Method, Params, Used


@dataclass(frozen=True, slots=True)
class DescentPlan:
    """What to do. `batch`: items a step; `seed` decides the order of items and all shots;
    `patience`: steps without a better loss (held out, else of the batch) before the end."""

    method: Method
    loss: Loss
    optimiser: Any
    steps: int
    batch: int
    seed: int
    patience: int | None


@dataclass(slots=True)
class TrainingState:
    """A run between two steps: `losses[k]` and `held_out[k]` are of step k, before and after it;
    `used[k]` what it took. `best` has the parameters after `best_step` steps, of `best_loss`."""

    params: dict[str, Array]
    state: Any
    best: dict[str, Array]
    best_step: int = 0
    best_loss: float = float("inf")
    losses: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    used: list[Used] = field(default_factory=list)

    @property
    def step(self) -> int:
        return len(self.losses)


def chosen(batch: Batch, items: Items) -> Batch:
    """Some items of a batch; without vectors that vary, the one item there is."""
    return Batch(batch.shared, {k: a[items] for k, a in batch.items.items()}, batch.labels[items])


def batches(items: int, size: int, seed: int) -> Iterator[Items]:
    """The items of every step: each once before any comes again, in an order of `seed`."""
    rng = np.random.default_rng(seed)
    order = np.zeros(0, np.int64)
    while True:
        if len(order) < size:
            order = np.concatenate([order, rng.permutation(items)])
        found, order = order[:size], order[size:]
        yield found


def descend(
    plan: DescentPlan,
    start: Params,
    training: Batch,
    held_out: Batch | None,
    keeper: Keeper | None,
    on_step: OnStep | None,
) -> TrainingState:
    """Run the steps; the same bytes for the same plan, also where a checkpoint lies between."""
    update = _update(plan.optimiser)
    progress = _fresh(plan, start)
    snapshot = keeper.start() if keeper else None
    if snapshot is not None:
        _restore(progress, snapshot, held_out is not None, plan.seed)
    order = batches(len(training.labels), plan.batch, plan.seed)
    for _ in range(progress.step):
        next(order)
    holds_out = held_out is not None
    while progress.step < plan.steps and not _is_stuck(plan, progress, holds_out):
        key = (plan.seed, 2, progress.step)
        value, slope, used = plan.method.gradient(
            progress.params, chosen(training, next(order)), key
        )
        _require_finite(value, slope, progress.step)
        before = progress.params
        progress.params, progress.state = update(before, slope, progress.state)
        progress.losses.append(value)
        watched, of_params = value, before
        if held_out is not None:
            values, more = plan.method.forward(progress.params, held_out, (plan.seed, 3, *key[2:]))
            watched, of_params = mean_loss(plan.loss, values, held_out.labels), progress.params
            progress.held_out.append(watched)
            used = used.plus(more)
        progress.used.append(used)
        if watched < progress.best_loss:
            progress.best_loss, progress.best = watched, of_params
            progress.best_step = progress.step - (not holds_out)
        if on_step is not None:
            on_step(progress.step, plan.steps, value)
        is_last = progress.step == plan.steps or _is_stuck(plan, progress, holds_out)
        if keeper is not None and keeper.is_due(is_last):
            keeper.write(_snapshot(progress, plan.seed))
    return progress


def _is_stuck(plan: DescentPlan, progress: TrainingState, holds_out: bool) -> bool:
    """Have so many steps shown no better loss? The loss of a batch is that before the step, so the
    best one was seen in the step after `best_step`."""
    if plan.patience is None or not progress.step:
        return False
    last_better = progress.best_step + (not holds_out)
    return progress.step - last_better >= plan.patience


def _require_finite(value: float, slope: Params, step: int) -> None:
    if not np.isfinite(value) or not all(np.isfinite(a).all() for a in slope.values()):
        raise CannotRun(
            f"the loss or its gradient is no finite number in step {step + 1}: take a smaller "
            "learning rate, or another loss"
        )


def _update(optimiser: Any) -> Callable[..., tuple[dict[str, Array], Any]]:
    import jax
    import optax

    @jax.jit
    def update(params: Any, slope: Any, state: Any) -> Any:
        changes, state = optimiser.update(slope, state, params)
        return optax.apply_updates(params, changes), state

    def plain(params: Params, slope: Params, state: Any) -> tuple[dict[str, Array], Any]:
        params, state = jax.tree.map(np.asarray, update(dict(params), dict(slope), state))
        return dict(params), state

    return plain


# ---- snapshots ---------------------------------------------------------------------------


def _fresh(plan: DescentPlan, start: Params) -> TrainingState:
    import jax

    params = {k: np.asarray(v, np.float64) for k, v in start.items()}
    state = jax.tree.map(np.asarray, plan.optimiser.init(params))
    return TrainingState(params, state, params)


def _snapshot(progress: TrainingState, seed: int) -> Snapshot:
    import jax

    arrays: dict[str, npt.NDArray[Any]] = {
        "losses": np.array(progress.losses),
        "held_out": np.array(progress.held_out),
    }
    arrays |= {f"params/{k}": v for k, v in progress.params.items()}
    arrays |= {f"best/{k}": v for k, v in progress.best.items()}
    leaves = jax.tree.leaves(progress.state)
    arrays |= {f"optimiser/{k}": np.asarray(v) for k, v in enumerate(leaves)}
    # Python's integers: what a run takes may be beyond 2**63
    facts = {
        "seed": seed,
        "step": progress.step,
        "best_step": progress.best_step,
        "best_loss": progress.best_loss,
        "used": [list(u) for u in progress.used],
    }
    return Snapshot(arrays, facts)


def _require_whole(fresh: Snapshot, found: Snapshot, holds_out: bool) -> None:
    """BadCheckpoint unless what was found has the form of a run's snapshot, and is consistent."""
    arrays, facts = found.arrays, found.facts
    try:
        steps, used, best = facts["step"], facts["used"], facts["best_step"]
        forms = {k: (a.shape, a.dtype) for k, a in fresh.arrays.items()}
        number = np.dtype(np.float64)
        forms |= {"losses": ((steps,), number), "held_out": ((steps * holds_out,), number)}
        fits = {k: (a.shape, a.dtype) for k, a in arrays.items()} == forms
        fits = fits and all(np.isfinite(a).all() for a in arrays.values())
        fits = fits and len(used) == steps and type(best) is int and 0 <= best <= steps
        fits = fits and isinstance(facts["best_loss"], float)
        fits = fits and facts.get("seed", fresh.facts["seed"]) == fresh.facts["seed"]
        fits = fits and all(len(u) == 3 and all(type(n) is int and n >= 0 for n in u) for u in used)
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise BadCheckpoint("the checkpoint is damaged: start anew in another folder")


def _restore(progress: TrainingState, snapshot: Snapshot, holds_out: bool, seed: int) -> None:
    import jax

    _require_whole(_snapshot(progress, seed), snapshot, holds_out)
    arrays, facts = snapshot.arrays, snapshot.facts
    progress.params = {k: arrays[f"params/{k}"] for k in progress.params}
    progress.best = {k: arrays[f"best/{k}"] for k in progress.best}
    leaves, shape = jax.tree.flatten(progress.state)
    found = [arrays[f"optimiser/{k}"] for k in range(len(leaves))]
    progress.state = jax.tree.unflatten(shape, found)
    progress.best_step, progress.best_loss = facts["best_step"], facts["best_loss"]
    progress.losses = arrays["losses"].tolist()
    progress.held_out = arrays["held_out"].tolist()
    progress.used = [Used(*u) for u in facts["used"]]
