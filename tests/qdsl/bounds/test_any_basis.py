"""Pinned gates cost what their diagonal spelling costs, and no bound is above that."""

from __future__ import annotations

import pytest

import qdsl
from qdsl.bounds.bounds import bounds_of
from qdsl.driver.pass_manager import DEFAULT_PASSES

TWO = """network two { node a { qubits 2, comm 2 }
 node b { qubits 2, comm 2 }
 link a -- b { rate 1 kHz } }
"""
GATES = ["cx", "cy", "crx(0.3)", "cry(0.3)", "rxx(0.3)", "rot(0.3) YX", "rot(0.3) YZ", "cz"]
EXACT = tuple("partition-exact" if p == "partition" else p for p in DEFAULT_PASSES)


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("passes", [DEFAULT_PASSES, EXACT])
def test_a_pinned_gate_on_a_remote_qubit_takes_one_ebit(gate: str, passes: tuple[str, ...]) -> None:
    text = (
        TWO
        + f"""
model m() on two {{ qubits p, q
 at b {{ rz(0.2) q; ry(0.4) q; rx(0.3) q }}
 at a {{ ry(0.2) p; {gate} p, q }}
 at b {{ rz(0.2) q; ry(0.4) q; rx(0.3) q }}
 return sample(p, q) }}
"""
    )
    compiled = qdsl.loads(text).compile("m", passes=passes)
    found = bounds_of(compiled.scheduled.distributed)
    assert found is not None and found.ebits == 1 and found.at_least <= 1
