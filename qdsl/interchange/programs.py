"""A program in QDM around a circuit and a network that are not written in QDM."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from qdsl.api import Compiled, Program, load, loads
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Source, Span
from qdsl.files.writing import write_text
from qdsl.interchange.circuits import UnknownCircuit, is_path, openqasm_and_outputs, stim_circuit
from qdsl.interchange.outputs import ImportedOutput
from qdsl.interchange.qpy_files import read_qpy
from qdsl.language.networks.network_graphs import is_graph, node_link
from qdsl.language.parser.tables import tables
from qdsl.language.qasm.files.circuit_files import read_circuit
from qdsl.language.qasm.rows import Registers
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.files import MAX_CIRCUIT_BYTES, MAX_TEXT_BYTES, Folders
from qdsl.language.values.arithmetic import CONSTANTS
from qdsl.network.network import Network

CIRCUIT, NETWORK = "circuit.qasm", "NetworkX graph.json"
WORDS = frozenset((*tables().keywords, *CONSTANTS, "imported", "net"))  # names of nothing else
_EXPRESSION = re.compile(r"[a-z_]+\s*\(.*", re.DOTALL)


def distribute(circuit: Any, network: Any, **options: Any) -> Compiled:
    """Compile a circuit for a network, no QDM written.

    `circuit`: one of Qiskit, pytket, Cirq, PennyLane or stim, OpenQASM text, or the path of a
    `.qasm`, `.stim` or `.qpy` file. `network`: the path of a network file, or of a program with one
    network; a NetworkX graph whose nodes have `qubits` (and `comm`, ...) and whose edges may have
    `fidelity`, `rate`, `latency`; an expression such as
    `"line(2) { qubits 4, comm 2, fidelity 0.97, rate 200 Hz }"`; or a `qdsl` network. `options` are
    those of `Program.compile`. The result returns the circuit's classical bits, or a sample
    of all its qubits where it has none; of a tape or QNode of PennyLane with `expval` what that
    measures, expectations and what is beside them.

    Raises `UnknownCircuit` or `InvalidProgram` where the circuit or network is not understood.
    """
    if isinstance(network, str | Path) and str(network).lower().endswith(".qdm"):
        network = network_of(network)
    program = program_of(circuit, network if not isinstance(network, Network) else None)
    if isinstance(network, Network):
        options["network"] = network
    return program.compile(**options)


def program_of(circuit: Any, network: Any = None) -> Program:
    """The checked program around a circuit; it has no network if none is given."""
    if isinstance(network, str):
        network_program(
            network
        )  # a fault in it is shown where it is, and not in the circuit's file
    with TemporaryDirectory() as folder:
        own = Path(folder).resolve()
        name, outputs = _circuit_file(circuit, own)
        declared = "" if network is None else f"network net = {_network(network, own)}\n"
        text = declared + _program_text(name, own, outputs, on_network=bool(declared))
        return loads(text, f"<{name}>", (own,))


def network_of(network: Any) -> Network:
    """The network in a file, of a NetworkX graph or of an expression; see `distribute`."""
    return only_network(network_program(network))


def only_network(program: Program) -> Network:
    """The one network that a program declares."""
    known = program.checked.networks
    if len(known) != 1:
        raise UnknownCircuit(
            f"a program with {len(known)} networks is no network: it has to declare one"
        )
    return next(iter(known.values()))


def network_program(network: Any, called: str = "<network>") -> Program:
    """The program that declares such a network, as `net` if it is no program itself; `called` is
    what diagnostics say it stands in."""
    if isinstance(network, str | Path) and str(network).lower().endswith(".qdm"):
        return load(network)
    with TemporaryDirectory() as folder:
        own = Path(folder).resolve()
        return loads(f"network net = {_network(network, own)}\n", called, (own,))


def _circuit_file(circuit: Any, own: Path) -> tuple[str, tuple[ImportedOutput, ...]]:
    """The name of the file in our folder that holds it, and what it returns but for bits."""
    if is_path(circuit):
        return _copied(Path(circuit), own, MAX_CIRCUIT_BYTES), ()
    if is_path(circuit, ".stim"):
        name = _copied(Path(circuit), own, MAX_CIRCUIT_BYTES)
        circuit = stim_circuit((own / name).read_text(encoding="utf-8"))
    elif is_path(circuit, ".qpy"):
        circuit = read_qpy(circuit)
    text, outputs = openqasm_and_outputs(circuit)
    write_text(own / CIRCUIT, text)
    return CIRCUIT, outputs


def _copied(path: Path, own: Path, limit: int) -> str:
    """The name of a copy in our folder: a program finds no other file of that name."""
    folders = Folders((path.resolve().parent,))
    with _told():
        text = folders.read_text(_literal(path.name), limit)
    write_text(own / path.name, text)
    return path.name


@contextmanager
def _told() -> Iterator[None]:
    """A file that cannot be read is a diagnostic: InvalidProgram."""
    try:
        yield
    except Refusal as refusal:
        raise InvalidProgram((refusal.problem,)) from None


def _literal(name: str) -> StringLit:
    source = Source(f"<{name}>", json.dumps(name))
    return StringLit(name, Span(source, 0, len(source.text)))


def _program_text(name: str, own: Path, outputs: Sequence[ImportedOutput], on_network: bool) -> str:
    """QDM that runs all of a file and returns `outputs`; without any its bits, or a sample of its
    qubits where it has none."""
    with _told():
        found = read_circuit(_literal(name), Folders((own,)))
    qubits = registers_of(found.registers, ())
    bits = registers_of(found.bit_registers, tuple(qubits))
    where = " on net" if on_network else ""
    model = re.sub(r"\W", "_", Path(name).stem, flags=re.ASCII).strip("_") or "main"
    results = f"{', '.join(bits)} = " if bits else ""
    taken = (*qubits, *bits)
    params = registers_of(tuple((n, size or 0) for n, size in found.inputs), taken)
    given = f"({', '.join(params)})" if params else ""
    declared = [
        f"  {sort} {', '.join(f'{register}[{size}]' for register, size in registers.items())}\n"
        for sort, registers in (("qubits", qubits), ("bits", bits))
        if registers
    ]
    declared += [
        f"  param {name}: angle{f'[{size}]' if size else ''}\n" for name, size in params.items()
    ]
    places = [f"{register}[{k}]" for register, size in qubits.items() for k in range(size)]
    returned = [o.text(places) for o in outputs] or [f"sample({', '.join(bits or qubits)})"]
    return (
        f"circuit imported from {json.dumps(name)}\n"
        f"model run_{model}(){where} {{\n{''.join(declared)}"
        f"  {results}imported{given} {', '.join(qubits)}\n"
        f"  return {', '.join(returned)}\n}}\n"
    )


def registers_of(registers: Registers, taken: Sequence[str]) -> dict[str, int]:
    """Sizes by the names of a file's registers, as QDM can say them: a word of the language, and
    a name that is `taken`, is followed by `_`."""
    found: dict[str, int] = {}
    for name, size in registers:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("_0123456789") or "r"
        while plain in found or plain in taken or plain in WORDS:
            plain += "_"
        found[plain] = size
    return found


def _network(network: Any, own: Path) -> str:
    """What stands behind `network net =`."""
    if isinstance(network, str) and _EXPRESSION.fullmatch(network.strip()):
        return network.strip()
    if isinstance(network, str | Path):
        return f"from {json.dumps(_copied(Path(network), own, MAX_TEXT_BYTES))}"
    if not is_graph(network):
        raise UnknownCircuit(
            f"a {type(network).__name__} is no network: give the path of a file, a NetworkX graph, "
            "or an expression such as `line(2) { qubits 4, comm 2 }`"
        )
    write_text(own / NETWORK, node_link(network))
    return f"from {json.dumps(NETWORK)}"
