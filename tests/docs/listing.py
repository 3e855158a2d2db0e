"""The pages that are made from the code; `python -m tests.docs.listing` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean
from textwrap import fill

from qdsl.driver.pass_manager import DEFAULT_PASSES, PassEntry, find_pass, pass_names
from qdsl.driver.targets import targets
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.rules import RULES
from qdsl.language.networks.network_properties import LINK, NODE, Sort
from qdsl.language.networks.presets import Preset, presets
from qdsl.language.networks.property_meanings import MEANS
from qdsl.language.values.arithmetic import CONSTANTS, FUNCTIONS
from qdsl.language.values.graphs import FUNCTIONS as GRAPH_FUNCTIONS
from qdsl.network.models import IDEAL_NODE, PLAIN_LINK
from qdsl.network.network import Link, Node
from tests.docs.gallery import gallery_pages
from tests.docs.textmate import GRAMMAR, textmate
from tests.sources import ROOT

PASSES = ROOT / "docs" / "reference" / "passes.md"
LANGUAGE = ROOT / "docs" / "reference" / "language-tables.md"
IR = ROOT / "docs" / "internals" / "ir.md"
WIDTH = 100
PEERS = ROOT / "docs" / "results" / "distribution.md"
README = ROOT / "README.md"
BEGIN_PEERS = "<!-- made by tests.docs.listing: peers -->\n"
END_PEERS = "<!-- end of peers -->\n"
BEGIN = "<!-- made by tests.docs.listing -->\n"
MADE_BY = "Made by `python -m tests.docs.listing`."


def cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([cell(c) for c in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def stage_names(kind: object) -> str:
    return str(getattr(kind, "__name__", kind)).replace("qdsl.ir.stages.", "")


def of_pass(entry: PassEntry) -> str:
    run = "run by default" if entry.name in DEFAULT_PASSES else "run by name"
    takes = f"{stage_names(entry.source)} to {stage_names(entry.target)}, {run}."
    options = table(
        ("option", "default", "what"),
        ((f"`{o.name}`", f"`{o.default}`", o.help) for o in entry.options),
    )
    doc = " ".join(entry.doc.split("\n\n")[0].split())
    return f"### {entry.name}\n\n{doc} {takes}\n" + (f"\n{options}" if entry.options else "")


def passes_page() -> str:
    passes = "\n".join(of_pass(find_pass(name)) for name in pass_names())
    rows = ((f"`{t.name}`", t.doc, f"`{t.suffix}`") for t in targets())
    backends = table(("target", "what `--emit` writes", "file"), rows)
    return f"# Passes and backends\n\n{MADE_BY}\n\n## Passes\n\n{passes}\n## Backends\n\n{backends}"


def ir_tables() -> str:
    operations = table(
        ("operation", "operands", "angles", "kind", "what"),
        ((f"`{o.name}`", o.arity or "any", o.angles, o.kind, o.doc) for o in OPERATIONS),
    )
    rules = "\n".join(
        f"### {stage.__name__}\n\n"
        + table(("rule", "what"), ((f"`{r.name}`", r.doc) for r in stage_rules))
        for stage, stage_rules in RULES.items()
    )
    return f"{BEGIN}## Operations\n\n{operations}\n## Rules\n\n{rules}"


# ---- what the language knows by name -----------------------------------------------------

DEFAULTS = {
    "qubits": "to be given",
    "comm": Node("", 0).comm,
    "gate_fidelity": Node("", 0).gate_fidelity,
    "gate_time": "0 s",
    "one_qubit_time": "`gate_time`",
    "two_qubit_time": "`gate_time`",
    "readout_time": "`gate_time`",
    "reset_time": "`readout_time`",
    "one_qubit_fidelity": IDEAL_NODE.one_qubit_fidelity,
    "readout_fidelity": IDEAL_NODE.readout_fidelity,
    "reset_fidelity": IDEAL_NODE.reset_fidelity,
    "t1": "no limit",
    "t2": "twice `t1`",
    "comm_t1": "`t1`",
    "comm_t2": "`t2`",
    "gates_at_once": "no limit",
    "two_qubit_gates_at_once": "no limit",
    "hardware": "none",
    "device": "none",
    "comm_at": "chosen by the placement",
    "pair_state": "the Werner state of `fidelity`",
    "attempt_rate": "none",
    "success_probability": PLAIN_LINK.success,
    "heralding_latency": "0 s",
    "channels": PLAIN_LINK.channels,
    "buffer": PLAIN_LINK.buffer,
    "cutoff": "none",
    "distillation": "none",
    "distillation_levels": "1, or the fewest for `min_fidelity`",
    "min_fidelity": "none",
    "latency_back": "`latency`",
    "fidelity": Link(0, 1).fidelity,
    "rate": "pairs are instantly there",
    "latency": "0 s",
    "preset": "none",
}


def properties(sorts: Mapping[str, Sort]) -> str:
    rows = (
        (f"`{name}`", sort.wanted, f"`{sort.example}`", DEFAULTS[name], MEANS[name])
        for name, sort in sorts.items()
    )
    return table(("property", "value", "for example", "default", "what"), rows)


def preset_tables() -> str:
    def row(p: Preset, figures: Mapping[str, float]) -> tuple[object, ...]:
        said = ", ".join(f"{name} {value:g}" for name, value in figures.items())
        return f"`{p.name}`", p.kind, said, p.origin.partition(": ")[2]

    head = ("preset", "kind", "figures in Hz and seconds", "source")
    known = presets().values()
    links = table(head, (row(p, p.link) for p in known if p.link))
    nodes = table(head, (row(p, p.node) for p in known if p.node))
    return f"{links}\n## Presets of nodes\n\n{nodes}"


def functions() -> str:
    numbers = ", ".join(f"`{name}`" for name in FUNCTIONS)
    constants = ", ".join(f"`{name}`" for name in CONSTANTS)
    graphs = ", ".join(f"`{name}`" for name in (*GRAPH_FUNCTIONS, "len"))
    return (
        f"Of numbers: {numbers}.\n\n`min` and `max` take one or more, the others one; `log2` of an "
        "integer that is no power of two is an error, `clog2` rounds up.\n\nOf graphs, lists and "
        f"arrays: {graphs}.\n\nConstants: {constants}.\n"
    )


@dataclass(frozen=True)
class Entry:
    """A circuit of the standard library, as the comment above it tells of it."""

    module: str
    name: str
    taken: str
    on: str
    what: str
    cost: str
    source: str


def entries() -> list[Entry]:
    """All of the standard library; what a comment does not tell is empty."""
    found = []
    for module in sorted((ROOT / "grammar" / "std").glob("*.qdm")):
        text = module.read_text(encoding="utf-8")
        heads = re.findall(r"^((?://.*\n)*)circuit (\w+)(?:\((.*)\))? on ([^{]*?) *\{", text, re.M)
        for comment, name, taken, on in heads:
            said = " ".join(comment.replace("//", " ").split())
            what, _, rest = said.partition("Cost: ")
            cost, _, source = rest.partition("Source: ")
            entry = Entry(
                module.stem, name, taken, on, what.strip(), cost.strip(" ."), source.strip(" .")
            )
            found.append(entry)
    return found


def library() -> str:
    found = []
    for module in sorted({entry.module for entry in entries()}):
        rows = (
            (f"`{e.name}{e.taken and f'({e.taken})'}` on `{e.on}`", e.what, e.cost, e.source)
            for e in entries()
            if e.module == module
        )
        head = ("circuit", "what it does", "gates", "source")
        found.append(f"### std.{module}\n\n{table(head, rows)}")
    return "\n".join(found)


def language_page() -> str:
    gates = table(
        ("gate", "qubits", "angles", "what"),
        ((f"`{o.name}`", o.arity, o.angles, o.doc)
         for o in OPERATIONS if o.kind is Kind.UNITARY and o.arity),
    )  # fmt: skip
    formats = table(("`--emit`", "what"), ((f"`{t.name}`", t.doc) for t in targets()))
    return (
        f"# What the language knows by name\n\n{MADE_BY}\n\n## Properties of nodes\n\n"
        f"{properties(NODE)}\n## Properties of links\n\n{properties(LINK)}\n## Presets of links\n\n"
        f"{preset_tables()}\n## Gates\n\n{gates}\n## Functions and constants\n\n{functions()}\n"
        f"## The standard library\n\n{library()}\n## Formats that are written\n\n{formats}"
    )


# ---- other compilers ---------------------------------------------------------------------


def beside_peers() -> str:
    """README's summary of the table that `tests/bench/peers.py` writes."""
    lines = PEERS.read_text(encoding="utf-8").splitlines()
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    rows = [(row[3], int(row[4]), int(row[5])) for row in cells[2:]]
    named = sorted({peer for peer, _, _ in rows})
    compilers = dict.fromkeys(peer.partition(",")[0] for peer in named)
    of_all = ("the best of them", rows)
    parts = [(f"{p}, where it is the best", [r for r in rows if r[0] == p]) for p in named]
    summary = table(
        ("beside", "cases", "fewer ebits", "as many", "more", "ebits of qdsl / theirs"),
        (
            (name, len(some), sum(b < a for _, a, b in some), sum(b == a for _, a, b in some),
             sum(b > a for _, a, b in some), f"{geometric_mean(b / a for _, a, b in some):.2f}")
            for name, some in [*parts, of_all]
        ),
    )  # fmt: skip
    begin = (
        f"{len(rows)} public circuits and networks, each compiled by {', '.join(compilers)} and "
        "qdsl under the same capacities; ratios are geometric means."
    )
    end = (
        "Every row is in [`distribution.md`](docs/results/distribution.md). Published figures of "
        "others are in [`published.md`](docs/results/published.md); one of them is better, an "
        "adder on four nodes, and three for a 63-qubit Fourier transform cannot be executed. "
        "memq-dqc starts sooner. pytket-dqc and DISQCO assume as many communication qubits as are "
        "wanted; "
        "qdsl also obeys those that there are, and proves every result."
    )
    return f"{fill(begin, WIDTH)}\n\n{summary}\n{fill(end, WIDTH)}\n"


def pages() -> dict[Path, str]:
    """The text that each page should have."""
    by_hand = IR.read_text(encoding="utf-8").partition(BEGIN)[0]
    head, _, rest = README.read_text(encoding="utf-8").partition(BEGIN_PEERS)
    readme = f"{head}{BEGIN_PEERS}\n{beside_peers()}\n{END_PEERS}{rest.partition(END_PEERS)[2]}"
    made = {PASSES: passes_page(), IR: by_hand + ir_tables(), LANGUAGE: language_page()}
    return made | {README: readme, GRAMMAR: textmate()} | gallery_pages()


if __name__ == "__main__":
    for page, text in pages().items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8", newline="\n")
