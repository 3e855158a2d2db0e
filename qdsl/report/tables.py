"""A report as tables of text: what Markdown, LaTeX and HTML have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from qdsl.analysis.cost import Cost, LineCost
from qdsl.analysis.placement import QubitPlacement, Residence
from qdsl.bounds.result import best_as_written
from qdsl.diagnostics.numbers import count, duration, fidelity, frequency, integer
from qdsl.report.data import Report
from qdsl.report.distillation import distillation_table
from qdsl.report.findings import finding_tables
from qdsl.report.hardware_tables import device_error_table, device_table
from qdsl.report.network_models import link_notes, node_notes
from qdsl.report.result_tables import result_tables
from qdsl.report.table import ReportTable
from qdsl.report.time_tables import line_error_table, time_table

REVEALED = (
    "told before an execution, and in none of its costs; 64 bits a number, in double precision, "
    "where the size of a secret counts 32"
)
MOVES_SHOWN = 4  # of one qubit in a table; the JSON form has them all


def tables(report: Report) -> tuple[ReportTable, ...]:
    """Every table of a report, in reading order; none is empty."""
    return tuple(table for table in _all(report) if table.rows)


def _all(report: Report) -> Iterator[ReportTable]:
    yield cost_table(report)
    yield arrival_table(report)
    yield time_table(report)
    yield error_table(report)
    yield line_error_table(report)
    yield link_table(report)
    yield distillation_table(report)
    yield node_table(report)
    yield device_table(report)
    yield device_error_table(report)
    yield placement_table(report)
    yield line_table(report.cost)
    yield layer_table(report.cost)
    yield primitive_table(report.cost)
    yield from finding_tables(report)
    yield disclosed_table(report)
    yield pass_table(report)
    yield check_table(report)
    if report.result is not None:
        yield from result_tables(report.result)


def cost_table(report: Report) -> ReportTable:
    c = report.cost
    uses = ", ".join(f"{integer(n)} for {role}" for role, n in c.by_primitive.items())
    rows = (
        ("ebits", integer(c.ebits), uses),
        *lower_bound_rows(report),
        *lifetime_rows(c),
        ("classical bits", integer(c.classical_bits), f"in {count(c.messages, 'message')}"),
        ("remote gates", integer(c.remote_gates), f"served by {count(c.packets, 'packet')}"),
        ("teleported qubits", integer(c.teledata), "by teledata, or by a cat copy that stays"),
        ("peak communication qubits", integer(c.peak_comm), "held at one node at one time"),
        ("rounds", integer(c.rounds), "longest chain of ebits, each after the last"),
        ("message rounds", integer(c.message_rounds), "longest chain of classical messages"),
        ("makespan", duration(c.makespan_ns), "at the links' mean rates"),
        *_expected(c),
        *_online(c),
        ("fidelity", fidelity(c.fidelity, 4), "estimate: product over ebits and gates"),
    )
    return ReportTable("cost", "Cost of one execution", ("", "", ""), rows, words=3)


def _expected(c: Cost) -> list[tuple[str, str, str]]:
    if c.expected_makespan_ns is None:
        return []
    return [("expected makespan", duration(c.expected_makespan_ns), "with random arrivals")]


def _online(c: Cost) -> list[tuple[str, str, str]]:
    """Shown where something need not wait for the values."""
    o = c.online
    if o is None or (o.ebits, o.classical_bits) == (c.ebits, c.classical_bits):
        return []
    bits = f"with {count(o.classical_bits, 'classical bit')}"
    chain = f"in {count(o.message_rounds, 'message round')}"
    note = f"used once data and parameters are known, {bits} {chain}; the rest may be done before"
    return [("online ebits", integer(o.ebits), note)]


def arrival_table(report: Report) -> ReportTable:
    """Makespans of many runs; no rows where none were asked for."""
    a = report.arrivals
    header, title = ("makespan", "time"), "Random arrivals of pairs"
    if a is None:
        return ReportTable("arrivals", title, header, ())
    rows = (
        ("mean", duration(a.mean_ns)),
        ("standard deviation", duration(a.deviation_ns)),
        ("median", duration(a.median_ns)),
        ("95 % end within", duration(a.p95_ns)),
        ("expected", duration(a.expected_ns)),
        ("at the links' mean rates", duration(a.scheduled_ns)),
    )
    notes = [f"{count(a.runs, 'run')}, seed {a.seed}"]
    if a.thrown_away:
        used, thrown = report.cost.ebits, a.thrown_away
        notes.append(
            f"a run makes {used + thrown:.5g} pairs, uses {used:,} and throws {thrown:.3g} away at "
            "their cut-off, on average"
        )
    if a.distilled is not None and a.raw_pairs is not None:
        made = f"{a.distilled:.4g} distilled {'pair' if a.distilled == 1 else 'pairs'}"
        notes.append(f"a run takes {a.raw_pairs:.5g} raw pairs for {made} on average")
    return ReportTable("arrivals", title, header, rows, notes=tuple(notes))


def error_table(report: Report) -> ReportTable:
    """What goes wrong by cause; no rows where nothing does."""
    b = report.error_budget
    header, title = ("cause", "what goes wrong", "error"), "Errors by cause"
    if b is None:
        return ReportTable("errors", title, header, (), words=2)
    causes = (
        ("links", "pairs, as they are born", b.link),
        ("memory", "pairs and qubits, while they wait", b.memory),
        ("one-qubit gates", "gates on one qubit", b.one_qubit),
        ("wider gates", "gates on two qubits or more", b.two_qubit),
        ("read-out", "measurements on the way, and resets", b.readout),
    )
    rows = tuple((name, what, f"{error:.3g}") for name, what, error in causes if error > 0)
    low, high = b.fidelity, min(b.fidelity + b.uncertainty, 1.0)
    note = f"process fidelity {low:.4g} to {high:.4g}: that no error happens, or that two cancel"
    return ReportTable("errors", title, header, rows, words=2, notes=(note,))


def ebits_by_link(report: Report) -> dict[tuple[int, int], int]:
    """Ebits on every link, by the indices of its nodes, the lower first."""
    index = {node.name: i for i, node in enumerate(report.network.nodes)}
    ends = [(index[x.a], index[x.b], x.ebits) for x in report.cost.links]
    return {(min(a, b), max(a, b)): n for a, b, n in ends}


def lifetime_rows(c: Cost) -> list[tuple[str, str, str]]:
    """The limit on the gates of an ebit, and what tighter ones would cost."""
    dearer = [x for x in c.by_lifetime if x.ebits > c.ebits]
    limits = ", ".join(integer(x.gates_per_ebit) for x in dearer)
    rows = []
    if c.gates_per_ebit:
        rows.append(("gates per ebit", integer(c.gates_per_ebit), "at most, as asked for"))
    if dearer:
        numbers = ", ".join(integer(x.ebits) for x in dearer)
        gates = "gate" if limits == "1" else "gates"
        note = f"if an ebit serves {limits} {gates} at most"
        rows.append(("under pair lifetimes", numbers, note))
    return rows


def lower_bound_rows(report: Report) -> list[tuple[str, str, str]]:
    """The lower bounds beside the ebits: of all placements, and of this one if that is higher."""
    found = report.optimality
    if found is None or not found.bounds:
        return []
    best = max(found.bounds, key=lambda b: b.ebits)
    note = "proved: no placement of this circuit needs fewer" + (
        ", so this is optimal" if found.is_optimal else ""
    )
    if (written := best_as_written(found)) > found.at_least:
        note += f"; of these gates, as they are written, {written}"
    if best.ebits > max(found.at_least, written):
        note += f"; with these residences {integer(best.ebits)}, by {best.method}"
    if found.left_out and not found.is_optimal:
        note += f"; not computed: {', '.join(found.left_out)}"
    return [("lower bound on ebits", integer(found.at_least), note)]


def link_table(report: Report) -> ReportTable:
    used = [x for x in report.cost.links if x.ebits]
    rows = tuple(
        (f"{x.a} -- {x.b}", integer(x.ebits), f"{x.fidelity:.10g}", rate(x.rate_hz)) for x in used
    )
    presets = dict.fromkeys((x.preset, x.source) for x in used if x.source)
    named_ends = {(x.a, x.b) for x in used}
    notes = (
        *link_notes(report.network, named_ends),
        *(f"preset {preset}: {source}" for preset, source in presets),
    )
    return ReportTable("links", "Links", ("link", "ebits", "fidelity", "rate"), rows, notes=notes)


def rate(hz: float | None) -> str:
    return "instant" if hz is None else frequency(hz)


def node_table(report: Report) -> ReportTable:
    rows = tuple(
        (
            n.name,
            integer(n.operations),
            f"{n.peak_data} of {n.qubits}",
            f"{n.peak_comm} of {n.comm}",
        )
        for n in report.cost.nodes
    )
    header = ("node", "operations", "data qubits", "communication qubits")
    return ReportTable("nodes", "Nodes", header, rows, notes=tuple(node_notes(report.network)))


def placement_table(report: Report) -> ReportTable:
    """Where every qubit lives: by node if none moves, else by qubit with its moves; neighbours that
    are always together in one entry."""
    groups = _alike(report.placement or ())
    if not any(len(group[0].residences) > 1 for group in groups):
        at: dict[str, list[str]] = {}
        for group in groups:
            at.setdefault(group[0].residences[0].node, []).append(named(group))
        order = [n.name for n in report.network.nodes if n.name in at]
        stays = tuple((node, ", ".join(at[node])) for node in order)
        return ReportTable("placement", "Placement", ("node", "qubits, none moves"), stays, 2)
    rows = tuple(
        (
            named(group),
            group[0].residences[0].node,
            integer(len(group[0].residences) - 1),
            _path(group[0].residences[1:]),
        )
        for group in groups
    )
    return ReportTable("placement", "Placement", ("qubits", "start at", "moves", "then"), rows, 4)


def _alike(placed: Sequence[QubitPlacement]) -> list[list[QubitPlacement]]:
    """Neighbours of one register that are always at the same node, together."""
    groups: list[list[QubitPlacement]] = []
    for q in placed:
        register = q.qubit.partition("[")[0]
        last = groups[-1][-1] if groups else None
        same = last is not None and last.qubit.partition("[")[0] == register
        if last is not None and same and last.residences == q.residences:
            groups[-1].append(q)
        else:
            groups.append([q])
    return groups


def named(group: Sequence[QubitPlacement]) -> str:
    """`q[3]`, `q[0] to q[3]`."""
    first, last = group[0].qubit, group[-1].qubit
    return first if len(group) == 1 else f"{first} to {last}"


def _path(later: Sequence[Residence]) -> str:
    shown = ", ".join(f"{r.node} from {duration(r.from_ns)}" for r in later[:MOVES_SHOWN])
    rest = len(later) - MOVES_SHOWN
    return shown + (f", and {count(rest, 'more move')}" if rest > 0 else "")


def by_ebits(lines: Iterable[LineCost]) -> list[LineCost]:
    """The dearest first."""
    return sorted(lines, key=lambda x: (-x.ebits, -x.classical_bits, x.path, x.line))


def place(report: Report, x: LineCost) -> str:
    """The number of a line; with the file's name where it is not the program's own."""
    if x.path in ("", report.provenance.source):
        return f"{x.line or '-'}"
    return f"{x.path.rpartition('/')[2]}:{x.line}"


def line_table(c: Cost) -> ReportTable:
    cells = tuple(
        (
            f"{x.path.rpartition('/')[2]}:{x.line}" if x.line else "-",
            x.text,
            integer(x.ebits),
            integer(x.classical_bits),
        )
        for x in by_ebits(c.lines)
    )
    header = ("line", "source", "ebits", "classical bits")
    return ReportTable("lines", "What each source line costs", header, cells, words=2)


def layer_table(c: Cost) -> ReportTable:
    rows = tuple(
        (
            f"{x.node or 'anywhere'}, {_lines(x.first_line, x.last_line)}",
            integer(x.operations),
            integer(x.remote_gates),
            integer(x.ebits),
            integer(x.classical_bits),
            integer(x.messages),
        )
        for x in c.layers
    )
    header = ("layer", "operations", "remote gates", "ebits", "classical bits", "messages")
    return ReportTable("layers", "Layers", header, rows)


def _lines(first: int, last: int) -> str:
    if not first:
        return "no line"
    return f"line {first}" if first == last else f"lines {first} to {last}"


def primitive_table(c: Cost) -> ReportTable:
    rows = tuple(
        (x.name, integer(x.uses), integer(x.ebits), integer(x.classical_bits), integer(x.messages))
        for x in c.primitives
    )
    header = ("primitive", "uses", "ebits", "classical bits", "messages")
    return ReportTable("primitives", "Communication primitives", header, rows)


def disclosed_table(report: Report) -> ReportTable:
    rows = tuple((t.value, t.owner, t.to, integer(t.bits)) for t in report.disclosures)
    header = ("value", "by", "to", "bits")
    return ReportTable("disclosed", "Disclosed by reveal", header, rows, 3, (REVEALED,))


def pass_table(report: Report) -> ReportTable:
    rows = tuple(
        (
            p.name,
            *(_step(getattr(p.before, key), getattr(p.after, key)) for key in _COUNTS),
            "–" if p.after.makespan_ns is None else duration(p.after.makespan_ns),
        )
        for p in report.passes
    )
    header = ("pass", "operations", "multi-qubit", "ebits", "makespan")
    note = "before → after; one number where nothing changed"
    return ReportTable("passes", "Passes", header, rows, notes=(note,))


_COUNTS = ("operations", "multi_qubit", "ebits")


def _step(before: int | None, after: int | None) -> str:
    """`21 → 101`."""
    if after is None:
        return "–"
    if before is None or before == after:
        return integer(after)
    return f"{before} → {after}"


def check_table(report: Report) -> ReportTable:
    said, v = {True: "equal", False: "NOT EQUAL", None: "undecided"}, report.verification
    rows = tuple((c.method, said[c.equal], c.detail) for c in (*v.checks, *v.imports))
    header = ("method", "verdict", "detail")
    return ReportTable("checks", "Compared with its source", header, rows, words=3)
