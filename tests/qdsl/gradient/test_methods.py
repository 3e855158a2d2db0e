"""Every method against automatic differentiation, on random models."""

from __future__ import annotations

import numpy as np
import pytest

from qdsl.gradient.estimation import estimated
from qdsl.passes.derive_gradient.derive import derived
from qdsl.verify.simulation.evolution import ChannelSide, final_states
from tests.qdsl.gradient.models import gradient_by_jax, random_model, random_values

EXACT = ("parameter_shift", "hadamard", "commuting_block", "overlap", "cat")


def agree(seeds: range, methods: tuple[str, ...]) -> None:
    for seed in seeds:
        model, values = random_model(seed), random_values(seed)
        reference = gradient_by_jax(model, values)
        for method in methods:
            batch = derived(model, method, epsilon=1e-4)
            found = estimated(batch, values).jacobian[0, 0]
            error = float(np.abs(found - reference).max())
            assert error <= batch.bias + 1e-9, (seed, method, error)


def test_methods_agree_with_autodiff() -> None:
    agree(range(8), (*EXACT, "finite_difference", "shadow"))


@pytest.mark.slow
def test_methods_agree_with_autodiff_on_300_models() -> None:
    agree(range(100, 400), (*EXACT, "finite_difference"))


@pytest.mark.slow
def test_shadows_agree_with_autodiff() -> None:
    """Every basis equally often: exact in the mean."""
    agree(range(400, 430), ("shadow",))


def test_several_outputs_and_items() -> None:
    model = random_model(5, outputs=3)
    first, second = random_values(5), random_values(6)
    batch = derived(model, "commuting_block")
    both = estimated(batch, {"x": np.stack([first["x"], second["x"]]), "w": first["w"]})
    assert both.jacobian.shape == (2, 3, 5)
    for item, x in enumerate((first["x"], second["x"])):
        for output in range(3):
            wanted = gradient_by_jax(model, {"x": x, "w": first["w"]}, output)
            assert both.jacobian[item, output] == pytest.approx(wanted, abs=1e-9)


def test_the_states_are_those_of_the_exact_evolution() -> None:
    from qdsl.gradient.states import states

    for seed in range(10):
        model, values = random_model(seed), random_values(seed)
        flat = np.concatenate([values["x"], values["w"]])
        mine = states(model, flat[None])[0, :, 0]
        (other,) = final_states(ChannelSide.of(model), flat, references=False).values()
        assert abs(np.vdot(mine, other[:, 0])) == pytest.approx(1.0, abs=1e-12)


def test_the_backend_agrees() -> None:
    """The reference gradient of the JAX backend, for a few models."""
    import jax

    from qdsl.backends.jax.jax import precise
    from qdsl.run.exact import compiled

    for seed in (1, 4):
        model, values = random_model(seed), random_values(seed)
        function = compiled(model)
        with precise():

            def loss(w: object, f: object = function, x: object = values["x"]) -> object:
                return f({"x": x, "w": w})[0]  # type: ignore[operator]

            reference = np.asarray(jax.grad(loss)(values["w"]))
        assert estimated(derived(model, "commuting_block"), values).jacobian[0, 0] == pytest.approx(
            reference, abs=1e-9
        )
