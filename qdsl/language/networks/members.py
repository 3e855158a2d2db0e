"""Nodes and links from their figures, whether these stand in a program or in a file."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostics, InvalidProgram
from qdsl.diagnostics.numbers import duration
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.networks.errors import InvalidProperty, UnknownPreset
from qdsl.language.networks.model_errors import ConflictingProperties, ImpossibleCoherence
from qdsl.language.networks.named_devices import refuse_device
from qdsl.language.networks.network_properties import LINK, Figures
from qdsl.language.networks.presets import (
    Preset,
    find_preset,
    link_presets,
    node_presets,
    preset_names,
    presets,
)
from qdsl.language.syntax.spelling import closest
from qdsl.network.models import (
    IDEAL_NODE,
    PLAIN_LINK,
    PROTOCOLS,
    Distillation,
    LinkModel,
    NodeModel,
)
from qdsl.network.network import Link, Node

MAX_NODES = 1_000  # tables of routes take n^2
MAX_LINKS = 1_000_000
MAX_QUBITS = 10_000_000  # of all nodes, data and communication

_RATE = ("rate", "attempt_rate")
_STATE = ("fidelity", "pair_state")
_LEVELS = ("distillation_levels", "min_fidelity")


def node_of(name: str, span: Span, figures: Figures, problems: Diagnostics) -> Node:
    """A node from its figures, on top of a preset's; `qubits` has to be among them."""
    if "qubits" not in figures.values and "qubits" not in figures.wrong:
        problems.add(InvalidProperty(span, "qubits", "write `{ qubits 8 }`, for example"))
    preset = None
    if figures.hardware is not None:
        try:
            preset = _preset(figures.hardware, node_presets())
        except Refusal as refusal:
            problems.add(refusal.problem)
    base = preset.node if preset else {}
    source = preset.origin_of(figures.kept(base, ())) if preset else None
    known = figures.above(base, ())
    every = known.time_ns("gate_time")
    times = (
        known.time_ns("one_qubit_time", every),
        known.time_ns("two_qubit_time", every),
        known.time_ns("readout_time", every),
    )
    origin = (preset.name if preset else None, source)
    refuse_device(figures, span, problems)
    model = _node_model(span, known, origin, figures.given, problems)
    return Node(
        name,
        known.count("qubits", 0),
        known.count("comm", 2),
        known.values.get("gate_fidelity", 1.0),
        times,
        None if model == IDEAL_NODE else model,
    )


def _node_model(
    span: Span, figures: Figures, preset: tuple[str | None, str | None], given: set[str],
    problems: Diagnostics,
) -> NodeModel:  # fmt: skip
    """`preset`: its name and where its figures come from; `given`: what the node itself says."""
    t1, t2 = figures.coherence("t1"), figures.coherence("t2")
    model = NodeModel(
        figures.values.get("one_qubit_fidelity", 1.0),
        figures.values.get("readout_fidelity", 1.0),
        figures.values.get("reset_fidelity", 1.0),
        figures.coherence("reset_time"),
        t1,
        t2,
        figures.coherence("comm_t1", t1),
        figures.coherence("comm_t2", t2),
        *preset,
        figures.whole("gates_at_once"),
        figures.whole("two_qubit_gates_at_once"),
        None if figures.device is None else figures.device.value,
        figures.comm_at,
    )
    for name, one, two in (("t", t1, t2), ("comm_t", model.comm_t1_ns, model.comm_t2_ns)):
        if one is not None and two is not None and two > 2 * one:
            suggestion = _coherent(name, (one, two), given, figures.given, preset[0])
            problems.add(ImpossibleCoherence(span, f"{name}1", f"{name}2", suggestion))
            break
    return model


