"""The passes of a compilation: as they are, or a search by an objective in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qdsl.driver.pass_manager import Pass, UnknownPassOption, configured
from qdsl.objectives.outcome import OPTION, PLACES
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.objectives.search import ObjectiveSearch


def passes_for(
    names: Sequence[str], options: Mapping[str, Any]
) -> tuple[list[Pass], ObjectiveSearch | None]:
    """The passes with their options; and the search that stands in for `partition` and those after
    it, None where what is optimised are ebits. UnknownPassOption for an objective without a
    partition to optimise."""
    objective = options.get(OPTION, "ebits")
    if objective == "ebits":
        return [configured(name, options) for name in names], None
    if PLACES not in names:
        if any(name.startswith(PLACES) for name in names):
            raise UnknownPassOption(
                f"'{OPTION}' {objective} needs the pass '{PLACES}': an exact placement is one for "
                "fewest ebits"
            )
        return [configured(name, options) for name in names], None
    from qdsl.objectives.search import ObjectiveSearch

    at = list(names).index(PLACES)
    configured(PLACES, options)  # refuses an objective that there is not
    search = ObjectiveSearch(objective, options, tuple(names[at + 1 :]))
    finished: list[Any] = [FinishedPass(name, search) for name in names[at + 1 :]]
    return [*(configured(name, options) for name in names[:at]), search, *finished], search


@dataclass(frozen=True, slots=True, eq=False)
class FinishedPass:
    """Stands in for a pass after the search, which has run it already."""

    name: str
    search: ObjectiveSearch

    def run(self, ir: Any) -> Any:
        """The stage that the pass made of the chosen placement."""
        return self.search.stage(self.name)
