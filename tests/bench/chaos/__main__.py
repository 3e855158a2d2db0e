"""How reliable it is: changed tickets, strangers, killed trainings, full disks, two at once.

python -m tests.bench.chaos               all trials, in an hour
python -m tests.bench.chaos --quick       some of each, in a minute
python -m tests.bench.chaos --only disks --seed 2
python -m tests.bench.chaos --write       the tables in docs/results/reliability.md
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

from tests.bench.chaos import disks, killed, strangers, tickets, together
from tests.bench.chaos.findings import Finding, table
from tests.bench.pages import write_part

Part = Callable[[bool, int, int], list[Finding]]

PARTS: dict[str, Part] = {
    "tickets": lambda quick, seed, _: tickets.trials(*((70, seed, 1) if quick else
                                                       (1000, seed, 20))),
    "strangers": lambda quick, seed, _: strangers.trials(500 if quick else 100_000, seed),
    "killed": lambda quick, seed, n: killed.trials(3 if quick else 200, seed, n),
    "killed-in-steps": lambda quick, seed, n: killed.trials(2 if quick else 100, seed, n, True),
    "disks": lambda quick, seed, n: disks.trials(14 if quick else 200, seed, n),
    "together": lambda quick, seed, _: together.trials(2 if quick else 20, seed),
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="smaller numbers")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="write the tables in the docs")
    asked = parser.parse_args()
    broken = 0
    for name in asked.only or PARTS:
        begin = time.monotonic()
        findings = PARTS[name](asked.quick, asked.seed, asked.processes)
        took = time.monotonic() - begin
        print(f"{name}, {took:.0f} s\n{table(findings)}", flush=True)
        broken += sum(f.broken for f in findings)
        if asked.write:
            command = f"python -m tests.bench.chaos --only {name} --seed {asked.seed} --write"
            said = f"Written by `{command}`, in {took:.0f} s.\n\n"
            write_part(name, said + table(findings))
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
