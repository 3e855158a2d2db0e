"""What a file declares, as far as it is sound: what a check collects."""

from __future__ import annotations

from dataclasses import field

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.language import syntax
from qdsl.language.syntax.files import Folders
from qdsl.language.typed.program import CircuitEntry, Experiment, ModelInfo
from qdsl.language.typed.types import NonValue
from qdsl.network.network import Network
from qdsl.records import dataclass


@dataclass(slots=True)
class Found:
    """`unsound` are the circuits with errors; `names` what the file declares, by name; `uses`:
    where it uses other files."""

    folders: Folders
    problems: Diagnostics = field(default_factory=Diagnostics)
    networks: dict[str, Network] = field(default_factory=dict)
    circuits: dict[str, CircuitEntry] = field(default_factory=dict)
    models: dict[str, ModelInfo] = field(default_factory=dict)
    experiments: dict[str, Experiment] = field(default_factory=dict)
    unsound: set[str] = field(default_factory=set)
    names: dict[str, NonValue] = field(default_factory=dict)
    uses: tuple[syntax.UseFile, ...] = ()

    @property
    def errors(self) -> int:
        return self.problems.n_errors
