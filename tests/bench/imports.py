"""Which OpenQASM files are imported, which are refused and why, and which readings are equal.

    python -m tests.bench.imports             the tables in the terminal
    python -m tests.bench.imports --write     the same into docs/results/imports.md
    python -m tests.bench.imports --mqt FOLDER    also what tests/bench/mqt_files.py wrote there

The files of others lie beside the checkout (`../shared`); without them only those that Qiskit
writes here are read.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.language.qasm.files.import_qasm import read_qasm
from tests.bench.qiskit_files import qiskit_files
from tests.sources import ROOT, SHARED

FILE = ROOT / "docs" / "results" / "imports.md"
LARGEST = 3_000_000  # characters
GROUPS = {
    "OpenQASM 3, the language's own examples": ("suites/openqasm3", "[!i]*.qasm", "i[!n]*.qasm",
                                                "inverse*.qasm"),
    "OpenQASM 3, texts that are wrong on purpose": ("suites/openqasm3", "invalid*.qasm"),
    "QASMBench, small and medium": ("suites/qasmbench", "*.qasm"),
    "MQT Bench, native gates (dSABRE)": ("suites/dsabre", "*.qasm"),
    "cases that went wrong before": ("cases/import", "*.qasm"),
    "QASMBench, as other compilers had it": ("bench/imported", "*.qasm"),
    "circuits of this project": ("bench/public", "*.qasm*"),
}  # fmt: skip


class Read(NamedTuple):
    """A file: `reason` why it is refused, `unequal` why it was not compared; None: it was."""

    group: str
    name: str
    reason: str | None = None
    unequal: str | None = None


def files(mqt: Path | None) -> Iterator[tuple[str, str, str]]:
    """(group, name, text) of every file."""
    for version in (2, 3):
        for path in sorted(mqt.glob(f"*_{version}.qasm")) if mqt else ():
            yield f"MQT Bench, as OpenQASM {version}", path.name, path.read_text()
    for group, (folder, *patterns) in GROUPS.items():
        found = {path for pattern in patterns for path in (SHARED / folder).glob(pattern)}
        for path in sorted(found):
            raw = path.read_bytes()
            text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
            if len(text) <= LARGEST:
                yield group, path.name, text
    for name, text in qiskit_files():
        yield f"Qiskit's {'OpenQASM 3' if 'OPENQASM 3' in text else 'OpenQASM 2'}", name, text


def read(group: str, name: str, text: str) -> Read:
    try:
        circuit = read_qasm(text, name)
    except InvalidProgram as refused:
        problem = refused.diagnostics[0]
        return Read(group, name, f"{problem.code}: {problem.message}")
    return Read(group, name, None, None if circuit.read_twice else circuit.reading)


def tables(found: list[Read]) -> str:
    lines = ["| files | number | imported | of these, readings compared and equal | refused |",
             "| --- | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for group in dict.fromkeys(r.group for r in found):
        mine = [r for r in found if r.group == group]
        imported = [r for r in mine if r.reason is None]
        equal = sum(r.unequal is None for r in imported)
        refused = len(mine) - len(imported)
        lines.append(f"| {group} | {len(mine)} | {len(imported)} | {equal} | {refused} |")
    return "\n".join(lines)


def listed(found: list[Read], title: str, reasons: dict[Read, str | None]) -> str:
    rows = [f"| {r.name} | {_cell(reason)} |" for r, reason in reasons.items() if reason]
    return "\n".join([f"## {title}", "", "| file | why |", "| --- | --- |", *rows])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def page(mqt: Path | None) -> str:
    found = [read(*file) for file in files(mqt)]
    refused: dict[Read, str | None] = {r: r.reason for r in found}
    unequal: dict[Read, str | None] = {r: r.unequal for r in found if r.reason is None}
    return f"""# OpenQASM files of others

Every file is read twice, as [`decisions/0009`](../decisions/0009-openqasm-3.md) says, and imported
only if the readings are equal as far as the second one goes. Texts of more than {LARGEST:,}
characters are left out. Written by `python -m tests.bench.imports --write`; the circuits of MQT
Bench were made by `python tests/bench/mqt_files.py FOLDER`, all of them, as algorithms, in gates
independent of hardware, and in those of IBM's, and read by `--mqt FOLDER`.

{tables(found)}

{listed(found, "Refused", refused)}

{listed(found, "Imported, and not compared", unequal)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--mqt", type=Path, help="a folder that tests/bench/mqt_files.py filled")
    asked: Any = parser.parse_args()
    text = page(asked.mqt)
    if asked.write:
        FILE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
