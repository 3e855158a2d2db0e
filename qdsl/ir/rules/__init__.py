"""The rules of every stage. The lists are the specification: what is not in them may happen.

`verify` runs after every pass. Checks work by column, so that a million gates take tenths of
a second.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.rules.circuit import CIRCUIT_RULES
from qdsl.ir.rules.distributed import DISTRIBUTED_RULES
from qdsl.ir.rules.placed import PLACED_RULES
from qdsl.ir.rules.rule import Rule
from qdsl.ir.rules.scheduled import SCHEDULED_RULES
from qdsl.ir.stages import Circuit, DistributedCircuit, PlacedCircuit, ScheduledCircuit, Stage

__all__ = ["RULES", "Rule", "verify"]

RULES: Final[Mapping[type[Any], tuple[Rule[Any], ...]]] = MappingProxyType(
    {
        Circuit: CIRCUIT_RULES,
        PlacedCircuit: PLACED_RULES,
        DistributedCircuit: DISTRIBUTED_RULES,
        ScheduledCircuit: SCHEDULED_RULES,
    }
)


def verify(stage: Stage, made_by: str, lifted: Collection[str] = ()) -> None:
    """Raise InternalError, naming the pass `made_by`, the first broken rule and the place.

    Only the stage itself is checked; the stages it holds were checked when they were made.
    `lifted`: rules that it need not obey.
    """
    for rule in RULES[type(stage)]:
        detail = rule.check(stage) if rule.name not in lifted else None
        if detail is not None:
            raise InternalError(made_by, rule.name, detail)
