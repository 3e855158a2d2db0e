"""The gallery: `docs/guide/gallery.md` and its pictures, made from the examples; the pictures and
the steps of the pages that teach. `python -m tests.docs.listing` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import qdsl
from qdsl.api import Compiled
from qdsl.bounds.result import best_as_written
from qdsl.diagnostics.numbers import bits, count, duration, integer
from qdsl.drawing.circuit import circuit_picture
from qdsl.drawing.layout import DrawingLayout, layout
from qdsl.drawing.network_map import network_picture
from qdsl.report.answers import answers, chosen_tasks
from qdsl.report.data import Report
from tests.docs.steps import step_texts, steps
from tests.sources import EXAMPLES, ROOT

GUIDE = ROOT / "docs" / "guide"
GALLERY = GUIDE / "gallery.md"
PICTURES = GUIDE / "pictures"
MOST_COLUMNS = 72  # of a picture of a circuit; of a wider one the network is shown
SECTIONS = {
    "Two devices and a link": ("remote_cnot", "teleportation", "swapping", "distilled", "ions",
                              "devices"),
    "Shared states, and many devices together": (
        "ghz", "w_state", "broadcast", "all_reduce", "secret_sum", "error_corrected",
    ),
    "Algorithms": (
        "qft_two", "qft", "grover", "phase_estimation", "draper_adder", "imported", "reuse",
        "quantum_volume",
    ),
    "Simulation and optimisation": ("heisenberg", "ising", "vqe", "qaoa"),
    "Learning between owners of data": (
        "two_party", "federated", "three_party", "classes", "reupload", "phases", "graphnet",
    ),
    "Communication complexity": ("matching", "boolean_matching", "subspace", "linear"),
}  # fmt: skip
TITLES = {
    "remote_cnot": "A remote CNOT", "teleportation": "Teleportation",
    "swapping": "Entanglement swapping", "distilled": "A distilled link", "ions": "Ion traps",
    "devices": "Nodes on real devices", "ghz": "A GHZ state",
    "w_state": "A W state", "broadcast": "Broadcast",
    "all_reduce": "All-reduce", "secret_sum": "Secure aggregation",
    "error_corrected": "An error-corrected bit", "qft_two": "A Fourier transform of four qubits",
    "qft": "A Fourier transform of twelve qubits", "grover": "Grover's search",
    "phase_estimation": "Phase estimation", "draper_adder": "Draper's adder",
    "imported": "Cuccaro's adder, from OpenQASM", "reuse": "A qubit used twice, from OpenQASM",
    "quantum_volume": "Quantum volume", "heisenberg": "A Heisenberg chain, by Trotter steps",
    "ising": "An Ising chain after a quench", "vqe": "A variational eigensolver",
    "qaoa": "QAOA for max-cut", "two_party": "Training between two parties",
    "federated": "A vertical federated classifier", "three_party": "Three parties in a line",
    "classes": "Three classes", "reupload": "Data re-uploading", "phases": "Phases and depth",
    "graphnet": "A graph network", "matching": "Hidden matching",
    "boolean_matching": "Boolean hidden matching", "subspace": "Vector in subspace",
    "linear": "Linear classification",
}  # fmt: skip
STEPS = re.compile(r"<!-- steps of examples/(\w+)\.qdm -->\n.*?<!-- end of steps -->", re.S)
BLOCK = re.compile(r"^```qdm (\w+)\.qdm\n(.*?)^```$", re.M | re.S)


# ---- one program -------------------------------------------------------------------------


@cache
def compiled(name: str) -> Compiled:
    """An example at its own size, with its first experiment if it has one."""
    with chdir(ROOT):  # so that reports name the file as a reader would
        program = qdsl.load(f"examples/{name}.qdm")
    return program.compile(experiment=next(iter(program.experiments), None))


@cache
def report_of(name: str) -> Report:
    return compiled(name).report()


def command_of(name: str) -> str:
    """What compiles an example as it is here."""
    made = compiled(name)
    chosen = f" -e {made.experiment}" if len(made.program.models) > 1 and made.experiment else ""
    return f"qdsl compile examples/{name}.qdm{chosen}"


def comment_of(name: str) -> str:
    """The comment at the head of a program."""
    head = (EXAMPLES / f"{name}.qdm").read_text("utf-8").split("\n\n")[0]
    lines = [line.removeprefix("//").strip() for line in head.splitlines()]
    return "\n".join(line for line in lines if not line.startswith("network "))


def picture_of(name: str) -> str:
    """The circuit; of a long one the network with its ebits."""
    made = compiled(name)
    drawing = layout(made.scheduled)
    title = f"{TITLES[name]}, distributed"
    if drawing.columns <= MOST_COLUMNS:
        return circuit_picture(drawing, title)
    index = {node.name: k for k, node in enumerate(made.scheduled.network.nodes)}
    ends = ((sorted((index[x.a], index[x.b])), x.ebits) for x in report_of(name).cost.links)
    return network_picture(made.scheduled.network, {(a, b): ebits for (a, b), ebits in ends})


def bound_of(report: Report) -> str:
    """The fewest ebits that any placement needs, as far as that is known."""
    found = report.optimality
    if found is None or not found.bounds:
        return "–"
    if found.is_optimal:
        return f"{integer(found.at_least)}, proved: optimal"
    if report.cost.ebits == best_as_written(found):
        least = f"{integer(found.at_least)}, and " if found.at_least else ""
        return f"{least}{integer(report.cost.ebits)} for its gates as they are written, proved"
    return f"{integer(found.at_least)}, proved" if found.at_least else "–"


def figures(name: str) -> Iterator[tuple[str, str]]:
    """What the program costs, what it is worth and what it tells: (name, text) pairs."""
    report = report_of(name)
    c = report.cost
    yield "ebits", integer(c.ebits)
    yield "lower bound on ebits", bound_of(report)
    yield "classical bits", f"{integer(c.classical_bits)} in {count(c.messages, 'message')}"
    yield "rounds", integer(c.rounds)
    if c.makespan_ns:
        yield "makespan", duration(c.makespan_ns)
    if c.fidelity < 1:
        yield "fidelity, estimated", f"{c.fidelity:.3g}"
    assert report.verification.verified, name
    yield "equal to its source", "proved"
    for task in chosen_tasks(report):
        if task.name in ("inference", "gradient"):
            executions = count(task.executions, "execution")
            yield f"ebits for one {task.name}", f"{integer(task.ebits)} in {executions}"
    for answer in answers(report):
        if answer.key == "worth" and c.ebits:
            yield "worth it", f"{answer.short}; {answer.more[-1]}"
        if answer.key == "leak":
            yield "what leaks most", answer.short
    found = report.baselines
    if found is not None and found.best is not None and found.best_bits is not None:
        yield "best classical protocol known", f"{found.best}: {bits(found.best_bits, None)} bits"


# ---- the page ----------------------------------------------------------------------------


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def rows(head: tuple[str, ...], body: Iterator[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *(tuple(map(cell, row)) for row in body))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def anchor(title: str) -> str:
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def overview(names: tuple[str, ...]) -> str:
    def row(name: str) -> tuple[str, ...]:
        report = report_of(name)
        c, found = report.cost, report.optimality
        at_least = integer(found.at_least) if found and found.bounds else "–"
        time = duration(c.makespan_ns) if c.makespan_ns else "–"
        title = f"[{TITLES[name]}](#{anchor(TITLES[name])})"
        nodes = integer(len(report.network.nodes))
        return (
            title,
            nodes,
            integer(c.ebits),
            at_least,
            integer(c.rounds),
            time,
            f"{c.fidelity:.3g}",
        )

    head = ("program", "devices", "ebits", "at least", "rounds", "makespan", "fidelity")
    return rows(head, (row(name) for name in names))


def entry(name: str) -> str:
    title = TITLES[name]
    settings = ", ".join(f"{k} = {v}" for k, v in report_of(name).provenance.settings)
    size = f", at {settings}" if settings else ""
    return (
        f"### {title}\n\n{comment_of(name)}\n\n"
        f"![{title}, distributed](pictures/gallery/{name}.svg)\n\n"
        f"[`{name}.qdm`](../../examples/{name}.qdm){size}: `{command_of(name)}`\n\n"
        f"{rows(('figure', 'value'), figures(name))}"
    )


HEAD = """\
# Gallery

