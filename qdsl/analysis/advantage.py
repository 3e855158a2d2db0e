"""Whether qubits can save communication in a program, with the theorem or the counter-protocol.

The verdict is about the growth of the model: "exponential" where a theorem on the recognised
shape says so, "none" where an explicit classical protocol is as good up to a polynomial,
"unknown" otherwise. What it costs at the size at hand is said beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qdsl.analysis.baselines import ABCD, BHM, GRT, MOST_IN_GRAM, Question, one_edge
from qdsl.analysis.contents import readable_bits
from qdsl.analysis.findings import Advantage, Baselines, Crossover, Ground
from qdsl.analysis.growth import Growth
from qdsl.analysis.recognise import (
    boundaries,
    forrelation,
    hidden_matching,
    inner_product,
)
from qdsl.analysis.signal import Signal
from qdsl.analysis.structure import Holding, Structure, known_to_all
from qdsl.analysis.subspaces import trace_product, vector_in_subspace
from qdsl.ir.stages import Probability

VIS = "Raz, STOC 1999; Klartag, Regev, STOC 2011"
LINEAR = "Charikar, STOC 2002; no advantage for linear models: arXiv 2310.07136"
COUNTED = "explicit protocol, in the baselines"
PLATEAU = "McClean, Boixo, Smelyanskiy, Babbush, Neven, Nat. Commun. 9, 4812 (2018)"

TOO_LARGE = Ground("too-large", "the program is too large for its structure to be looked at", "")


def verdict(q: Question, found: Baselines, growths: Sequence[Growth], signal: Signal | None,
            crossover: Crossover | None = None) -> Advantage:  # fmt: skip
    """The first ground that decides, and all others that hold."""
    grounds = list(_without_asymptotics(q)) or _large_result(q.structure, growths[:1])
    theorems = [*_theorems(q, growths[:1]), *_of_matrices(q.structure, growths[:1])]
    if not grounds:
        grounds = [g for _, _, g in theorems]
        grounds += _counter_protocols(q.structure, growths)
        if not growths and not theorems:
            grounds += _at_one_size(q, found)
    if signal is not None and signal.is_lost:
        grounds.append(Ground("barren-plateau", signal.says, PLATEAU))
    if not grounds:
        grounds = [_unknown(q.structure)]
    first, *also = grounds
    said = "unknown" if first.code == "unknown" else "none"
    rounds: str | None = None
    for theorem, against, ground in theorems:
        if ground is first:
            said, rounds = theorem, against
    here = _here(q, found, rounds)
    m = hidden_matching(q.structure) if rounds == "one way" else None
    way = None if m is None else f"from {m.sender} to {m.matching_at}"
    return Advantage(said, rounds, first, tuple(also), here, crossover, way=way)


def with_outcomes(ebits: str, found: Baselines) -> str:
    """Ebits, and the bits of outcomes unless these are few."""
    if found.has_few_outcomes:
        return ebits
    bits = f"{readable_bits(found.outcome_bits)} bit{'s' * (found.outcome_bits != 1)}"
    return f"{ebits} and {bits} of outcomes"


def _here(q: Question, found: Baselines, rounds: str | None) -> str:
    """Ebits and bits at this size, against what the verdict is about."""
    best, bits = (
        (found.best_one_way, found.best_one_way_bits)
        if rounds == "one way"
        else (found.best, found.best_bits)
    )
    ours = with_outcomes(f"{readable_bits(found.ebits)} ebit{'s' * (found.ebits != 1)}", found)
    if not q.counted.ebits:
        return "no ebits here: no quantum communication is needed"
    if best is None or bits is None:
        which = "one-way classical" if rounds == "one way" and found.best else "classical"
        return f"{ours} here; no {which} protocol applies"
    which = "best one-way protocol" if rounds == "one way" else "best known classical"
    than = "fewer" if found.sent < bits else "not fewer"
    return f"{ours} here, {than} than the {readable_bits(bits)} bits of the {which}: {best}"


# ---- grounds that need no growth ---------------------------------------------------------


def _without_asymptotics(q: Question) -> list[Ground]:
    s, counted = q.structure, q.counted
    network = s.circuit.network
    if network is None or len(network.nodes) < 2:
        return [Ground("one-device", "there is one device: nothing is communicated", "")]
    if not s.parties:
        return [_public(s)]
    if len(s.parties) == 1:
        only = s.parties[0]
        says = f"only {only} owns what the outputs depend on: {only} computes them alone"
        if known_to_all(s.circuit):
            says = f"beside what is revealed, the outputs depend on {only}'s data alone"
        return [Ground("one-owner", says, COUNTED)]
    if s.knows_all:
        only = s.knows_all[0]
        says = f"{only} knows all that the outputs depend on, what is revealed to it included"
        return [Ground("revealed", says, COUNTED)]
    if not counted.ebits:
        says = "no qubit is shared: each node computes its part, with the same messages"
        return [Ground("no-ebits", says, "")]
    m = hidden_matching(s)
    if m is not None and m.towards_sender:
        edge = one_edge(q)
        if edge.bits is not None:
            by = f"is sent a random edge by {m.receiver}"
            if m.loads == "amplitudes":
                by = "draws a node and is told its partner"
            says = f"{m.string_at} {by}, {edge.detail}, and knows its outcome"
            return [Ground("matching-edge", says, COUNTED)]
    return []


def _large_result(s: Structure, growths: Sequence[Growth]) -> list[Ground]:
    """A distribution over a register that grows: to tell it takes as much as the inputs do."""
    for output in s.outputs:
        if isinstance(output, Probability):
            asked = set(output.qubits)
            whole = {
                r.name
                for r in s.circuit.registers
                if asked.issuperset(range(r.first, r.first + r.size))
            }
            if any(not g.is_fixed(whole) for g in growths):
                told = f"a distribution, 2^{len(output.qubits)} numbers here"
                says = f"the result is {told}, which are told however they were computed"
                return [Ground("large-result", says, COUNTED)]
    return []


def _public(s: Structure) -> Ground:
    if any(d.vector for d in s.circuit.disclosures):
        says = "all that is left private does not matter: what was revealed is enough"
        return Ground("revealed", says, "0 bits beyond what is revealed")
    says = "nobody owns what the outputs depend on: every node can compute them"
    return Ground("public-input", says, "0 bits")


# ---- theorems ----------------------------------------------------------------------------


def _theorems(q: Question, growths: Sequence[Growth]) -> list[tuple[str, str, Ground]]:
    """Those about the qubits that grow with the first parameter that adds qubits; a model of one
    size is taken as it stands."""
    s, found = q.structure, []
    m = hidden_matching(s)
    if m is not None and not m.towards_sender and _grow(s, m.places, growths):
        says = (
            f"hidden matching of {m.sender}'s {m.loads} by {m.receiver}'s matching: {m.qubits} "
            f"qubits an execution, Omega(2^({m.qubits}/2)) bits in one message from {m.sender} to "
            f"{m.matching_at}"
        )
        edge = one_edge(q)
        if edge.bits is not None:
            more = (m.loads == "amplitudes") + (
                s.receiver not in (None, m.string_at, m.matching_at)
            )
            many = f"{('two', 'three', 'four')[more]} messages of {edge.detail} do it too"
            if m.is_public and not more:
                many = f"one message to {m.string_at}, of {edge.detail}, does it too"
            says += f"; {many}"
        found.append(("exponential", "one way", Ground("hidden-matching", says, BHM)))
    f = forrelation(s)
    if f is not None and _grow(s, s.qubits, growths):
        (a, b), n = f
        says = (
            f"forrelation of the products of {a}'s and {b}'s signs: polynomially many in {n} "
            f"qubits, 2^({n}/4) bits up to logarithms however many messages"
        )
        found.append(("exponential", "two way", Ground("forrelation", says, GRT)))
    return found


def _grow(s: Structure, qubits: Sequence[int], growths: Sequence[Growth]) -> bool:
    return all(not g.is_fixed(_registers(s, qubits)) for g in growths)


def _of_matrices(s: Structure, growths: Sequence[Growth]) -> list[tuple[str, str, Ground]]:
    """Theorems about matrices that grow on both sides with the first parameter that adds qubits;
    a model of one size is taken as it stands."""
    found = []
    v = vector_in_subspace(s)
    if v is not None and all(g.is_square(v.vector, _registers(s, v.qubits)) for g in growths):
        n = len(v.qubits)
        says = (
            f"vector in subspace: {v.sender}'s vector, {v.receiver}'s matrix {v.vector} on {n} "
            f"qubits: one copy of the state decides; Omega(2^({n}/3)) bits however many messages, "
            "for projections on half of the space"
        )
        found.append(("exponential", "two way", Ground("vector-in-subspace", says, VIS)))
    t = trace_product(s)
    if t is not None and all(
        g.is_square(x, _registers(s, t.qubits)) for g in growths for x in t.vectors
    ):
        n, (a, b) = len(t.qubits), t.parties
        says = (
            f"the trace of a product of {t.factors} matrices, {a}'s and {b}'s in turn: "
            f"{n} qubits a hand-over; Omega(2^({n}/2)) bits however many messages, to tell "
            "large traces of orthogonal matrices from small ones"
        )
        found.append(("exponential", "two way", Ground("trace-product", says, ABCD)))
    return found


# ---- counter-protocols -------------------------------------------------------------------


def _counter_protocols(s: Structure, growths: Sequence[Growth]) -> list[Ground]:
    found = []
    product = inner_product(s)
    if product is not None:
        says = (
            f"a linear model: the overlap of {product.left}'s and {product.right}'s vectors "
            "takes 1 / eps^2 bits of random signs, whatever their length"
        )
        found.append(Ground("simhash", says, LINEAR))
    decisive = [(g, _gram(s, g), _few(s, g)) for g in growths]
    for g, gram, few in decisive:
        along = f" (as {g.parameter} grows)" if len(growths) > 1 else ""
        for ground in (gram, few):
            if ground is not None:
                found.append(Ground(ground.code, ground.says + along, ground.source))
    if decisive and decisive[0][1] is None and decisive[0][2] is None and product is None:
        return []  # the first parameter that adds qubits is what the verdict is about
    return found


def _gram(s: Structure, g: Growth) -> Ground | None:
    for b in boundaries(s):
        if (
            b.is_part
            and len(b.crossing) <= MOST_IN_GRAM
            and g.is_fixed(_registers(s, b.crossing))
            and not _is_small(s.holdings.get(b.sender, ()), g)
            and any(_is_small(_all(b.rest(s, node)), g) for node in b.receivers(s))
        ):
            n = len(b.crossing)
            says = (
                f"what {b.sender} prepares meets the others on {n} qubits only: their reduced "
                f"state, at most 4^{n} numbers, does not grow with {g.parameter}"
            )
            return Ground("gram", says, "Gram matrix, in the baselines")
    return None


def _registers(s: Structure, qubits: Sequence[int]) -> set[str]:
    return {
        r.name for r in s.circuit.registers if any(r.first <= q < r.first + r.size for q in qubits)
    }


def _few(s: Structure, g: Growth) -> Ground | None:
    """What one node does not know is small beside the dimension."""
    able = [node for node in s.known if _is_small(_all(s.unknown_to(node)), g)]
    if not able:
        return None
    keeper = min(able, key=lambda node: sum(h.numbers for h in _all(s.unknown_to(node))))
    others = [(p, h) for p, held in s.unknown_to(keeper).items() for h in held]
    roles = {h.vector.role for _, h in others}
    what = "numbers" if len(roles) > 1 else {"param": "parameters", "data": "data"}[min(roles)]
    amount = sum(h.numbers for _, h in others)
    owners = list(dict.fromkeys(p for p, _ in others))
    who = f"{', '.join(owners)} {'holds' if len(owners) == 1 else 'hold'}"
    says = f"{who} few {what}, {amount} here: they are sent to {keeper} once"
    return Ground(f"few-{what}", says, COUNTED)


def _all(by_owner: Mapping[str, Sequence[Holding]]) -> list[Holding]:
    return [h for held in by_owner.values() for h in held]


def _is_small(held: Sequence[Holding], g: Growth) -> bool:
    return all(g.is_few(h.vector.name) or (h.way == "angle" and g.has_few_operations) for h in held)


def _at_one_size(q: Question, found: Baselines) -> list[Ground]:
    """The model has no size that can grow: only its own numbers can be compared."""
    if found.best_bits is None or found.best_bits > found.ebits:
        return []
    best = "the best classical protocol"
    says = f"no parameter adds qubits, and at this size {best} takes no more bits than ebits"
    return [Ground("one-size", says, COUNTED)]


def _unknown(s: Structure) -> Ground:
    named = {  # a vector that enters in two ways is held once
        party: dict.fromkeys(f"{h.vector.name} ({h.numbers})" for h in hs)
        for party, hs in s.holdings.items()
    }
    held = "; ".join(f"{party} holds {', '.join(names)}" for party, names in named.items())
    why = f"no theorem and no cheap classical protocol is recognised: {held}"
    return Ground("unknown", why, "")
