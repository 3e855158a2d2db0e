"""What reads each kind of input, as the commands do; what it takes is used further.

Every reader says whether it took the file. What a user would see as a diagnostic is raised as the
commands catch it: `InvalidProgram` or `Refused`. Anything else is a fault.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from zlib import crc32

import qdsl
from qdsl.api import Program
from qdsl.backends.nodes.ticket import read_ticket
from qdsl.data.files import read_archive, read_array
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.request_error import Refused
from qdsl.diagnostics.source import Source, Span
from qdsl.interchange.programs import network_of, program_of
from qdsl.ir.stages import Circuit
from qdsl.language.check import check_source
from qdsl.language.formatting.format import format_source
from qdsl.language.parser.parse import read_source
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.files import Folders
from qdsl.language.values.graph_files import read_graph
from qdsl.report.data import Report
from qdsl.report.html import render_html
from qdsl.report.latex import render_latex
from qdsl.report.markdown import render_markdown
from qdsl.report.text import render_report
from qdsl.run.checkpoint import read_tensors, snapshot_of
from qdsl.run.parameters import read_parameters
from qdsl.studies.paper.datasets.inert import matrix, read_pickle

MOST_QUBITS, MOST_OPERATIONS = 9, 200  # of what is compiled, not only checked
COMPILED = 4  # one of so many such programs is
SPAN = Span(Source("m.qdm", '"file"'), 0, 6)
PARAMETERS = """model m() {
  param a: angle[2, 3]
  param b: angle[4]
  qubits q[2]
  ry(a[0, 0] + b[1]) q[0]
  return expect(Z q[0])
}
"""


def program(file: Path) -> bool:
    """Checked, and formatted and compiled where it is sound and small."""
    source = read_source(file)
    checked, problems = check_source(source, (file.parent,))
    if checked is None:
        raise InvalidProgram(problems)
    format_source(source)
    _compiled(Program(checked, source, (file.parent,), problems))
    return True


def _compiled(sound: Program) -> None:
    """Of small models some are compiled and proved; the ones refused are refused as input."""
    if crc32(sound.source.text.encode()) % COMPILED:
        return
    for name in sound.models:
        with_sizes = sound.checked.models[name].parameters.values()
        if None in with_sizes:
            continue
        circuit = sound.lower(name)
        if circuit.n_qubits <= MOST_QUBITS and len(circuit.table) <= MOST_OPERATIONS:
            found = sound.compile(name, options={"effort": 0}, verify=True)
            assert found.verification.verified, f"'{name}' is not proved"


def circuit(file: Path) -> bool:
    """Imported from OpenQASM, and compiled for two devices where it is small."""
    found = program_of(file, "line(2) { qubits 8, comm 2 }")
    _compiled(found)
    return True


def network(file: Path) -> bool:
    network_of(file)
    return True


def graph(file: Path) -> bool:
    name = StringLit(file.name, SPAN)
    try:
        read_graph(name, Folders((file.parent,)))
    except Refusal as refusal:
        raise InvalidProgram((refusal.problem,)) from None
    return True


def data(file: Path) -> bool:
    """All columns, and a column of a table by name."""
    read_array(file, "", SPAN)
    read_array(file, "x", SPAN)
    return True


def archive(file: Path) -> bool:
    """As values, as data, and as parameters."""
    read_archive(file)
    read_array(file, "x", SPAN)
    return parameters(file)


@cache
def _model() -> Circuit:
    return qdsl.loads(PARAMETERS).lower()


def parameters(file: Path) -> bool:
    read_parameters(file, _model())
    return True


def checkpoint(file: Path) -> bool:
    """As what a training goes on from, and as parameters."""
    snapshot_of(file, *read_tensors(file))
    return parameters(file)


def report(file: Path) -> bool:
    """Shown in every form."""
    try:
        document = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from None
    found = Report.from_json(document)
    for render in (render_report, render_markdown, render_latex, render_html):
        render(found)
    return True


def ticket(file: Path) -> bool:
    try:
        read_ticket(file.read_bytes().decode())
    except UnicodeDecodeError as error:
        raise Refused(str(error)) from None
    return True


def pickled(file: Path) -> bool:
    matrix(read_pickle(file.read_bytes()))
    return True
