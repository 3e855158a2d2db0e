"""Are the checkers right? Faults put into compiled programs, and right programs of all sizes.

    python -m tests.bench.faults                 1,000 faults and 1,000 programs, in minutes
    python -m tests.bench.faults --faults 100 --programs 50
    python -m tests.bench.faults --write         the table in docs/internals/verification.md

A fault that the exact comparison of channels finds harmless does not count. Of the others every
one must break a rule or go unproved; of the right programs every one must be proved.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from time import process_time

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.pass_manager import DEFAULT_PASSES, configured
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.network.network import Network, Node, topology
from qdsl.verify.simulation.evolution import Unaffordable
from qdsl.verify.translation import validate
from tests.build import Line, circuit, network
from tests.passes.test_channel import compiled
from tests.qdsl.verify.translation.test_mutations import FAULTS, breaks_a_rule, changes_nothing
from tests.strategies import circuits

SHAPES = ("line", "ring", "star", "complete", "grid")
ONE = ("h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx")
TURNS = ("rx", "ry", "rz", "p")
TWO = ("cx", "cy", "cz", "swap", "ch")
TWO_TURNS = ("cp", "crx", "cry", "crz", "rxx", "ryy", "rzz")
THREE = ("ccx", "ccz", "cswap")
KINDS = (
    "row dropped", "row repeated", "row displaced", "rows exchanged", "rows exchanged",
    "row inserted", "qubit ends elsewhere", "bit held elsewhere", "angle expression changed",
    "other wire", "operands reordered", "other gate", "other condition", "other condition",
    "other bit", "other angle",
)  # fmt: skip
PAGE = Path("docs/internals/verification.md")
BEGIN, END = "<!-- counted by tests.bench.faults -->\n", "<!-- end of the count -->\n"
TRIES = 20  # faults tried in one program


def count_faults(wanted: int, first: int = 1) -> Counter[str]:
    """What became of single faults, as many as are wanted that change the channel."""
    seen: Counter[str] = Counter()
    if not wanted:
        return seen

    @seed(first)
    @given(circuits(max_qubits=3, max_rows=8), st.integers(0, 2**32 - 1))
    @settings(max_examples=2 * wanted, deadline=None, database=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    def tally(source: Circuit, drawn: int) -> None:
        if seen["harmful"] >= wanted:
            return
        program = compiled(source)
        if program is None:
            return
        random = np.random.default_rng(drawn)
        for _ in range(TRIES):
            rows = list(program.table)
            kind = int(random.integers(len(FAULTS)))
            wrong = FAULTS[kind](program, rows, random) if rows else None
            if wrong is None or seen["harmful"] >= wanted:
                continue
            by_rule = breaks_a_rule(wrong)
            proved = validate(source, wrong).equal
            if not by_rule:
                try:
                    if changes_nothing(source, wrong):
                        seen["harmless"] += 1
                        continue
                except Unaffordable:
                    continue
            seen["harmful"] += 1
            seen[f"kind: {KINDS[kind]}"] += 1
            seen["caught by a rule"] += by_rule
            seen["caught by the validator"] += not proved
            seen["missed"] += proved and not by_rule

    tally()
    return seen


def random_program(random: np.random.Generator) -> Circuit:
    """2 to 200 qubits on a network of any shape, measurements and conditions included."""
    n = int(2 + 198 * random.random() ** 2)
    where = random_network(n, random)
    lines: list[Line] = []
    conditions: dict[int, tuple[int, int]] = {}
    bits = 3
    written: set[int] = set()
    for i in range(int(random.integers(5, 6 + 2 * n))):
        lines.append(random_line(n, bits, random))
        name = lines[-1][0]
        if name == "measure":
            written.add(lines[-1][2])
        elif written and random.random() < 0.1:
            conditions[i] = (int(random.choice(sorted(written))), int(random.integers(2)))
    return circuit(n, lines, network=where, conditions=conditions, n_bits=bits)


def random_line(n: int, bits: int, random: np.random.Generator) -> Line:
    pools = [ONE, TURNS, TWO, TWO_TURNS] + ([THREE] if n > 2 else [])
    kind = int(random.integers(len(pools)))
    qubits = random.choice(n, size=(1, 1, 2, 2, 3)[kind], replace=False).tolist()
    if random.random() < 0.03:
        return ("measure", qubits[:1], int(random.integers(bits)))
    if random.random() < 0.02:
        return ("reset", qubits[:1])
    name = str(random.choice(pools[kind]))
    angle = (float(random.choice([0.3, -1.1, np.pi / 2, np.pi, np.pi / 4, 2.2])),)
    return (name, qubits, *(angle if name in TURNS + TWO_TURNS else ()))


def random_network(n: int, random: np.random.Generator) -> Network:
    kind = str(random.choice(SHAPES))
    nodes = int(random.integers(2, 9))
    room = -(-n // nodes) + int(random.integers(1, 4))
    if kind != "grid":
        return network(kind, nodes, room, int(random.integers(2, 5)))
    sizes = (2, max(2, nodes // 2))
    plain = network("line", 2, 1).links[0]
    shape = topology(kind, sizes, Node("n", 1), plain)
    many = len(shape.nodes)
    made = tuple(Node(f"node{i}", -(-n // many) + 2, 4, 1.0, (10, 100, 300)) for i in range(many))
    return Network(kind, made, shape.links)


def count_programs(wanted: int, seed: int) -> Counter[str]:
    """What validation says of right programs: those that a network can run."""
    seen: Counter[str] = Counter()
    random = np.random.default_rng(seed)
    while seen["proved"] + seen["not proved"] < wanted:
        source = random_program(random)
        try:
            stage = source
            for name in DEFAULT_PASSES:
                options = {"effort": 0} if name == "partition" else {}
                stage = configured(name, options).run(stage)
        except InvalidProgram:
            seen["impossible"] += 1
            continue
        assert isinstance(stage, ScheduledCircuit)
        verify(stage, "faults")
        verdict = validate(source, stage.distributed)
        assert source.network is not None
        seen[f"network: {source.network.name}"] += 1
        seen["conditioned"] += bool((source.table.cond >= 0).any())
        seen["proved" if verdict.equal else "not proved"] += 1
        if (seen["proved"] + seen["not proved"]) % 50 == 0:
            print(dict(seen), file=sys.stderr, flush=True)
        if not verdict.equal:
            print(source.network.name, source.n_qubits, verdict.detail)
    return seen


def table(programs: Counter[str], faults: Counter[str], used: int) -> str:
    """Both counts as a table in Markdown."""
    rows = [
        ("correct programs, 2 to 200 qubits", programs["proved"] + programs["not proved"]),
        ("of these, on " + _named(programs, "network: "), ""),
        ("of these, with operations conditioned on a measured bit", programs["conditioned"]),
        ("**correct programs not proved equal**", programs["not proved"]),
        (
            "single faults that break a rule or change the channel, 2 and 3 qubits",
            faults["harmful"],
        ),
        ("by kind: " + _named(faults, "kind: "), ""),
        ("caught by a rule of the stage", faults["caught by a rule"]),
        ("caught by the validator", faults["caught by the validator"]),
        ("**faults missed by both**", faults["missed"]),
    ]
    head = f"| `python -m tests.bench.faults --write`, seed {used} | |\n| --- | ---: |\n"
    return head + "".join(f"| {what} | {count} |\n" for what, count in rows)


def _named(seen: Counter[str], prefix: str) -> str:
    found = sorted((k.removeprefix(prefix), n) for k, n in seen.items() if k.startswith(prefix))
    return ", ".join(f"{name} {n}" for name, n in found)


def write(text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(before + BEGIN + text + END + rest.split(END)[1], encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the programs and of the faults")
    parser.add_argument("--write", action="store_true", help="write the table in the docs")
    asked = parser.parse_args()
    start = process_time()
    programs = count_programs(asked.programs, asked.seed)
    print("right programs:", dict(programs), f"{process_time() - start:.0f} s", flush=True)
    start = process_time()
    faults = count_faults(asked.faults, asked.seed)
    print("single faults:", dict(faults), f"{process_time() - start:.0f} s")
    if asked.write:
        write(table(programs, faults, asked.seed))
    return int(faults["missed"] > 0 or programs["not proved"] > 0)


if __name__ == "__main__":
    sys.exit(main())
