"""The questions that a reader asks first, answered in a sentence or two each."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.analysis.advantage import with_outcomes
from qdsl.analysis.cost import LineCost
from qdsl.analysis.findings import Leak, TaskCost
from qdsl.bounds.result import best_as_written
from qdsl.diagnostics.numbers import at_most, bits, count, duration, fidelity, integer
from qdsl.records import dataclass
from qdsl.report.data import Report
from qdsl.report.findings import crossover_text, size_law_text
from qdsl.report.headline import verdict
from qdsl.report.tables import place

NAMED = 2  # of the links and lines that take most ebits


@dataclass(frozen=True, slots=True)
class ReaderAnswer:
    """`key` names the question in one word; `short` is the answer, `more` what belongs to it."""

    key: str
    question: str
    short: str
    more: tuple[str, ...] = ()


def answers(report: Report) -> tuple[ReaderAnswer, ...]:
    """What it costs, whether it is right, where ebits go, whether it is worth it, what leaks;
    of a run also what came out. Those that the report can answer."""
    found = (
        _cost(report),
        _right(report),
        _where(report),
        _worth(report),
        _leak(report),
        _result(report),
    )
    return tuple(answer for answer in found if answer is not None)


def _cost(report: Report) -> ReaderAnswer:
    c = report.cost
    more = [*_bound(report), *_more_room(report), *(map(_task, chosen_tasks(report)))]
    more.append(
        f"{count(c.classical_bits, 'classical bit')}, {duration(c.makespan_ns)} and fidelity "
        f"{fidelity(c.fidelity)} an execution, estimated from the links' and gates' figures"
    )
    if (on := report.hardware) is not None:
        more.append(
            f"on the nodes' devices {duration(on.makespan_ns)} and fidelity "
            f"{fidelity(on.fidelity)} to {fidelity(on.fidelity_at_most)}, by their calibrations"
        )
    return ReaderAnswer(
        "cost", "What does it cost?", f"{count(c.ebits, 'ebit')} an execution", tuple(more)
    )


def _bound(report: Report) -> Iterator[str]:
    found, ebits = report.optimality, report.cost.ebits
    if found is None or not found.bounds:
        return
    if found.is_optimal:
        yield "optimal: no placement of this circuit needs fewer, proved"
    elif ebits == best_as_written(found):
        yield "optimal for its gates as they are written, proved; others may need fewer"
    elif found.at_least:
        yield f"no placement of this circuit needs fewer than {integer(found.at_least)}, proved"
    elif ebits:
        yield "no lower bound above 0 is known for all placements"


def _more_room(report: Report) -> Iterator[str]:
    found = report.more_room
    if found is not None:
        every = len(found.nodes) == len(report.network.nodes)
        where = "every node" if every else " and ".join(found.nodes)
        qubits = count(found.communication_qubits, "communication qubit")
        yield (
            f"with {qubits} at {where} this program would need {count(found.ebits, 'ebit')} "
            f"instead of {integer(report.cost.ebits)}"
        )


def chosen_tasks(report: Report) -> list[TaskCost]:
    """Of every task the method that is counted on."""
    return [t for t in report.shot_budget.tasks if t.chosen] if report.shot_budget else []


def _task(t: TaskCost) -> str:
    return f"{count(t.ebits, 'ebit')} for {_TASKS.get(t.name, t.name)}: " + count(
        t.executions, "execution"
    )


_TASKS = {
    "inference": "one inference",
    "outputs": "all outputs",
    "gradient": "one gradient",
    "training": "the whole training",
}


def _right(report: Report) -> ReaderAnswer:
    v = report.verification
    methods = [c.method for c in v.checks if c.equal]
    more = (f"by {' and '.join(methods)}",) if methods else ()
    refuted = tuple(f"{c.method}: {c.detail}" for c in v.checks if c.equal is False)
    return ReaderAnswer("right", "Is it right?", verdict(v), refuted or more)


def _line_name(report: Report, x: LineCost) -> str:
    """`line 5`, or `adder.qasm:14` in another file."""
    said = place(report, x)
    return said if ":" in said else f"line {said}"


def _where(report: Report) -> ReaderAnswer | None:
    c = report.cost
    if not c.ebits:
        return None
    links = sorted((x for x in c.links if x.ebits), key=lambda x: (-x.ebits, x.a, x.b))
    lines = sorted((x for x in c.lines if x.ebits and x.line), key=lambda x: (-x.ebits, x.line))
    by_link = [f"{x.a} -- {x.b}: {integer(x.ebits)}" for x in links[:NAMED]]
    by_line = [f"{_line_name(report, x)}: {integer(x.ebits)}" for x in lines[:NAMED]]
    moved = sum(len(q.residences) > 1 for q in report.placement or ())
    more = [_listed(by_line, len(lines), "line")] if by_line else []
    more.append(
        f"{count(moved, 'qubit')} of {integer(report.program.qubits)} moved"
        if moved
        else "no qubit moves"
    )
    return ReaderAnswer(
        "where", "Where do the ebits go?", _listed(by_link, len(links), "link"), tuple(more)
    )


def _listed(shown: list[str], of: int, noun: str) -> str:
    rest = of - len(shown)
    return ", ".join(shown) + (f" and {count(rest, f'more {noun}')}" if rest else "")


def _worth(report: Report) -> ReaderAnswer | None:
    """Two statements: at this size, and as the model grows."""
    advantage, found = report.advantage, report.baselines
    if advantage is None:
        return None
    growing = _GROWING.get(advantage.verdict, advantage.verdict)
    against = _MESSAGES.get(advantage.rounds or "", "classical messages")
    if advantage.way is not None:
        against += f" {advantage.way}"
    if advantage.verdict == "exponential":
        growing = f"exponential advantage over {against}, proved"
    elif advantage.verdict == "unknown" and any(law.is_final for law in advantage.sizes or ()):
        growing = "no advantage by these laws; otherwise nothing is known"
    grows = "as the model grows" if report.provenance.settings else "for larger ones of its kind"
    asymptotic = f"{grows}: {growing}; {advantage.because.says}"
    if advantage.crossover is not None:
        asymptotic += f"; {crossover_text(advantage.crossover)}"
    if not report.cost.ebits:
        return ReaderAnswer("worth", "Is it worth it?", _nothing_sent(report), (asymptotic,))
    if found is None or found.best is None or found.best_bits is None:
        return ReaderAnswer(
            "worth", "Is it worth it?", "no classical protocol to compare with here", (asymptotic,)
        )
    fewer = found.sent < found.best_bits
    ours = with_outcomes(count(found.ebits, "ebit"), found)
    shown = found.ebits if found.has_few_outcomes else found.sent
    short = f"at this size {'yes' if fewer else 'no'}: {ours} against " + (
        f"{bits(found.best_bits, None)} classical bits{_by_how_much(shown, found.best_bits)}"
    )
    more = [f"best classical protocol known: {found.best}"]
    if fewer or found.best_one_way_bits not in (None, found.best_bits):
        more += _one_way(report)
    more += [size_law_text(law) for law in advantage.sizes or ()]
    return ReaderAnswer("worth", "Is it worth it?", short, (*more, asymptotic))


def _by_how_much(sent: int, messages: int) -> str:
    """Who wins, and how many to one."""
    few, many = sorted((sent, messages))
    if not few or few == many:
        return ""
    ratio = many / few
    if ratio < 1.05:
        return "; about as many"
    said = f"{ratio:.1f}".removesuffix(".0") if ratio < 10 else integer(round(ratio))
    return f"; {'ebits' if sent < messages else 'classical messages'} win {said} to 1"


def _nothing_sent(report: Report) -> str:
    """Of a program that needs no ebit: there is nothing to compare."""
    nodes = {r.node for q in report.placement or () for r in q.residences}
    where = "every qubit is at one node" if len(nodes) == 1 else "no qubit is shared by nodes"
    return f"no quantum communication needed: {where}"


_GROWING = {"none": "no advantage", "unknown": "nothing is known"}
_MESSAGES = {
    "one way": "one classical message",
    "two way": "any number of classical messages",
}


def _one_way(report: Report) -> Iterator[str]:
    found = report.baselines
    if found is not None and found.best_one_way is not None and found.best != found.best_one_way:
        amount = bits(found.best_one_way_bits, None)
        yield f"in one message {amount} bits: {found.best_one_way}"


def _leak(report: Report) -> ReaderAnswer | None:
    if report.privacy is None or not report.privacy.leaks:
        return None
    worst = max(report.privacy.leaks, key=_share)
    learned = at_most(worst.honest_bits + worst.classical_bits)
    task = _TASKS.get(worst.task, worst.task)
    is_one = worst.secret_bits == 1
    secret = f"{integer(worst.secret_bits)} {'bit' if is_one else 'bits'}"
    short = (
        f"at most {learned} of {worst.about}'s {secret} to {worst.party}, in {task}"
        if not worst.honest_vacuous
        else f"the bound on what {worst.party} learns about {worst.about} reaches "
        f"{'its' if is_one else 'all'} {secret}, in {task}"
    )
    return ReaderAnswer(
        "leak", "What leaks most?", short, (_how(worst), *_deviating(report, worst))
    )


def _how(x: Leak) -> str:
    """By states, by bits that are disclosed, or by both."""
    told = f"{count(x.classical_bits, 'bit')} disclosed as classical bits"
    if not x.honest_bits:
        return told
    by = "if all follow the program, by Holevo's bound"
    return f"{by}, with {told}" if x.classical_bits else by


def _deviating(report: Report, worst: Leak) -> Iterator[str]:
    """Where the bound for a party that does not follow the program is no bound, and the one for
    an honest party is: there it says something new."""
    leaks = report.privacy.leaks if report.privacy else ()
    found = [x for x in leaks if x.malicious_vacuous and not x.honest_vacuous]
    if not found:
        return
    pairs = list(dict.fromkeys((x.party, x.about) for x in found))
    says = "is vacuous here: it is no less than the whole secret"
    if pairs == [(worst.party, worst.about)]:
        yield f"against a party that deviates from the program the bound {says}"
        return
    named = [f"{party} about {about}" for party, about in pairs]
    listed = _listed(named[:NAMED], len(named), "pair")
    yield f"against a party that deviates from the program the bound {says} ({listed})"


def _share(x: Leak) -> float:
    return (x.honest_bits + x.classical_bits) / max(x.secret_bits, 1e-9)


def _result(report: Report) -> ReaderAnswer | None:
    r = report.result
    if r is None or (r.loss is None and r.accuracy is None and not r.outputs):
        return None
    first = next((o for o in r.outputs if o.mean is not None), None)
    if r.accuracy is not None:
        short = f"accuracy {r.accuracy:.3g}: {round(r.accuracy * r.items)} of {r.items} right"
    elif r.loss is not None:
        short = f"loss {r.loss:.4g}"
    elif first is not None:
        short = f"mean {first.shown_mean:.4g} over {count(r.items, 'item')}"
    else:
        short = count(r.shots or 0, "shot") if r.shots else "exact distribution"
    more = [f"loss {r.loss:.4g}"] if r.accuracy is not None and r.loss is not None else []
    t = r.training
    if t is not None and t.ebits:
        more.append(
            f"its training took {integer(t.ebits[-1])} ebits in {integer(t.executions[-1])} "
            "executions"
        )
    elif t is not None:
        more.append(f"trained for {count(t.steps, 'step')}; exact gradients, nothing counted")
    return ReaderAnswer("result", "What came out?", short, tuple(more))
