"""The lowest versions as constraints: one for every library with a lower bound, below the pins."""

from __future__ import annotations

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.lowest import constraints, lowest, requirements
from tests.sources import ROOT


def test_every_lower_bound_is_a_constraint_below_the_pinned_version() -> None:
    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        pins[canonicalize_name(name)] = version
    found = dict(line.split("==") for line in constraints())
    assert {"click", "lark", "networkx", "numpy", "scipy", "jax", "pytket", "numba"} <= set(found)
    assert "qulacs" not in found and "qdsl-compiler" not in found
    for name, version in found.items():
        assert Version(version) <= Version(pins[canonicalize_name(name)]), name


def test_every_requirement_has_a_lower_bound() -> None:
    assert [r.name for r in requirements() if lowest(r) is None] == []
    assert lowest(Requirement("a>=1.2,<2; sys_platform != 'x'")) == "1.2"
    assert lowest(Requirement("a")) is None
