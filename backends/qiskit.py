"""Programs as `qiskit.QuantumCircuit`s, run by Aer and compiled for IBM's fake devices.

Goes through pytket. All nodes stand on one device here: links and distances are emulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qdsl.backends._angles import Given, wanted
from qdsl.backends._layout import lay_out
from qdsl.backends._readout import Estimate, OutcomeCounts, estimate, factor_of, settings
from qdsl.backends.tket import OUTCOME, build, z_qubits
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.extras import require
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.errors import UnknownDevice
from qdsl.driver.targets import Target
from qdsl.ir.stages import Stage

if TYPE_CHECKING:
    from pytket.circuit import Circuit

TARGET = Target("qiskit", "Qiskit circuit, as QPY in base64", ".qpy64")


def emit(stage: Stage, values: Given | None = None) -> Any:
    """The `QuantumCircuit`; Z-basis outputs are measured into register `outcome`. `MissingExtra`
    where Qiskit is not installed."""
    require("qiskit", "the target")
    layout = lay_out(stage)
    read = (q for output in layout.circuit.outputs for q in z_qubits(output))
    return convert(build(layout, values, dict.fromkeys(read, "Z")), stage)


def emit_text(stage: Stage, values: Given | None = None) -> str:
    """The circuit in Qiskit's QPY format, in base64."""
    from base64 import encodebytes
    from io import BytesIO

    made = emit(stage, values)
    from qiskit import qpy

    file = BytesIO()
    qpy.dump(made, file)
    return encodebytes(file.getvalue()).decode("ascii")


def convert(circuit: Circuit, stage: Stage) -> Any:
    """A pytket circuit without symbols in Qiskit, boxes taken apart."""
    from pytket.extensions.qiskit.qiskit_convert import tk_to_qiskit
    from pytket.passes import DecomposeBoxes

    if circuit.is_symbolic():
        values = lay_out(stage).circuit.values
        raise wanted(values, values.vectors[0].name)
    boxless = circuit.copy()
    DecomposeBoxes().apply(boxless)
    return tk_to_qiskit(boxless)


def run_shots(
    stage: Stage, values: Given | None = None, shots: int = 1000, seed: int = 0
) -> tuple[Estimate, ...]:
    """One estimate for every output of the program, in order, from Aer's simulator.

    Terms of expectations that agree on every qubit's basis are read together; every such
    setting, and all Z-basis outputs with one of them, is run `shots` times.
    """
    import numpy as np

    layout = lay_out(stage)
    outputs = layout.circuit.outputs
    bases = settings(outputs)
    counts = [
        count(convert(build(layout, values, basis), stage), sorted(basis), shots, _spread(seed, k))
        for k, basis in enumerate(bases)
    ]
    named = layout.circuit.values
    slots = named.flatten(values or {}) if named.vectors else np.zeros(0)
    factors = [factor_of(output, named, slots) for output in outputs]
    given = zip(outputs, factors, strict=True)
    return tuple(estimate(output, bases, counts, shots, f) for output, f in given)


def _spread(seed: int, setting: int) -> int:
    """Aer seeds shot k with `seed + k`: neighbouring seeds would repeat each other's shots."""
    import numpy as np

    return int(np.random.SeedSequence((seed, setting)).generate_state(1)[0]) >> 1


def count(circuit: Any, read: Iterable[int], shots: int, seed: int) -> OutcomeCounts:
    """Counts of the values of the register of outcomes, whose bits hold the qubits `read`."""
    from qiskit import transpile
    from qiskit_aer import AerSimulator

    names = tuple(read)
    if not names:
        return OutcomeCounts((), {(): shots})
    # Aer leaves out qubits that no outcome depends on, and then misses those of conditional gates
    has_branches = any(i.operation.name == "if_else" for i in circuit.data)
    simulator = AerSimulator(
        seed_simulator=seed, max_parallel_threads=1, enable_truncation=not has_branches
    )
    most = simulator.num_qubits
    if circuit.num_qubits > most:
        wanted = circuit.num_qubits
        raise Refused(f"Aer simulates {most} qubits here, and the distributed program has {wanted}")
    known = transpile(circuit, simulator, optimization_level=0)  # Aer itself has no `ch`
    found = _counts(simulator.run(known, shots=shots).result())
    # registers come in the order of their names, whatever order they were added in
    register = next(r for r in circuit.cregs if r.name.rstrip("_") == OUTCOME)
    places = [circuit.find_bit(bit).index for bit in register]
    tally: dict[tuple[int, ...], int] = {}
    for key, times in found.items():
        values = key.replace(" ", "")[::-1]
        bits = tuple(int(values[k]) for k in places)
        tally[bits] = tally.get(bits, 0) + times
    return OutcomeCounts(names, dict(sorted(tally.items())))


def _counts(result: Any) -> Mapping[str, int]:
    """What Aer counted; Refused, with Aer's words, where it did not run the circuit."""
    if not result.success:
        said = [str(r.status) for r in result.results] or [str(result.status)]
        raise Refused(f"Aer did not run the distributed program: {'; '.join(dict.fromkeys(said))}")
    found: Mapping[str, int] = result.get_counts()
    return found


def compile_for(stage: Stage, values: Given | None, device: str, seed: int = 0) -> Any:
    """The program in a fake device's gates and couplings; `InvalidProgram` for an unknown one."""
    from qiskit import transpile

    backend = _device(device)
    return transpile(emit(stage, values), backend, optimization_level=1, seed_transpiler=seed)


def devices() -> dict[str, Any]:
    """The fake devices by name."""
    from qiskit_ibm_runtime.fake_provider import (
        FakeProviderForBackendV2,
    )

    return {str(b.name): b for b in FakeProviderForBackendV2().backends()}


def _device(name: str) -> Any:
    from qiskit.providers.fake_provider import GenericBackendV2

    size = name.removeprefix("generic_")
    if size != name and size.isdecimal() and 0 < int(size) <= 1000:
        return GenericBackendV2(int(size), seed=0, control_flow=True)
    known = devices()
    if name not in known:
        raise InvalidProgram((UnknownDevice(name, tuple(sorted(known))),))
    return known[name]