def _coherent(
    name: str, times: tuple[int, int], given: set[str], known: set[str], preset: str | None
) -> str:
    """How to make the times fit, which are given, those of a preset, or the data qubits'."""
    one, two = f"{name}1", f"{name}2"
    most, least = duration(2 * times[0]), duration(-(-times[1] // 2))
    whence = [
        f"`{x}` is `{x.removeprefix('comm_')}` where it is not given"
        if x not in known
        else f"`{x}` is that of the preset '{preset}'"
        for x in (one, two)
        if x not in given
    ]
    if one not in given:
        fix = f"give `{two}` of at most {most}, or `{one}` of at least {least}"
    elif two in given and preset is None and not name.startswith("comm"):
        fix = f"correct `{two}`, at most {most}, or leave `{one}` out"
    else:
        fix = f"give `{two}` of at most {most}"
    return ": ".join([*([" and ".join(whence)] if whence else []), fix])


def link_of(
    a: int, b: int, figures: Figures, span: Span, preset: syntax.Name | None = None
) -> Link:
    """A link from its figures, on top of a preset's if one is named. `Refusal` where figures
    contradict one another."""
    found = None if preset is None else _preset(preset, link_presets())
    for pair in (_RATE, _STATE, _LEVELS):
        if all(name in figures.given for name in pair):
            raise Refusal(ConflictingProperties(span, *pair))
    base = found.link if found else {}
    known = figures.above(base, (_RATE, _STATE))
    model = _link_model(known, a > b, span)
    state = model.pair_state
    there, back = known.time_ns("latency"), known.coherence("latency_back")
    if a > b and back is not None:
        there = back
    return Link(
        min(a, b),
        max(a, b),
        known.values.get("fidelity", 1.0) if state is None else state[0],
        known.values.get("rate"),
        there,
        found.name if found else None,
        found.origin_of(figures.kept(base, (_RATE, _STATE))) if found else None,
        None if model == PLAIN_LINK else model,
    )


def _link_model(figures: Figures, is_turned: bool, span: Span) -> LinkModel:
    """`is_turned`: the link was written from the later node to the earlier one."""
    values = figures.values
    if "success_probability" in values and "attempt_rate" not in values:
        raise Refusal(InvalidProperty(span, "attempt_rate", "write `attempt_rate 1 MHz`"))
    back = figures.coherence("latency_back")
    model = LinkModel(
        values.get("attempt_rate"),
        values.get("success_probability", 1.0),
        figures.time_ns("heralding_latency"),
        figures.count("channels", 1),
        figures.state,
        figures.count("buffer", 0),
        figures.coherence("cutoff"),
        back if back is None or not is_turned else figures.time_ns("latency"),
        _distillation(figures, span),
    )
    if model.cutoff_ns is not None and model.cutoff_ns <= model.herald_ns:
        wanted = f"a time longer than the heralding latency, {duration(model.herald_ns)}"
        raise Refusal(InvalidProperty(span, "cutoff", wanted, f"{model.cutoff_ns:,} ns"))
    return model


def _distillation(figures: Figures, span: Span) -> Distillation | None:
    """What a link is asked for; None: its pairs as they are made."""
    name, values = figures.distillation, figures.values
    levels, least = values.get("distillation_levels"), values.get("min_fidelity")
    if name is not None and name.id not in PROTOCOLS:
        wanted = LINK["distillation"].wanted
        meant = closest(name.id, PROTOCOLS)
        hint = f"did you mean '{meant}'?" if meant else None
        raise Refusal(InvalidProperty(name.span, "distillation", wanted, name.id, hint))
    if name is None and levels is not None:
        raise Refusal(InvalidProperty(span, "distillation", "write `distillation dejmps`"))
    if name is None and least is None:
        return None
    return Distillation(
        None if name is None else name.id, None if levels is None else int(levels), least
    )


def _preset(name: syntax.Name, known: tuple[str, ...]) -> Preset:
    """One of these, or a plug-in with figures of the same kind of member."""
    if name.id in known:
        return presets()[name.id]
    try:
        found = None if name.id in presets() else find_preset(name.id)
    except InvalidProgram as error:
        raise Refusal(error.diagnostics[0]) from None
    part = "link" if known == link_presets() else "node"
    if found is None or not getattr(found, part):
        there = (*known, *preset_names()[len(presets()) :])
        raise Refusal(UnknownPreset(name.span, name.id, there, closest(name.id, there)))
    return found
