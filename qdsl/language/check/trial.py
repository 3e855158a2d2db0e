"""A trial run: sizes, indices and states, at the sizes that a file itself asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qdsl.diagnostics.diagnostic import Diagnostics, InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.language.lowering.context import Enough
from qdsl.language.lowering.declare import declare
from qdsl.language.lowering.elaborate import Elaborator
from qdsl.language.lowering.sizes import refuse_absurd, size_of, work
from qdsl.language.typed.program import Checked, Experiment, ModelInfo
from qdsl.language.values.steps import Count

MAX_OPERATIONS = 10_000  # beyond, loops run their first two and their last iteration
BUDGET = 20_000


def try_models(
    checked: Checked,
    models: Iterable[ModelInfo],
    experiments: Iterable[Experiment],
    problems: Diagnostics,
) -> None:
    """Unroll every model at its defaults, and as each experiment sets it."""
    wanted = [e for e in experiments if e.settings]
    for model in models:
        tried: list[Mapping[str, int]] = []
        if all(value is not None for value in model.parameters.values()):
            tried.append({})
        tried += [e.settings for e in wanted if e.model == model.name]
        for settings in tried:
            if all(v is not None or p in settings for p, v in model.parameters.items()):
                _try(checked, model, settings, problems)


def _try(
    checked: Checked, model: ModelInfo, settings: Mapping[str, int], problems: Diagnostics
) -> None:
    before = len(problems)
    network = checked.networks.get(model.network) if model.network else None
    try:
        declared = declare(checked, model, settings, problems, network)
        if len(problems) > before:
            return
        tally = size_of(model, declared)
        problems.extend(refuse_absurd(model, tally))
        if len(problems) > before:
            return
        run = Elaborator(declared, network, Count(), problems)
        run.state.is_partial = tally is None or work(tally) > MAX_OPERATIONS
        run.state.budget = BUDGET
        run.run(model.declaration.body, declared.scope)
    except Enough:
        return
    except Refusal as refusal:
        problems.add(refusal.problem)
    except InvalidProgram as invalid:
        problems.extend(invalid.diagnostics)
