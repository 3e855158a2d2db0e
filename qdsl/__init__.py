"""Compile programs of the model language QDM to distributed quantum circuits.

    program = qdsl.load("model.qdm")     # raises `InvalidProgram`, which holds every problem found

Importing this package is cheap: whatever needs a heavy library is imported at its first use.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["InvalidProgram", "Program", "SearchWatch", "Workers", "__version__", "bench", "build",
           "check", "compare", "distribute", "full_report", "load", "loads", "pareto", "reproduce",
           "scaling", "sweep", "verify_against", "verify_distributed"]  # fmt: skip

# Where a checkout has no symbolic links, `qdsl/passes` is no folder: then look beside `qdsl/`.
if not os.path.isdir(os.path.join(__path__[0], "passes")):
    __path__.append(os.path.dirname(os.path.abspath(__path__[0])))

if TYPE_CHECKING:
    from qdsl.api import InvalidProgram, Program, SearchWatch, load, loads
    from qdsl.driver.workers import Workers
    from qdsl.interchange.against import verify_against
    from qdsl.interchange.building.programs import build
    from qdsl.interchange.peers.judged import verify_distributed
    from qdsl.interchange.programs import distribute
    from qdsl.report.compared import compare
    from qdsl.run.checking import check
    from qdsl.studies.bench.asked import bench
    from qdsl.studies.design.sweep import sweep
    from qdsl.studies.full_report import full_report
    from qdsl.studies.paper.asked import reproduce
    from qdsl.studies.pareto import pareto
    from qdsl.studies.sizes import scaling
else:
    _ROOMS = {
        "Workers": "qdsl.driver.workers",
        "bench": "qdsl.studies.bench.asked",
        "build": "qdsl.interchange.building.programs",
        "check": "qdsl.run.checking",
        "compare": "qdsl.report.compared",
        "distribute": "qdsl.interchange.programs",
        "full_report": "qdsl.studies.full_report",
        "pareto": "qdsl.studies.pareto",
        "reproduce": "qdsl.studies.paper.asked",
        "scaling": "qdsl.studies.sizes",
        "sweep": "qdsl.studies.design.sweep",
        "verify_against": "qdsl.interchange.against",
        "verify_distributed": "qdsl.interchange.peers.judged",
    }

    def __getattr__(name):
        if name in __all__:
            return getattr(import_module(_ROOMS.get(name, "qdsl.api")), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
