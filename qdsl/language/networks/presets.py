"""Link presets: figures of today's hardware, each with its source and date.

`rate_hz` is EPR pairs a second; times are in nanoseconds; `fidelity` is to the Bell state.
None: the source states no figure. A projected figure has not been demonstrated.
"""

from __future__ import annotations

from types import MappingProxyType

from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """`gate_time_ns` is (one-qubit, two-qubit, read-out) at the ends, `t2_s` their coherence."""

    name: str
    kind: str  # "demonstrated", "projected" or "ideal"
    rate_hz: float | None
    fidelity: float
    source: str
    date: str
    gate_time_ns: tuple[int, int, int] | None = None
    t2_s: float | None = None


_ION_TIMES = (63_000, 650_000, 250_000)  # IonQ Forte Enterprise 1, calibration of 2026-05-22

_ALL = (
    Preset("ideal", "ideal", None, 1.0, "no hardware: pairs are perfect and instantly there", "-"),
    Preset("ion_2025_demonstrated", "demonstrated", 10.0, 0.97,
           "Oxford, trapped ions 2 m apart, Nature 2025, arXiv:2407.00835", "2025-02",
           _ION_TIMES, 0.95),
    Preset("ion_fast_demonstrated", "demonstrated", 250.0, 0.94,
           "Duke, barium ions, polarisation photons, arXiv:2404.16167", "2025-03",
           _ION_TIMES, 0.95),
    Preset("nv_demonstrated", "demonstrated", 39.0, 0.5,
           "Delft, NV centres 2 m apart, arXiv:1712.07567; the fidelity is a lower bound",
           "2018-06", None, 0.2),
    Preset("sc_cable_demonstrated", "demonstrated", 1e7, 0.99,
           "superconducting chips, detachable cable, 100 ns a swap, arXiv:2407.16743", "2025-01"),
    Preset("sc_heralded", "demonstrated", None, 0.92,
           "superconducting chips, heralded bosonic pairs, arXiv:2509.18547; no rate stated",
           "2025-09"),
    Preset("atom_projected", "projected", 1e5, 0.999,
           "neutral atoms in nanofibre cavities, arXiv:2407.11111 and arXiv:2507.01229",
           "2026-03"),
)  # fmt: skip

PRESETS = MappingProxyType({preset.name: preset for preset in _ALL})
