"""What decides a training run: every field of the program and of its network, in all digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

import qdsl
from qdsl.network.models import Distillation, LinkModel, NodeModel
from qdsl.network.network import Link, Network, Node
from qdsl.run.identity import exact_facts, training_facts

SOURCE = """
network two { node a { qubits 2, comm 1, gate_fidelity 0.98 }, node b { qubits 2, comm 1 },
              link a -- b { fidelity 0.8, rate 1 kHz, latency 20 us } }
model m() on two {
  data x: real owner a
  param w: angle[2] owner b
  qubits p, q
  at a { ry(x) p }
  at b { cx p, q; rx(0.123*w[0]) q; ry(w[1] + 0.3) q }
  return expect(0.7*Z q)
}
experiment fit of m {
  data x from "d.csv:x", label y from "d.csv:y", loss mse, noise depolarizing
  train adam(lr = 0.1) { steps 6, batch 2, seed 5 }
}
"""


Facts = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("data")
    (folder / "d.csv").write_text("x,y\n0.1,1\n0.2,-1\n")

    def found(source: str, **compiling: Any) -> dict[str, Any]:
        program = qdsl.loads(source, folders=[folder])
        made = program.compile(experiment="fit", verify=False, **compiling)
        return training_facts(made.job_of(None, None, None, "jax", None), 5)

    return found


@pytest.fixture(scope="module")
def known(facts: Facts) -> dict[str, Any]:
    return facts(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fidelity 0.8,", "fidelity 0.8000000000000002,"),
        ("rate 1 kHz", "rate 1.001 kHz"),
        ("latency 20 us", "latency 21 us"),
        ("gate_fidelity 0.98", "gate_fidelity 0.9800000000000001"),
        ("gate_fidelity 0.98", "gate_fidelity 0.98, t2 1 ms"),
        ("comm 1 },", "comm 2 },"),
        ("qubits 2, comm 1 },", "qubits 3, comm 1 },"),
        ("0.123*", "0.12300000000000001*"),
        ("+ 0.3)", "+ 0.30000000000000004)"),
        ("0.7*Z", "0.7000000000000001*Z"),
        ("lr = 0.1", "lr = 0.10000000000000002"),
        ("noise depolarizing", "noise simulated"),
        ("seed 5", "seed 6"),
    ],
)
def test_a_change_that_no_print_shows(
    facts: Facts, known: dict[str, Any], old: str, new: str
) -> None:
    assert old in SOURCE
    assert facts(SOURCE.replace(old, new)) != known


def test_what_may_differ(facts: Facts, known: dict[str, Any]) -> None:
    assert facts(SOURCE.replace("steps 6", "steps 9")) == known
    assert facts("// a comment\n" + SOURCE.replace("  at a", "\n\n  at a")) == known
    assert facts(SOURCE.replace("noise dep", "shots 100, noise dep")) == known


def test_how_it_is_compiled_counts(facts: Facts, known: dict[str, Any]) -> None:
    assert facts(SOURCE, options={"seed": 3})["options"] != known["options"]
    longer = facts(SOURCE, options={"gates_per_ebit": 1})
    assert longer["compiled"] != known["compiled"]


OTHER = {
    str: "other", int: 7, float: 0.123, tuple: (1, 2, 3), type(None): 1,
    NodeModel: NodeModel(0.5), LinkModel: LinkModel(5.0),
}  # fmt: skip
NODE = Node("a", 2, model=NodeModel(hardware="h", source="s"))
LINK = Link(0, 1, model=LinkModel(), preset="p", source="s")
NETWORK = Network("n", (NODE, replace(NODE, name="b")), (LINK,))


@pytest.mark.parametrize(
    "record",
    [NODE, LINK, NETWORK, NODE.physics, LINK.physics, Distillation()],
    ids=lambda r: type(r).__name__,
)
def test_every_field_counts(record: Any) -> None:
    own = exact_facts(record)
    for f in fields(record):
        if f.name == "distilled":  # follows from the rest
            continue
        now = getattr(record, f.name)
        other = OTHER[type(now)]
        if f.name == "distillation":
            other = Distillation()
        if f.name == "protocol":
            other = "bbpssw"
        if isinstance(record, Network) and f.name in ("nodes", "links"):
            other = (*now, *now[:1])
        assert exact_facts(replace(record, **{f.name: other})) != own, f.name


def test_only_plain_values() -> None:
    with pytest.raises(TypeError, match="may not depend on a object"):
        exact_facts([object()])
