"""`qdsl verify` of what another compiler distributed."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qdsl.cli.output import ProgressLine, echo, write_json
from qdsl.cli.verdicts import WIDTH, document_of, shown, verdict_of
from qdsl.diagnostics.numbers import count, integer

if TYPE_CHECKING:
    from qdsl.interchange.peers.judged import Judged
    from qdsl.interchange.peers.rules import PeerCost
    from qdsl.ir.stages import Circuit
    from qdsl.verify.result import Check

SHOWN = 10  # violations; the others are counted


def is_distributed(file: Path) -> bool:
    """Is it a text, or a folder, that another compiler distributed?"""
    from qdsl.interchange.peers import judged
    from qdsl.interchange.peers.program import NotDistributed

    if file.suffix.lower() == ".qdm":
        return False
    if file.is_dir():
        return True
    try:
        return judged.is_distributed(judged.peer_text(file)[0])
    except NotDistributed:  # which is said where it is read as a circuit
        return False


def judge(source: Circuit, given: dict[str, Any]) -> Judged:
    from qdsl.interchange.peers.judged import judged_against
    from qdsl.interchange.programs import network_of

    with ProgressLine(given["quiet"]) as progress:
        progress.say("comparing")
        network = None if given["network"] is None else network_of(given["network"])
        return judged_against(given["file"], source, network)


def show_judged(
    names: list[str], judged: Judged, imports: tuple[Check, ...], as_json: bool
) -> None:
    found = replace(judged.verification, imports=imports)
    if as_json:
        document = document_of(names, found)
        document["distributed"] = _plain(judged)
        write_json(document)
        return
    lines = textwrap.wrap(f"{names[0]}, against {names[1]}: {verdict_of(found)}", WIDTH)
    lines += shown(found)
    for text in _costs(judged):
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
    echo("\n".join(lines))


def _plain(judged: Judged) -> dict[str, Any]:
    cost = judged.cost
    return {
        "form": judged.form, "nodes": judged.n_nodes, "executable": not cost.violations,
        "violations": list(cost.violations), "remarks": list(judged.remarks), "ebits": cost.ebits,
        "links": [{"nodes": list(ends), "ebits": n} for ends, n in cost.links.items()],
        "classical_bits": cost.bits, "cat_copies": cost.copies, "exchanges": cost.exchanges,
        "remote_gates": cost.remote_gates, "written_out": cost.is_written_out,
        "comm_qubits": {str(node): n for node, n in sorted(cost.comm.items())},
    }  # fmt: skip


def _costs(judged: Judged) -> list[str]:
    cost = judged.cost
    lines = [f"form: {judged.form}, {count(judged.n_nodes, 'node')}"]
    lines += [f"remark: {remark}" for remark in judged.remarks]
    if cost.violations:
        lines += [f"rule broken: {problem}" for problem in cost.violations[:SHOWN]]
        if len(cost.violations) > SHOWN:
            lines.append(f"and {integer(len(cost.violations) - SHOWN)} more")
    else:
        checked = "links, room" if judged.has_network else "no network given"
        lines.append(f"executable: every step obeys the rules ({checked})")
    return [*lines, *_numbers(cost)]


def _numbers(cost: PeerCost) -> list[str]:
    by_link = ", ".join(f"{a}-{b} {integer(n)}" for (a, b), n in cost.links.items())
    most = max(cost.comm.values(), default=0)
    by = (
        "by: pairs and messages as they stand there; "
        if cost.is_written_out
        else f"by: {integer(cost.copies)} cat {'copy' if cost.copies == 1 else 'copies'} for "
        f"{count(cost.remote_gates, 'remote gate')}, {count(cost.exchanges, 'exchange')} by two "
        "teleportations; "
    )
    return [
        f"costs: {count(cost.ebits, 'ebit')}{f' ({by_link})' if by_link else ''}, "
        f"{count(cost.bits, 'classical bit')}",
        f"{by}{count(most, 'communication qubit')} at most in use at a node",
    ]
