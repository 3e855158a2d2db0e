"""Where operations have to happen: owners of the values they use, `at`, and `reveal`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.typed import tree
from qdsl.language.typed.errors.ownership import ForeignValue, TwoOwners
from qdsl.language.values.domain import VectorSlots
from qdsl.network.network import Network
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class UsePlace:
    """Where values are used: an operation, the call in the model that it is carried out for, if
    there is one, and the name behind the `at` around it."""

    operation: Span
    call: tree.TypedApply | None = None
    at: Span | None = None

    @property
    def span(self) -> Span:
        """The statement of the model."""
        return self.call.span if self.call is not None else self.operation

    @property
    def inside(self) -> Span | None:
        """The operation, where that is not the statement."""
        return self.operation if self.span != self.operation else None

    def argument(self, *names: str) -> Span:
        """The argument of the call, or item of one, that these values are used in; else all."""
        for argument in self.call.args if self.call is not None else ():
            is_list = isinstance(argument.syntax, syntax.ListLit)
            for item in argument.parts if is_list else (argument,):
                if item.names.issuperset(names):
                    return item.span
        return self.span


class VectorKnowledge:
    """Which nodes know each vector; grows by `reveal`. Without a network nothing is owned."""

    def __init__(self, vectors: Sequence[VectorSlots], network: Network | None) -> None:
        self._vectors = vectors
        self._starts = [v.start for v in vectors]
        self._network = network
        index = network.index if network else {}
        self._knows = {v.name: {index[v.owner]} for v in vectors if v.owner in index}
        self._owner = {v.name: index[v.owner] for v in vectors if v.owner in index}

    @property
    def has_private(self) -> bool:
        return bool(self._owner)

    def vectors_of(self, slots: Iterable[int]) -> list[VectorSlots]:
        """The vectors behind slots, each once, in order of declaration."""
        found = {bisect_right(self._starts, slot) - 1 for slot in slots}
        return [self._vectors[k] for k in sorted(found)]

    def reveal(self, name: str, node: int) -> bool:
        """Whether the node did not know the vector before."""
        known = self._knows.get(name)
        if known is None or node in known:
            return False
        known.add(node)
        return True

    def pin(self, vectors: Sequence[VectorSlots], at: int, place: UsePlace) -> int:
        """The node where an operation on these vectors happens, -1: anywhere."""
        private = [v for v in vectors if v.name in self._owner]
        if not private:
            return at
        possible = set.intersection(*(self._knows[v.name] for v in private))
        if at >= 0:
            return self._checked(private, possible, at, place)
        owners = {self._owner[v.name] for v in private}
        if len(owners) == 1:
            return owners.pop()
        if not possible:
            raise Refusal(_two_owners(place, private))
        return min(possible)

    def _checked(
        self, private: Sequence[VectorSlots], possible: set[int], at: int, place: UsePlace
    ) -> int:
        if at in possible:
            return at
        foreign = next(v for v in private if at not in self._knows[v.name])
        node = self._network.nodes[at].name if self._network else ""
        span, owner = place.argument(foreign.name), foreign.owner or ""
        raise Refusal(
            ForeignValue(span, foreign.name, owner, node, foreign.span, place.at, place.inside)
        )


def _two_owners(place: UsePlace, private: Sequence[VectorSlots]) -> TwoOwners:
    first = private[0]
    other = next(v for v in private if v.owner != first.owner)
    names, owners = (first.name, other.name), (first.owner or "", other.owner or "")
    return TwoOwners(place.argument(*names), names, owners, (first.span, other.span), place.inside)
