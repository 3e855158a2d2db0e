"""What a distribution would cost if a pair could serve a few gates only, before it decays."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.analysis.pair_links import links_of_halves
from qdsl.ir.operations import BY_NAME
from qdsl.ir.primitives import Effect
from qdsl.ir.rules.distributed import gates_of_copies
from qdsl.ir.stages import DistributedCircuit, roles_of
from qdsl.records import dataclass

LIMITS: Final = (10, 5, 3, 1)
_COPIES: Final = roles_of(Effect.COPY)


@dataclass(frozen=True, slots=True)
class LifetimeCost:
    """Ebits if one serves at most so many gates: every copy is made anew as often as it takes,
    over the same links, and nothing else changes. `--gates-per-ebit` compiles for a limit, and
    may do with fewer."""

    gates_per_ebit: int
    ebits: int


def lifetime_costs(program: DistributedCircuit) -> tuple[LifetimeCost, ...]:
    """For some limits, the loosest first. A copy that serves k times under the limit D counts as
    ceil(k / D) copies; a teleportation and a copy that serves none count as they are."""
    ebits = int(program.table.codes("ebit").sum())
    served, links = _copies(program)
    return tuple(
        LifetimeCost(limit, ebits + int((np.maximum(served - 1, 0) // limit * links).sum()))
        for limit in LIMITS
    )


def _copies(program: DistributedCircuit) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For every cat copy: how often it serves, and the links of its pair."""
    table = program.table
    mine = np.isin(program.role, _COPIES)
    copy = np.flatnonzero(mine & (table.opcode == BY_NAME["x"].code))
    copy = copy[np.argsort(program.group[copy], kind="stable")]
    wires = table.operands[table.operand_start[copy]]
    return gates_of_copies(program)[wires], links_of_halves(program)[wires]
