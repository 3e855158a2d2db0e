"""Where a statement stands while it is checked: names, model, network, what encloses it."""

from __future__ import annotations

from collections.abc import Mapping

from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed.errors.flow import NotInConditional
from qdsl.language.typed.errors.names import Misplaced
from qdsl.language.typed.errors.ownership import PlacementWithoutNetwork, UnknownNode
from qdsl.language.typed.expressions import Typist
from qdsl.language.typed.program import CircuitEntry
from qdsl.network.network import Network
from qdsl.records import dataclass


@dataclass(slots=True)
class Around:
    """What encloses a statement: blocks, the innermost `at`, a condition on a measured bit."""

    blocks: int = 0
    at: syntax.At | None = None
    condition: Span | None = None


@dataclass(slots=True)
class Context:
    """One model or circuit being checked. `network` None: none, or one with errors."""

    typist: Typist
    circuits: Mapping[str, CircuitEntry]
    model: syntax.ModelDecl | None
    network: Network | None
    around: Around
    returned: syntax.Return | None = None

    def inside(self, at: syntax.At | None = None, condition: Span | None = None) -> Around:
        here = self.around
        return Around(here.blocks + 1, at or here.at, condition or here.condition)

    def misplaced(self, what: str, span: Span, suggestion: str | None = None) -> bool:
        """Report what cannot stand in a circuit or block."""
        if self.model is None:
            self.typist.problems.add(Misplaced(span, what, "in a circuit", suggestion))
        elif self.around.blocks:
            text = "put it at the top of the model"
            self.typist.problems.add(Misplaced(span, what, "in a block", text))
        else:
            return False
        return True

    def node(self, name: syntax.Name, what: str) -> None:
        """Report a node that is none."""
        if self.model is None:
            text = "write `at` around the call"
            self.typist.problems.add(Misplaced(name.span, what, "in a circuit", text))
        elif self.model.network is None:
            head = self.model.name
            self.typist.problems.add(PlacementWithoutNetwork(name.span, what, head.id, head.span))
        elif self.network is not None and name.id not in self.network.index:
            meant = closest(name.id, self.network.index)
            span = self.model.network.span
            network, known = self.network.name, tuple(self.network.index)
            problem = UnknownNode(name.span, name.id, network, known, meant, span)
            self.typist.problems.add(problem)

    def unconditional(self, what: str, span: Span) -> None:
        if self.around.condition is not None:
            self.typist.problems.add(NotInConditional(span, what, self.around.condition))
