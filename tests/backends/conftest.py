"""Fixtures of the backends' tests."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["direct", "blocks"])
def narrow_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test that takes this runs in both ways, the second with blocks of three lanes."""
    from qdsl.backends.jax import blocks as _jax_blocks

    if request.param == "blocks":
        monkeypatch.setattr(_jax_blocks, "SMALL", 3)
        monkeypatch.setattr(_jax_blocks, "WIDTH", 3)
        monkeypatch.setattr(_jax_blocks, "DEPTH", 7)