Every program of `examples/`, with a picture of its distributed circuit and its costs. All are
compiled for the network that the file declares; pictures, figures and verdicts are made from the
compiled programs by `python -m tests.docs.listing`, and the command below a picture reports them in
full. Costs are those of one execution, but for those of one inference or gradient: these are for a
value, or for all derivatives, to 0.1 with probability 0.95. *At least* is a proved lower bound for
every placement of the circuit's operations, and a fidelity of 1 means that the network is ideal.
What the words mean is explained with pictures in [concepts](concepts.md).

To teach from: [a remote gate](lesson-remote-gate.md), step by step in time, and then
[a Fourier transform over two devices](lesson-fourier.md).

In a picture, every device is a band; a purple bar between two diamonds is an entangled pair, dashed
lines are communication qubits, and a dotted line leads from a measurement to the gate that its bit
decides. Of circuits that are too long to draw here the network is shown, with the ebits of every
link.
"""


def gallery_page() -> str:
    parts = [HEAD]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}\n\n{overview(names)}")
        parts += [entry(name) for name in names]
    return "\n".join(parts)


# ---- pages that teach --------------------------------------------------------------------


def until(drawing: DrawingLayout, marks: int) -> DrawingLayout:
    """A drawing of the first operations, with the qubits that hold something after them."""
    if marks >= len(drawing.marks):
        return drawing
    done = drawing.marks[:marks]
    columns = max(m.column for m in done) + 1
    begun = {(lane, m.column) for m in done for lane in m.lanes}
    ended = {(m.lanes[0], m.column) for m in done if m.name == "measure"}
    stays = tuple(
        s if (s.lane, s.last) in ended else replace(s, last=columns)
        for s in drawing.stays
        if s.first < 0 or (s.lane, s.first) in begun
    )
    return replace(drawing, marks=done, stays=stays, endings=())


@dataclass(frozen=True)
class Drawn:
    """A picture of a page: of a program that stands in it, or of an example. `first`: of its first
    operations only; `is_map`: of the network."""

    page: str
    program: str
    first: int | None = None
    is_map: bool = False

    def compiled(self) -> Compiled:
        if (EXAMPLES / f"{self.program}.qdm").exists():
            return compiled(self.program)
        text = (GUIDE / f"{self.page}.md").read_text("utf-8")
        sources = {m[1]: m[2] for m in BLOCK.finditer(text)}
        return qdsl.loads(sources[self.program], f"{self.program}.qdm").compile(verify=False)

    def svg(self) -> str:
        made = self.compiled()
        if self.is_map:
            network = made.scheduled.network
            index = {node.name: k for k, node in enumerate(network.nodes)}
            links = made.report().cost.links
            used = {tuple(sorted((index[x.a], index[x.b]))): x.ebits for x in links}
            return network_picture(network, used)  # type: ignore[arg-type]
        drawing = layout(made.scheduled)
        if self.first:
            drawing = until(drawing, self.first)
        return circuit_picture(drawing, f"{self.program}, distributed")


CONCEPTS = {
    "ebit": Drawn("concepts", "remote_cnot", first=2),
    "copy": Drawn("concepts", "remote_cnot", first=5),
    "telegate": Drawn("concepts", "remote_cnot"),
    "packet": Drawn("concepts", "packet"),
    "teledata": Drawn("concepts", "teledata"),
    "swapping": Drawn("concepts", "swapping"),
    "swapping-map": Drawn("concepts", "swapping", is_map=True),
    "distillation": Drawn("concepts", "distillation"),
    "one-round": Drawn("concepts", "parallel"),
    "two-rounds": Drawn("concepts", "chain"),
    "bound": Drawn("concepts", "qft_two"),
    "leak": Drawn("concepts", "matching"),
}
LESSONS = {"lesson-remote-gate": "remote_cnot", "lesson-fourier": "qft_two"}


def lesson_pictures() -> Iterator[tuple[Path, str]]:
    """After every step of a lesson, what has been done by then."""
    for page, name in LESSONS.items():
        ir = compiled(name).scheduled
        for number, step in enumerate(steps(ir), start=1):
            title = f"{TITLES[name]}, after step {number}"
            svg = circuit_picture(until(layout(ir), step.last), title)
            yield PICTURES / page / f"step-{number}.svg", svg


def with_steps(document: str) -> str:
    """The page with the steps that it asks for, each with its picture."""

    def told(match: re.Match[str]) -> str:
        name = match[1]
        page = next(p for p, n in LESSONS.items() if n == name)
        shown = []
        for number, (time, what) in enumerate(step_texts(compiled(name).scheduled), start=1):
            picture = f"![After step {number}](pictures/{page}/step-{number}.svg)"
            shown.append(f"**Step {number}, {time}.** {what}\n\n{picture}\n\n")
        return f"<!-- steps of examples/{name}.qdm -->\n\n{''.join(shown)}<!-- end of steps -->"

    return STEPS.sub(told, document)


# ---- all of it ---------------------------------------------------------------------------


def gallery_pages() -> dict[Path, str]:
    """The text that each page and picture should have."""
    made = {GALLERY: gallery_page()}
    names = [name for section in SECTIONS.values() for name in section]
    made |= {PICTURES / "gallery" / f"{name}.svg": picture_of(name) + "\n" for name in names}
    made |= {PICTURES / "concepts" / f"{n}.svg": d.svg() + "\n" for n, d in CONCEPTS.items()}
    made |= {path: svg + "\n" for path, svg in lesson_pictures()}
    for page in LESSONS:
        path = GUIDE / f"{page}.md"
        made[path] = with_steps(path.read_text("utf-8"))
    return made
